#include "model_name.h"

#include <algorithm>
#include <optional>

#include "warmgate/api/hugging_face.h"
#include "warmgate/base/text.h"

namespace warmgate::models {
namespace {

using std::string_view;

bool is_path(string_view text) {
  return text.starts_with('/') || text.starts_with("./") || text.starts_with("../") || text.starts_with('~') ||
         text == "." || std::count(text.begin(), text.end(), '/') > 1;
}

// The commit in ".../models--org--name/snapshots/<commit>": a path into a hub cache is a pin.
std::string commit_in_path(string_view path) {
  constexpr string_view kSnapshots = "/snapshots/";
  const std::size_t at = path.find(kSnapshots);
  if (at == string_view::npos || path.find("models--") > at) {
    return "";
  }
  const std::size_t begin = at + kSnapshots.size();
  const string_view commit = path.substr(begin, path.find('/', begin) - begin);
  return api::is_commit(commit) ? std::string(commit) : "";
}

// "org/name…": up to the first of `ends` behind the slash.
string_view repo_of(string_view text, string_view ends) {
  const std::size_t slash = text.find('/');
  return slash == string_view::npos ? text : text.substr(0, text.find_first_of(ends, slash + 1));
}

// "org/name/resolve/<revision>/file" behind https://huggingface.co/.
std::optional<ModelName> parse_page(string_view text) {
  text = text.substr(0, text.find_first_of("?#"));
  const string_view repo = repo_of(text, "/");
  if (!api::is_repo_id(repo) || repo.find('/') == string_view::npos || repo.starts_with("datasets/") ||
      repo.starts_with("spaces/")) {
    return std::nullopt;
  }
  ModelName name{std::string(repo), "", false, "", true};
  string_view rest = text.substr(repo.size());
  for (const string_view page : {"/resolve/", "/blob/", "/raw/", "/tree/", "/commit/"}) {
    if (rest.starts_with(page)) {
      rest.remove_prefix(page.size());
      name.revision = std::string(rest.substr(0, rest.find('/')));
    }
  }
  return name;
}

std::optional<ModelName> parse_hub_page(string_view text) {
  for (const string_view host : {"https://huggingface.co/", "http://huggingface.co/", "https://hf.co/"}) {
    if (text.starts_with(host)) {
      return parse_page(text.substr(host.size()));
    }
  }
  return std::nullopt;
}

// "org/name[mark revision]", "org/name/file[mark revision]" behind one of the engine's own prefixes.
ModelName parse_own_uri(string_view text, const ModelNames& rules) {
  text = text.substr(0, text.find('?'));
  const string_view repo = repo_of(text, rules.revision_mark.empty() ? "/" : "/" + rules.revision_mark);
  ModelName name{std::string(repo), "", false, "", rules.revision_reliable};
  const std::size_t mark =
      rules.revision_mark.empty() ? string_view::npos : text.find(rules.revision_mark, repo.size());
  if (mark != string_view::npos) {
    name.revision = std::string(text.substr(mark + rules.revision_mark.size()));
  }
  return name;
}

std::optional<ModelName> parse_uri(string_view text, const ModelNames& rules) {
  if (rules.hub_uris.empty()) {
    if (const std::optional<api::HubUri> uri = api::parse_hub_uri(text)) {
      return ModelName{uri->repo, uri->revision, false, "", true};
    }
    return std::nullopt;
  }
  for (const std::string& prefix : rules.hub_uris) {
    if (text.starts_with(prefix)) {
      return parse_own_uri(text.substr(prefix.size()), rules);
    }
  }
  return std::nullopt;
}

}  // namespace

ModelName parse_model_name(string_view text, const ModelNames& rules, bool path) {
  const auto local = [&](std::string store) {
    return ModelName{std::string(text), commit_in_path(text), true, std::move(store), true};
  };
  if (const std::size_t scheme = text.find("://"); path && scheme != string_view::npos) {
    return local(base::to_lower(text.substr(0, scheme)));
  }
  if (path) {
    return local("path");
  }
  std::optional<ModelName> name = parse_uri(text, rules);
  if (!name) {
    name = parse_hub_page(text);
  }
  if (!name) {
    if (const std::size_t scheme = text.find("://"); scheme != string_view::npos) {
      return local(base::to_lower(text.substr(0, scheme)));
    }
    if (is_path(text)) {
      return local("path");
    }
    if (!rules.default_store.empty()) {
      return local(rules.default_store);
    }
    name = ModelName{std::string(text), "", false, "", true};
  }
  if (rules.quantization_suffix && name->repo.find('/') < name->repo.find(':')) {
    name->repo.resize(std::min(name->repo.find(':'), name->repo.size()));  // no repository has a colon in its name
  }
  return *name;
}

}  // namespace warmgate::models
