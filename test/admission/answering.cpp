#include "admission/answering.h"

#include <gtest/gtest.h>

#include <memory>

namespace warmgate::testing {

using document::Json;

Answering::Answering(const std::string& facts, const std::string& policy_spec)
    : settings_(
          std::make_shared<const admission::Settings>(admission::Settings{knowledge(), policy_with(policy_spec)})),
      facts_(std::make_shared<const kube::BundleFacts>(objects(facts))) {}

Json Answering::response(admission::Hook hook, const ReviewSpec& spec) const {
  const admission::Outcome outcome = this->outcome(hook, review(spec));
  EXPECT_EQ(outcome.http_status, 200) << outcome.body;
  const Json answer = Json::parse(outcome.body);
  EXPECT_EQ(answer["apiVersion"], "admission.k8s.io/v1");
  EXPECT_EQ(answer["kind"], "AdmissionReview");
  EXPECT_EQ(answer["response"]["uid"], kUid);
  return answer["response"];
}

Json Answering::validate(const ReviewSpec& spec) const { return response(admission::Hook::kValidate, spec); }
Json Answering::mutate(const ReviewSpec& spec) const { return response(admission::Hook::kMutate, spec); }

Json manifest(const std::string& text) { return object(text).document().value(); }

}  // namespace warmgate::testing
