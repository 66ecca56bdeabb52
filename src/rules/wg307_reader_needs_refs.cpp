#include "cache_places.h"
#include "claim_contents.h"
#include "rules.h"

namespace warmgate::rules {
namespace {

using models::ModelUse;

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    for (const ModelUse& use : reading.uses) {
      const bool reads_only = use.cache.on_claim() && (use.offline || use.cache.mount->read_only);
      if (!serves_from_hub(use) || use.needs_refs.empty() || !use.pinned() || !use.repo_known || !reads_only) {
        continue;
      }
      const Fetched* filled = filled_by_commit(fetched_to_claim(context, use.cache.volume->claim), use);
      if (filled == nullptr) {
        continue;
      }
      findings.push_back(
          {.rule = "WG307",
           .message = container_label(use) + " serves " + use.repo + " from claim \"" + use.cache.volume->claim +
                      "\", but " + use.engine + " does not find it there: " + use.needs_refs + ", and " + filled->by +
                      (filled->adopted ? " has adopted a download" : " downloaded") + " by commit, which writes none",
           .help = "serve the path of the snapshot: " + snapshot_path(use, use.revision) +
                   "; or let the download write the commit into refs/" + use.revision +
                   " of the repository's folder, as a ModelCache's own download does",
           .container = use.container,
           .subject = use.repo,
           .location = use.source,
           .at_most = std::nullopt});
    }
  }
}

}  // namespace

const Rule kWG307_ReaderNeedsRefs = {
    .info =
        {.id = "WG307",
         .slug = "reader-needs-refs",
         .default_action = api::Action::kDeny,
         .summary = "an engine that finds models through refs/ only, on a cache that was filled by commit",
         .why = "The Rust client of the Hub (TEI, the router of TGI) looks for refs/<commit> even when it is given a "
                "commit, llama.cpp for any ref. A download by commit with huggingface_hub writes none, so every file "
                "is there and the server asks the Hub for all of them, or dies where it may not write.",
         .bad = "# Job: hf download BAAI/bge-m3 --revision 5617a9f61b028005a4858fdac845db406aefb181\n"
                "image: ghcr.io/huggingface/text-embeddings-inference:1.8\n"
                "args: [--model-id, BAAI/bge-m3, --revision, 5617a9f61b028005a4858fdac845db406aefb181]\n",
         .good =
             "args: [--model-id, /cache/hub/models--BAAI--bge-m3/snapshots/5617a9f61b028005a4858fdac845db406aefb181]\n",
         .misses = "Downloads that are not among the facts, refs that a script writes by hand, caches on writable "
                   "mounts (the engine fetches what it does not find), and engines of which policies/engines does not "
                   "tell."},
    .check = check,
};

}  // namespace warmgate::rules
