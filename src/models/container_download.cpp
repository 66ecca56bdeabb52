// ContainerReader's downloads without a Hub client: git clone, curl, wget.
#include <algorithm>
#include <array>
#include <utility>

#include "container_reader.h"
#include "warmgate/api/hugging_face.h"
#include "warmgate/base/text.h"

namespace warmgate::models {
namespace {

// The Hub, its short name and the mirror that many use.
constexpr std::array<std::string_view, 4> kHosts = {"huggingface.co", "www.huggingface.co", "hf.co", "hf-mirror.com"};
constexpr std::array<std::string_view, 4> kFetchers = {"curl", "wget", "aria2c", "axel"};
// Options of `git clone` that take a value (git-clone(1)), and the same of git itself.
constexpr std::array<std::string_view, 16> kGitValues = {
    "-b", "--branch", "--depth", "-o", "--origin", "-c",         "--config",           "--reference",
    "-j", "-C",       "--jobs",  "-u", "--filter", "--template", "--separate-git-dir", "--upload-pack"};

template <std::size_t N>
bool one_of(const std::array<std::string_view, N>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// The path of a URL on the Hub, without the first slash; nullopt for other URLs.
std::optional<std::string_view> hub_path(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos || scheme > std::string_view("https").size()) {
    return std::nullopt;
  }
  url.remove_prefix(scheme + 3);
  const std::size_t slash = url.find('/');
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  std::string_view host = url.substr(0, slash);
  host.remove_prefix(std::min(host.rfind('@') + 1, host.size()));  // https://user:token@host/
  return one_of(kHosts, host) ? std::optional(url.substr(slash + 1)) : std::nullopt;
}

struct HubFile {
  std::string repo;
  std::string revision;
};

// org/name/resolve/REVISION/file
std::optional<HubFile> hub_file(std::string_view path) {
  for (const std::string_view mark : {"/resolve/", "/raw/", "/blob/"}) {
    const std::size_t at = path.find(mark);
    if (at == std::string_view::npos || !api::is_repo_id(path.substr(0, at))) {
      continue;
    }
    const std::string_view rest = path.substr(at + mark.size());
    const std::string_view written = rest.substr(0, rest.find('/'));
    std::string revision;
    for (std::size_t i = 0; i < written.size(); ++i) {
      const bool slash = written.substr(i).starts_with("%2F");
      revision += slash ? '/' : written[i];
      i += slash ? 2 : 0;
    }
    return HubFile{std::string(path.substr(0, at)), std::move(revision)};
  }
  return std::nullopt;
}

// Where a download goes, which is a plain folder.
Word folder(std::string path, const std::optional<std::string>& directory, const Word& otherwise) {
  CommandLine line;
  line.directory = directory;
  return absolute_path({std::move(path), true, "", otherwise.location}, line);
}

std::string directory_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  return slash == std::string::npos ? "." : file.substr(0, std::max<std::size_t>(slash, 1));
}

// The folder of curl -o FILE, wget -O FILE and wget -P DIR; the working folder without one.
Word target_of(const Invocation& command, const Word& url) {
  const std::vector<Word>& words = command.words;
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    const std::string& option = words[i].text;
    const bool file = option == "-o" || option == "--output" || option == "-O" || option == "--output-document";
    const bool directory =
        option == "-P" || option == "--directory-prefix" || option == "--output-dir" || option == "-d";
    if ((file || directory) && !words[i + 1].text.starts_with('-') &&
        words[i + 1].text.find("://") == std::string::npos) {
      Word target = folder(file ? directory_of(words[i + 1].text) : words[i + 1].text, command.directory, words[i + 1]);
      target.known = target.known && words[i + 1].known;
      target.unknown_reason = words[i + 1].known ? target.unknown_reason : words[i + 1].unknown_reason;
      return target;
    }
  }
  return folder(".", command.directory, url);
}

}  // namespace

void ContainerReader::add_download(const char* program, const Word& url, const Word& repo,
                                   const std::optional<Word>& revision, Word target, const Invocation& command) {
  CommandLine line{
      {{program, true, "", url.location}, repo}, command.environment, command.script_line, command.directory};
  if (revision) {
    line.words.push_back({"--revision", true, "", revision->location});
    line.words.push_back(*revision);
  }
  line.words.push_back({"--local-dir", true, "", target.location});
  line.words.push_back(std::move(target));
  add_line(std::move(line));
}

bool ContainerReader::read_download(const Invocation& command) {
  const std::string program = program_name(command.words.front().text);
  if (program == "git") {
    return read_git(command);
  }
  if (!one_of(kFetchers, program)) {
    return false;
  }
  std::vector<std::pair<std::string, std::string>> seen;
  for (std::size_t i = 1; i < command.words.size(); ++i) {
    Word url = command.words[i];
    if (url.text.starts_with("--url=")) {
      url.text.erase(0, std::string_view("--url=").size());
    }
    const std::optional<std::string_view> path = hub_path(url.text);
    const std::optional<HubFile> file = path ? hub_file(*path) : std::nullopt;
    const bool unknown = path && !url.known && path->find("/resolve/") != std::string_view::npos &&
                         !path->starts_with("datasets/") && !path->starts_with("spaces/");
    if (unknown) {
      Word repo = url;
      const bool named = file && file->repo.find_first_of("$`") == std::string::npos;
      repo.text = named ? file->repo : url.text;
      repo.known = named;
      Word revision = url;
      revision.known = named && file->revision.find_first_of("$`") == std::string::npos;
      revision.text = named ? file->revision : "";
      add_download("hub-file", url, repo, revision, target_of(command, url), command);
    } else if (file && std::find(seen.begin(), seen.end(), std::pair(file->repo, file->revision)) == seen.end()) {
      seen.emplace_back(file->repo, file->revision);
      Word repo = url;
      repo.text = file->repo;
      Word revision = url;
      revision.text = file->revision;
      add_download("hub-file", url, repo, revision, target_of(command, url), command);
    }
  }
  return true;
}

bool ContainerReader::read_git(const Invocation& command) {
  std::vector<Word> positional;
  std::optional<Word> branch;
  std::optional<std::string> directory = command.directory;
  for (std::size_t i = 1; i < command.words.size(); ++i) {
    const Word& word = command.words[i];
    const bool takes_value = one_of(kGitValues, word.text) && i + 1 < command.words.size();
    if ((word.text == "-b" || word.text == "--branch") && takes_value) {
      branch = command.words[i + 1];
    } else if (word.text.starts_with("--branch=")) {
      branch = word;
      branch->text.erase(0, std::string_view("--branch=").size());
    } else if (word.text == "-C" && takes_value) {
      directory = path_of(command.words[i + 1].text, directory);
    }
    if (takes_value) {
      ++i;
    } else if (!word.text.starts_with('-') && word.text != "lfs") {
      positional.push_back(word);
    }
  }
  if (positional.size() < 2) {
    return true;
  }
  const std::string& verb = positional[0].text;
  if (verb == "clone") {
    clone(positional, branch, directory, command);
  } else if (verb == "checkout" || verb == "reset" || verb == "switch") {
    check_out(positional.back(), directory);
  }
  return true;
}

void ContainerReader::clone(const std::vector<Word>& positional, const std::optional<Word>& branch,
                            const std::optional<std::string>& directory, const Invocation& command) {
  const Word& url = positional[1];
  const std::optional<std::string_view> path = hub_path(url.text);
  std::string name(path ? *path : std::string_view(url.text));
  while (name.ends_with('/')) {
    name.pop_back();
  }
  if (name.ends_with(".git")) {
    name.resize(name.size() - std::string_view(".git").size());
  }
  const Word& target = positional.size() > 2 ? positional[2] : url;
  const std::string made = positional.size() > 2 ? target.text : name.substr(name.rfind('/') + 1);
  auto& line = clones_[path_of(made, directory)];
  line.reset();
  const bool other = name.starts_with("datasets/") || name.starts_with("spaces/");
  if (!path || other || (url.known && !api::is_repo_id(name))) {
    return;
  }
  Word repo = url;
  repo.text = name;
  line = out_.lines.size();
  Word place = folder(made, directory, target);
  place.known = place.known && target.known;
  add_download("hub-clone", url, repo, branch, std::move(place), command);
}

// In the folder of a clone, or, where the folder is not known, of the only clone.
void ContainerReader::check_out(const Word& revision, const std::optional<std::string>& directory) {
  const auto found = directory ? clones_.find(*directory) : clones_.size() == 1 ? clones_.begin() : clones_.end();
  if (found == clones_.end() || !found->second || *found->second >= out_.lines.size()) {
    return;
  }
  CommandLine& line = out_.lines[*found->second];
  line.words.push_back({"--revision", true, "", revision.location});
  line.words.push_back(revision);
}

}  // namespace warmgate::models
