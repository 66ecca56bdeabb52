// The real Handler with the built-in knowledge, and its answers as JSON.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "support/review.h"
#include "support/world.h"
#include "warmgate/admission/handler.h"

namespace warmgate::testing {

class Answering {
 public:
  explicit Answering(const std::string& facts = "", const std::string& policy_spec = "{}");
  // From now on the facts, or the workloads behind scale requests, come from there.
  void use_facts(std::shared_ptr<const kube::ClusterFacts> facts) { facts_ = std::move(facts); }
  void use_workloads(admission::WorkloadSource workloads) { workloads_ = std::move(workloads); }

  // The rights of who writes ModelCaches.
  void use_access(admission::AccessSource access) { access_ = std::move(access); }

  [[nodiscard]] admission::Outcome outcome(admission::Hook hook, const std::string& body) const {
    return admission::Handler([this] { return settings_; }, [this] { return facts_; }, workloads_, access_)
        .handle(hook, body);
  }
  // The response of a request that must be answered with 200.
  [[nodiscard]] document::Json validate(const ReviewSpec& spec) const;
  [[nodiscard]] document::Json mutate(const ReviewSpec& spec) const;

 private:
  [[nodiscard]] document::Json response(admission::Hook hook, const ReviewSpec& spec) const;

  std::shared_ptr<const admission::Settings> settings_;
  std::shared_ptr<const kube::ClusterFacts> facts_;
  admission::WorkloadSource workloads_;
  admission::AccessSource access_;
};

// The only object of a manifest, as JSON.
document::Json manifest(const std::string& text);

}  // namespace warmgate::testing
