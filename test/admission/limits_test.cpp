// What kube-apiserver takes: warnings, audit annotations, and never a secret.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "admission/answering.h"
#include "warmgate/base/text.h"

namespace warmgate::testing {
namespace {

using document::Json;
using ::testing::HasSubstr;
using ::testing::Not;

bool has_control_character(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// A Pod with `count` servers, each with a model of a long name.
Json crowd(std::size_t count) {
  Json pod = manifest(testing::pod("args: [--model, a/b]"));
  Json container = pod["spec"]["containers"][0];
  pod["spec"]["containers"] = Json::array();
  for (std::size_t i = 0; i < count; ++i) {
    container["name"] = "server-" + std::to_string(i) + "-\xC3\xBC" + std::string(40, 'n');
    container["args"][1] = "org/model-" + std::to_string(i) + std::string(60, 'm');
    pod["spec"]["containers"].push_back(container);
  }
  return pod;
}

TEST(Warnings, StayWithinTheLimitsOfTheApiServer) {
  const Answering answering("", "{rules: {WG101: warn, WG205: warn}}");
  for (const std::size_t count : {1U, 5U, 7U, 60U}) {
    const Json response = answering.validate({.object = crowd(count)});
    ASSERT_EQ(response["allowed"], true);
    std::size_t total = 0;
    for (const Json& warning : response["warnings"]) {
      const auto text = warning.get<std::string>();
      EXPECT_FALSE(has_control_character(text)) << text;
      EXPECT_FALSE(base::first_invalid_utf8(text).has_value()) << text;
      total += base::count_code_points(text);
    }
    EXPECT_LE(total, 4096U);
    EXPECT_GE(response["warnings"].size(), count == 1 ? 2U : 10U);
  }
  const Json many = answering.validate({.object = crowd(60)});
  EXPECT_THAT(many["warnings"].back().get<std::string>(),
              HasSubstr("more findings of Warmgate: run `warmgate lint` on the manifest"));
}

TEST(Warnings, AreWholeAsLongAsTheApiServerShowsThemWhole) {
  const Answering answering("", "{rules: {WG101: warn, WG205: warn}}");
  // Three servers are said in about 2600 characters, seven in about 6000.
  const Json few = answering.validate({.object = crowd(3)})["warnings"];
  ASSERT_FALSE(few.empty());
  for (const Json& warning : few) {
    EXPECT_GT(base::count_code_points(warning.get<std::string>()), 256U);
    EXPECT_THAT(warning.get<std::string>(), ::testing::EndsWith(")")) << "the help is there to its end";
  }
  const Json many = answering.validate({.object = crowd(7)})["warnings"];
  ASSERT_FALSE(many.empty());
  for (const Json& warning : many) {
    EXPECT_EQ(base::count_code_points(warning.get<std::string>()), 256U);
    EXPECT_THAT(warning.get<std::string>(), ::testing::EndsWith("\xE2\x80\xA6"));
  }
}

TEST(Warnings, HaveNoControlCharactersOfTheManifest) {
  Json pod = manifest(testing::pod("args: [--model, a/b]"));
  pod["spec"]["containers"][0]["name"] = "a\nb\x1b[31m\tc";
  const Json response = Answering("", "{rules: {WG101: warn, WG205: warn}}").validate({.object = pod});
  EXPECT_THAT(response["warnings"][0].get<std::string>(), HasSubstr("container \"a b [31m c\" serves"));
  const Json denied = Answering().validate({.object = pod});
  EXPECT_THAT(denied["status"]["message"].get<std::string>(), HasSubstr("container \"a b [31m c\" serves"));
  for (const Json& annotation : denied["auditAnnotations"]) {
    EXPECT_FALSE(has_control_character(annotation.get<std::string>()));
  }
}

TEST(Denials, OfManyFindingsSayHowManyAreLeftOut) {
  const auto message = Answering().validate({.object = crowd(60)})["status"]["message"].get<std::string>();
  EXPECT_THAT(message, HasSubstr(": 120 problems\n"));
  EXPECT_THAT(message, HasSubstr("\n40. WG"));
  EXPECT_THAT(message, Not(HasSubstr("\n41. WG")));
  EXPECT_THAT(message, HasSubstr("\nand 80 more: run `warmgate lint` on the manifest"));
}

TEST(AuditAnnotations, HaveKeysThatAreQualifiedNamesAndBoundedValues) {
  const Json response = Answering().validate({.object = crowd(60)});
  ASSERT_FALSE(response["auditAnnotations"].empty());
  for (const auto& [key, value] : response["auditAnnotations"].items()) {
    EXPECT_THAT(key, ::testing::MatchesRegex("[A-Za-z0-9][-A-Za-z0-9_.]*"));
    EXPECT_LE(key.size(), 63U);
    EXPECT_LE(base::count_code_points(value.get<std::string>()), 1000U);
  }
}

// A token in every place that comes to mind.
std::vector<Json> pods_with(const std::string& token) {
  const std::string mark = "@";
  std::vector<Json> pods;
  for (std::string container :
       {"args: [--model, Qwen/Qwen3-32B]", "args: [--model, @]", "args: [--model, Qwen/Qwen3-32B, --revision, @]",
        "args: [--model, a/b, --download-dir, /tmp/@]", "args: [--model, Qwen/Qwen3-32B, --hf-token, @]",
        "command: [sh, -c], args: [\"HF_TOKEN=@ vllm serve a/b\"]"}) {
    container += ", env: [{name: HF_TOKEN, value: @}]";
    for (std::size_t at = container.find(mark); at != std::string::npos; at = container.find(mark)) {
      container.replace(at, mark.size(), token);
    }
    pods.push_back(manifest(testing::pod(container)));
  }
  Json neighbour = pods.front();
  neighbour["spec"]["containers"].push_back(
      {{"name", "side"}, {"image", "side:1"}, {"env", {{{"name", "HF_TOKEN"}, {"value", token}}}}});
  neighbour["metadata"]["annotations"] = {{"note", "use " + token}, {token, "as a key"}};
  neighbour["metadata"]["name"] = token;
  pods.push_back(neighbour);
  neighbour["spec"]["containers"][0]["command"] = token;  // of the wrong type
  pods.push_back(neighbour);
  return pods;
}

TEST(Secrets, AreInNoReply) {
  const std::string odd_token = "s3cret-of-another-shape";
  std::vector<Json> pods = pods_with(kToken);
  for (const Json& pod : pods_with(odd_token)) {
    pods.push_back(pod);
  }
  const std::string everything = "{rules: {WG101: warn, WG205: warn, WG302: warn, WG501: warn}}";
  for (const std::string& policy : {std::string("{}"), everything}) {
    const Answering answering(model_cache(), policy);
    for (const Json& pod : pods) {
      for (const Json& response : {answering.mutate({.object = pod}), answering.validate({.object = pod}),
                                   answering.validate({.object = pod, .old_object = pod, .operation = "UPDATE"})}) {
        const std::string patch = base::base64_decode(response.value("patch", "")).value_or("");
        EXPECT_THAT(response.dump() + patch, Not(HasSubstr(kToken)));
        EXPECT_THAT(response.dump() + patch, Not(HasSubstr(odd_token)));
      }
    }
  }
}

}  // namespace
}  // namespace warmgate::testing
