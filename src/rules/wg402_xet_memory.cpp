#include <set>

#include "claim_contents.h"
#include "rules.h"
#include "warmgate/base/text.h"
#include "warmgate/kube/environment.h"
#include "warmgate/kube/quantity.h"

namespace warmgate::rules {
namespace {

// "can require up to 64 GB of RAM" in high-performance mode (huggingface_hub's documentation of
// HF_XET_HIGH_PERFORMANCE).
constexpr std::int64_t kNeeded = std::int64_t{64} << 30;
// 64 GB (decimal) and 64Gi are both what people write for it.
constexpr std::int64_t kAccepted = std::int64_t{64} * 1000 * 1000 * 1000;

// huggingface_hub constants.py:11: 1, ON, YES, TRUE in any case.
bool is_true(const std::string& text) {
  const std::string lower = base::to_lower(text);
  return lower == "1" || lower == "on" || lower == "yes" || lower == "true";
}

void check_use(const kube::Container& container, const models::ModelUse& use, std::vector<Finding>& findings) {
  const kube::Environment environment(container);
  const kube::EnvValue* setting = environment.find("HF_XET_HIGH_PERFORMANCE");
  if (setting == nullptr || !setting->value || !is_true(*setting->value)) {
    return;
  }
  const document::View resources = container.view["resources"];
  const document::View limit = resources["limits"]["memory"];
  const document::View memory = limit ? limit : resources["requests"]["memory"];
  const std::optional<std::int64_t> bytes = kube::parse_quantity(memory.text());
  if (!bytes || *bytes >= kAccepted) {
    return;
  }
  findings.push_back({.rule = "WG402",
                      .message = container_label(use) + " sets HF_XET_HIGH_PERFORMANCE=1, which can buffer up to " +
                                 kube::format_bytes(kNeeded) + ", with " + memory.text() + " of memory",
                      .help = "give it 64Gi of memory, or set HF_XET_HIGH_PERFORMANCE to \"0\" (then 8Gi is enough)",
                      .container = use.container,
                      .subject = "HF_XET_HIGH_PERFORMANCE",
                      .location = {memory.pointer(), 0, 0, false},
                      .at_most = std::nullopt});
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    std::set<std::string> done;  // a finding is about the container, however many models it downloads
    for (const models::ModelUse& use : reading.uses) {
      const kube::Container* container = reading.containers.find(use.container);
      if (use.verb == models::Verb::kDownload && container != nullptr && done.insert(use.container).second) {
        check_use(*container, use, findings);
      }
    }
  }
}

}  // namespace

const Rule kWG402_XetMemory = {
    .info = {.id = "WG402",
             .slug = "xet-memory",
             .default_action = api::Action::kWarn,
             .summary = "HF_XET_HIGH_PERFORMANCE=1 with less than 64Gi of memory",
             .why =
                 "High-performance mode buffers chunks in memory, up to 64 GB. With less the download is killed by the "
                 "kernel (exit code 137), often after most of the model has arrived.",
             .bad = "env: [{name: HF_XET_HIGH_PERFORMANCE, value: \"1\"}]\nresources: {limits: {memory: 8Gi}}\n",
             .good = "env: [{name: HF_XET_HIGH_PERFORMANCE, value: \"1\"}]\nresources: {limits: {memory: 64Gi}}\n",
             .misses =
                 "Downloads without any memory request or limit, variables set inside scripts, and clients new enough "
                 "to fit their buffers to the memory limit."},
    .check = check,
};

}  // namespace warmgate::rules
