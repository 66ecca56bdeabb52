#include "allowed_sources.h"

#include "warmgate/base/text.h"

namespace warmgate::engine {
namespace {

void check_one(const document::View& field, const std::vector<std::string>& allowed, const std::string& what,
               std::vector<rules::Finding>& findings) {
  std::string text = field.text();
  while (text.ends_with('/')) {
    text.pop_back();
  }
  if (text.empty() || base::matches_any_glob(allowed, text)) {
    return;
  }
  const std::string list = allowed.empty() ? "none but Warmgate's own" : "allowed are: " + base::join(allowed, ", ");
  findings.push_back({.rule = "WG504",
                      .message = "the policy does not allow the " + what + " \"" + text + "\" for downloads",
                      .help = list + "; or ask for it in modelCaches." + what + "s of the CachePolicy",
                      .container = "",
                      .subject = field.pointer(),
                      .location = {field.pointer(), 0, 0, false},
                      .at_most = std::nullopt});
}

}  // namespace

std::vector<rules::Finding> check_sources(const kube::Object& cache, const policy::Policy& policy) {
  const api::CacheRules rules = policy.cache_rules(cache.key().ns);
  const document::View spec = cache.root()["spec"];
  std::vector<rules::Finding> findings;
  check_one(spec["download"]["image"], rules.images, "image", findings);
  check_one(spec["source"]["huggingFace"]["endpoint"], rules.endpoints, "endpoint", findings);
  return findings;
}

}  // namespace warmgate::engine
