#include "claim_contents.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "use_commands.h"
#include "warmgate/api/model_cache.h"
#include "warmgate/base/replace.h"
#include "warmgate/base/text.h"
#include "warmgate/kube/workload.h"

namespace warmgate::rules {
namespace {

// `hf download REPO [FILE...] [--include P...] [--exclude P...]`. Before huggingface_hub 1.0 a flag takes several
// patterns, from then on what follows the first are names of files: either way they are downloaded.
DownloadFilter read_filter(const std::vector<models::Word>& words, const std::vector<std::string>& value_flags) {
  constexpr std::size_t kLauncherAndRepo = 3;
  DownloadFilter filter;
  std::vector<std::string>* list = &filter.include;
  for (std::size_t i = kLauncherAndRepo - 1, positionals = 0; i < words.size(); ++i) {
    const std::string& text = words[i].text;
    if (!words[i].known) {
      filter.include.emplace_back("*");  // anything
    } else if (!text.starts_with("--")) {
      if (list != &filter.include || ++positionals > 1) {
        list->push_back(text);
      }
    } else {
      const std::size_t equals = text.find('=');
      const std::string flag = text.substr(0, equals);
      list = flag == "--exclude" ? &filter.exclude : &filter.include;
      const bool patterns = flag == "--include" || flag == "--exclude";
      positionals = flag == "--include" ? 1 : positionals;
      if (patterns && equals != std::string::npos) {
        list->push_back(text.substr(equals + 1));
      } else if (!patterns && equals == std::string::npos &&
                 std::find(value_flags.begin(), value_flags.end(), flag) != value_flags.end()) {
        ++i;
      }
    }
  }
  return filter;
}

// Of other downloaders than the hf command it is only known that they leave something out.
DownloadFilter filter_of(const models::ModelUse& use, UseCommands& commands, const models::Knowledge& knowledge) {
  if (!use.filter) {
    return {};
  }
  const models::Engine* engine = knowledge.engines.find(use.engine);
  const models::CommandLine* line = commands.of(use);
  const bool known = engine != nullptr && engine->name == "hf" && line != nullptr;
  return known ? read_filter(line->words, engine->syntax.parser.value_flags) : DownloadFilter{{"*"}, {}};
}

void add_downloads(const kube::Object& workload, const std::vector<models::TemplateReading>& readings,
                   const models::Knowledge& knowledge, std::string_view claim, std::vector<Fetched>& out) {
  for (const models::TemplateReading& reading : readings) {
    UseCommands commands(knowledge, reading);
    for (const models::ModelUse& use : reading.uses) {
      if (use.verb == models::Verb::kDownload && use.cache.on_claim() && use.cache.volume->claim == claim) {
        out.push_back({workload.display_name(), use.repo, use.revision, use.pinned(), use.verifiable(),
                       use.cache.local_dir, use.cache.volume_path, filter_of(use, commands, knowledge)});
      }
    }
  }
}

std::vector<Fetched> read_contents(const RuleContext& context, const std::string& claim) {
  std::vector<Fetched> out;
  add_downloads(context.object, context.readings, context.knowledge, claim, out);
  const std::string& ns = context.object.key().ns;
  for (const kube::Object& workload : context.facts.workloads_on_claim(ns, claim)) {
    std::vector<Fetched> downloads;
    add_downloads(workload, context.known.of(workload), context.knowledge, claim, downloads);
    if (!downloads.empty() && !context.knowledge.kinds.same_workload(workload, context.object)) {
      std::move(downloads.begin(), downloads.end(), std::back_inserter(out));
    }
  }
  for (const api::ModelCache& cache : context.known.model_caches(ns)) {
    if (cache.claim == claim) {
      out.push_back(
          {"ModelCache/" + cache.name, cache.repo, cache.revision, true, true, false, "/hub", {}, cache.refs == false});
    }
  }
  // A thousand containers that fetch the same say it once.
  std::set<Fetched> seen;
  std::erase_if(out, [&](const Fetched& fetched) { return !seen.insert(fetched).second; });
  return out;
}

}  // namespace

bool DownloadFilter::gets(std::string_view file) const {
  const auto matches = [&](const std::string& pattern) {
    // The rest of fnmatch; a folder stands for what is in it.
    const bool simple = pattern.find_first_of("?[") == std::string::npos;
    return !simple || base::glob_match(pattern.ends_with('/') ? pattern + "*" : pattern, file);
  };
  const auto surely = [&](const std::string& pattern) {
    return pattern.find_first_of("?[") == std::string::npos && matches(pattern);
  };
  return (include.empty() || std::any_of(include.begin(), include.end(), matches)) &&
         std::none_of(exclude.begin(), exclude.end(), surely);
}

const std::vector<Fetched>& ClaimContents::of(const std::string& claim) const {
  auto found = known_.find(claim);
  if (found == known_.end()) {
    found = known_.emplace(claim, read_contents(context_, claim)).first;
  }
  return found->second;
}

const std::vector<Fetched>& fetched_to_claim(const RuleContext& context, const std::string& claim) {
  return context.contents->of(claim);
}

const Fetched* filled_by_commit(const std::vector<Fetched>& downloads, const models::ModelUse& use) {
  const Fetched* by_commit = nullptr;
  for (const Fetched& download : downloads) {
    if (!download.verifiable) {
      return nullptr;
    }
    if (download.repo != use.repo || download.local_dir || download.volume_path != use.cache.volume_path) {
      continue;
    }
    if (!download.pinned || (download.by_model_cache() && !download.adopted)) {
      return nullptr;
    }
    if (by_commit == nullptr || !download.adopted) {
      by_commit = &download;  // the Job itself, where it is known, before the ModelCache that has adopted it
    }
  }
  return by_commit;
}

std::string snapshot_path(const models::ModelUse& use, const std::string& revision) {
  return use.cache.path + "/models--" + base::replace_all(use.repo, "/", "--") + "/snapshots/" + revision;
}

bool fills_claim(const RuleContext& context, const std::string& claim) {
  const std::vector<Fetched>& fetched = fetched_to_claim(context, claim);
  return std::any_of(fetched.begin(), fetched.end(),
                     [&](const Fetched& download) { return download.by == context.object.display_name(); });
}

std::string container_label(const models::ModelUse& use) {
  if (use.by_field) {
    return "field " + use.source.pointer + ": " + use.engine;
  }
  return (use.container_kind == kube::ContainerKind::kInit ? "init container \"" : "container \"") + use.container +
         "\"";
}

std::string_view verb_label(const models::ModelUse& use) {
  return use.verb == models::Verb::kServe ? "serves" : "downloads";
}

}  // namespace warmgate::rules
