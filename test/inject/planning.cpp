#include "inject/planning.h"

namespace warmgate::testing {

inject::Injection plan(const kube::Object& object, const kube::ClusterFacts& facts, const inject::Options& options) {
  return inject::plan_injection(object, models::read_workload(object, knowledge()), facts, knowledge(), options);
}

std::string lines(const document::Json& patch) {
  std::string out;
  for (const document::Json& step : patch) {
    out += step["op"].get<std::string>() + " " + step["path"].get<std::string>() + " " + step["value"].dump() + "\n";
  }
  return out;
}

}  // namespace warmgate::testing
