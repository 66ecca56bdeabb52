// What is no request that can be answered is refused with 400 and a reason in words, and the handler lives on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

#include "admission/answering.h"

namespace warmgate::testing {
namespace {

using admission::Hook;
using document::Json;
using ::testing::HasSubstr;

struct BadInput {
  std::string name;
  std::string body;
  std::string message;  // a part of it
  std::string uid;      // that the refusal carries
};
void PrintTo(const BadInput& test, std::ostream* out) { *out << test.name; }

Json good() { return Json::parse(review({.object = manifest(pod("args: [--model, a/b]"))})); }

std::string with(const std::string& pointer, const Json& value) {
  Json body = good();
  body[Json::json_pointer(pointer)] = value;
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string without(const std::string& member) {
  Json body = good();
  body["request"].erase(member);
  return body.dump();
}

std::string nested(std::size_t depth) {
  const std::string body = good().dump();
  const std::string open = "\"object\":";
  std::string out = body;
  return out.insert(body.find(open) + open.size(), std::string(depth, '[') + std::string(depth, ']') + ",\"x\":");
}

std::string invalid_utf8() {
  std::string body = good().dump();
  return body.replace(body.find("a/b"), 3, "a/\xFF");
}

class BadInputs : public ::testing::TestWithParam<BadInput> {};

TEST_P(BadInputs, AreRefusedWithAReason) {
  const Answering answering;
  for (const Hook hook : {Hook::kValidate, Hook::kMutate}) {
    const admission::Outcome outcome = answering.outcome(hook, GetParam().body);
    EXPECT_EQ(outcome.http_status, 400);
    EXPECT_EQ(outcome.record.decision, "error");
    const Json answer = Json::parse(outcome.body);
    EXPECT_EQ(answer["kind"], "AdmissionReview");
    const Json& response = answer["response"];
    EXPECT_EQ(response["uid"], GetParam().uid);
    EXPECT_EQ(response["allowed"], false);
    EXPECT_EQ(response["status"]["code"], 400);
    EXPECT_EQ(response["status"]["reason"], "BadRequest");
    EXPECT_THAT(response["status"]["message"].get<std::string>(), HasSubstr(GetParam().message));
    EXPECT_EQ(outcome.record.error, response["status"]["message"].get<std::string>());
  }
  EXPECT_EQ(answering.validate({.object = manifest("{apiVersion: v1, kind: Service}")})["allowed"], true);
}

INSTANTIATE_TEST_SUITE_P(
    Handler, BadInputs,
    ::testing::Values(
        BadInput{"EmptyBody", "", "the body is empty", ""}, BadInput{"BlankBody", " \n", "the body is empty", ""},
        BadInput{"NotJson", "apiVersion: v1", "the body is not JSON that can be read", ""},
        BadInput{"CutOff", good().dump().substr(0, 100), "the body is not JSON that can be read", ""},
        BadInput{"TwoValues", "{} {}", "the body is not JSON that can be read", ""},
        BadInput{"Array", "[]", "this is not an AdmissionReview", ""},
        BadInput{"WrongKind", with("/kind", "Pod"), "kind \"Pod\"", kUid},
        BadInput{"OldVersion", with("/apiVersion", "admission.k8s.io/v1beta1"),
                 "apiVersion \"admission.k8s.io/v1beta1\", kind \"AdmissionReview\"); check admissionReviewVersions",
                 kUid},
        BadInput{"KindIsNoString", with("/kind", 7), "this is not an AdmissionReview", kUid},
        BadInput{"NoUid", without("uid"), "has no uid", ""},
        BadInput{"UidIsNoString", with("/request/uid", 7), "has no uid", ""},
        BadInput{"NoRequest", R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"})", "has no request", ""},
        BadInput{"RequestIsNoObject", with("/request", "x"), "has no request", ""},
        BadInput{"NoObject", without("object"), "has no object, which CREATE needs", kUid},
        BadInput{"ObjectIsNull", with("/request/object", nullptr), "has no object", kUid},
        BadInput{"ObjectIsAList", with("/request/object", Json::array()), "has no object", kUid},
        BadInput{"NoOperation", without("operation"), "no operation CREATE, UPDATE, DELETE or CONNECT", kUid},
        BadInput{"Deep", nested(100'000), "the body is not JSON that can be read", ""},
        BadInput{"InvalidUtf8", invalid_utf8(), "the body is not JSON that can be read", ""}),
    [](const auto& test) { return test.param.name; });

TEST(Handler, AnswersAFailureOfItsOwnWith500AndNeverAllows) {
  std::shared_ptr<const admission::Settings> settings =
      std::make_shared<const admission::Settings>(admission::Settings{knowledge(), policy_with()});
  const admission::Handler handler(
      [&] { return settings; },
      []() -> std::shared_ptr<const kube::ClusterFacts> { throw std::runtime_error("facts are gone"); });
  const admission::Outcome outcome = handler.handle(Hook::kValidate, good().dump());
  EXPECT_EQ(outcome.http_status, 500);
  EXPECT_EQ(outcome.record.error, "internal error: facts are gone");
  const Json response = Json::parse(outcome.body)["response"];
  EXPECT_EQ(response["uid"], kUid);
  EXPECT_EQ(response["allowed"], false);
  EXPECT_EQ(response["status"]["code"], 500);
  EXPECT_EQ(response["status"]["reason"], "InternalError");
}

TEST(Refusal, IsAnAdmissionReviewWhateverItIsGiven) {
  const Json response = Json::parse(admission::refusal("\xFF", 503, "ServiceUnavailable", "over\nloaded"))["response"];
  EXPECT_EQ(response["allowed"], false);
  EXPECT_EQ(response["uid"], "\xEF\xBF\xBD");
  EXPECT_EQ(response["status"]["code"], 503);
}

}  // namespace
}  // namespace warmgate::testing
