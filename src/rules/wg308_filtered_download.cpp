#include <algorithm>
#include <array>

#include "cache_places.h"
#include "claim_contents.h"
#include "rules.h"
#include "warmgate/base/text.h"

namespace warmgate::rules {
namespace {

using models::ModelUse;

bool any_gets(const std::vector<const Fetched*>& downloads, std::string_view file) {
  return std::any_of(downloads.begin(), downloads.end(),
                     [&](const Fetched* download) { return download->filter.gets(file); });
}

bool names_weights(const std::string& pattern) {
  constexpr std::array<std::string_view, 5> kEndings = {".safetensors", ".bin", ".pth", ".pt", ".gguf"};
  const std::string_view bare = std::string_view(pattern).substr(0, pattern.find_last_not_of('*') + 1);
  return std::any_of(kEndings.begin(), kEndings.end(), [&](std::string_view ending) { return bare.ends_with(ending); });
}

bool gets_weights(const std::vector<const Fetched*>& downloads) {
  constexpr std::array<std::string_view, 5> kNames = {"model.safetensors", "model-00001-of-00002.safetensors",
                                                      "consolidated.safetensors", "pytorch_model.bin",
                                                      "pytorch_model-00001-of-00002.bin"};
  const bool usual =
      std::any_of(kNames.begin(), kNames.end(), [&](std::string_view name) { return any_gets(downloads, name); });
  return usual || std::any_of(downloads.begin(), downloads.end(), [](const Fetched* download) {
           return std::any_of(download->filter.include.begin(), download->filter.include.end(), names_weights);
         });
}

// A file that every server of such a model reads first and no download got; "" when none is missing. Mistral's own
// format has params.json.
std::string missing(const std::vector<const Fetched*>& downloads) {
  if (!any_gets(downloads, "config.json") && !any_gets(downloads, "params.json")) {
    return "config.json";
  }
  return gets_weights(downloads) ? "" : "the weights (*.safetensors)";
}

// The downloads of the worker's snapshot; none when one of them cannot be read.
std::vector<const Fetched*> downloads_of(const std::vector<Fetched>& fetched, const ModelUse& use) {
  std::vector<const Fetched*> out;
  for (const Fetched& download : fetched) {
    if (!download.verifiable) {
      return {};
    }
    const bool same_commit = !use.pinned() || !download.pinned || download.revision == use.revision;
    if (download.repo == use.repo && same_commit && !download.local_dir) {
      out.push_back(&download);
    }
  }
  return out;
}

std::string filter_label(const DownloadFilter& filter) {
  std::vector<std::string> parts;
  if (!filter.include.empty()) {
    parts.push_back("only " + base::join(filter.include, ", "));
  }
  if (!filter.exclude.empty()) {
    parts.push_back("without " + base::join(filter.exclude, ", "));
  }
  constexpr std::size_t kMaxShown = 120;
  return base::one_line(base::join(parts, ", "), kMaxShown);
}

void check_use(const RuleContext& context, const ModelUse& use, std::vector<Finding>& findings) {
  const std::vector<const Fetched*> downloads = downloads_of(fetched_to_claim(context, use.cache.volume->claim), use);
  const std::string lacks = downloads.empty() ? "" : missing(downloads);
  if (lacks.empty()) {
    return;
  }
  const Fetched& download = *downloads.front();
  findings.push_back({.rule = "WG308",
                      .message = container_label(use) + " serves " + use.repo + " from claim \"" +
                                 use.cache.volume->claim + "\", but " + download.by + " downloaded a part of it (" +
                                 filter_label(download.filter) + "): it lacks " + lacks + ", which cannot be fetched " +
                                 (use.offline ? "offline" : "to a read-only mount"),
                      .help = "download the whole snapshot, or leave out only what no server reads (--exclude "
                              "\"original/*\")",
                      .container = use.container,
                      .subject = use.repo,
                      .location = use.source,
                      .at_most = std::nullopt});
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    for (const ModelUse& use : reading.uses) {
      const bool gguf = base::to_lower(use.repo).find("gguf") != std::string::npos;  // one file is the model
      const bool can_fetch = !use.offline && use.cache.mount && !use.cache.mount->read_only;
      if (serves_from_hub(use) && use.verifiable() && use.cache.on_claim() && !gguf && !can_fetch) {
        check_use(context, use, findings);
      }
    }
  }
}

}  // namespace

const Rule kWG308_FilteredDownload = {
    .info =
        {.id = "WG308",
         .slug = "filtered-download",
         .default_action = api::Action::kWarn,
         .summary = "the download left out files (--include, --exclude) that the worker needs and cannot fetch",
         .why = "A cache that lacks config.json or the weights looks full and serves nothing: offline, or on a "
                "read-only mount, the worker dies when it asks for what is missing.",
         .bad = "# Job: hf download Qwen/Qwen3-32B --include \"*.safetensors\"\n",
         .good = "# Job: hf download Qwen/Qwen3-32B\n",
         .misses =
             "Missing tokenizers and other files, whole snapshots that are read offline with wider patterns than the "
             "download had (huggingface_hub 1.22 and later refuses them), downloads that are not among the facts, and "
             "downloaders other than the hf command."},
    .check = check,
};

}  // namespace warmgate::rules
