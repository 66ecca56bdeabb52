// Large objects: with a cost that grows with the square of the counts these take minutes, and ctest's timeout ends
// them.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "support/world.h"
#include "warmgate/engine/judge.h"

namespace warmgate::engine {
namespace {

using document::Json;

Json container(std::size_t number) {
  return {{"name", "c" + std::to_string(number)},
          {"image", "vllm/vllm-openai:v0.9.0"},
          {"args", {"--model", "org/m" + std::to_string(number)}},
          {"resources", {{"limits", {{"nvidia.com/gpu", 1}}}}}};
}

Judgement judge_pod(Json spec) {
  const kube::Object pod(document::Document({{"apiVersion", "v1"},
                                             {"kind", "Pod"},
                                             {"metadata", {{"name", "large"}, {"namespace", "llm"}}},
                                             {"spec", std::move(spec)}}));
  const kube::BundleFacts facts = testing::facts(testing::model_cache());
  const policy::Policy policy = testing::policy_with();
  return judge(pod, {facts, testing::knowledge(), policy}, Stage::kAsIs);
}

TEST(LargePod, EveryContainerHasItsFindings) {
  constexpr std::size_t kCount = 3000;
  Json containers = Json::array();
  for (std::size_t i = 0; i < kCount; ++i) {
    containers.push_back(container(i));
  }
  // Each is unpinned (WG101) and without a cache (WG205).
  EXPECT_EQ(judge_pod({{"containers", std::move(containers)}}).findings.size(), 2 * kCount);
}

TEST(LargePod, VolumesAndMountsAreLookedUpByName) {
  constexpr std::size_t kCount = 5000;
  Json only = container(0);
  Json volumes = Json::array();
  for (std::size_t i = 0; i < kCount; ++i) {
    const std::string name = "v" + std::to_string(i);
    only["volumeMounts"].push_back({{"name", name}, {"mountPath", "/m/" + std::to_string(i)}});
    volumes.push_back({{"name", name}, {"persistentVolumeClaim", {{"claimName", name}}}});
  }
  EXPECT_EQ(judge_pod({{"containers", {std::move(only)}}, {"volumes", std::move(volumes)}}).findings.size(), 2);
}

TEST(LargePod, CommandsOfAScriptShareTheEnvironment) {
  constexpr std::size_t kCount = 1000;
  constexpr std::size_t kVariables = 5000;
  Json only = container(0);
  std::string script;
  for (std::size_t i = 0; i < kCount; ++i) {
    script += "vllm serve org/m" + std::to_string(i) + "\n";
  }
  only["command"] = {"sh", "-c", script};
  only.erase("args");
  for (std::size_t i = 0; i < kVariables; ++i) {
    only["env"].push_back({{"name", "E" + std::to_string(i)}, {"value", "x"}});
  }
  EXPECT_EQ(judge_pod({{"containers", {std::move(only)}}}).findings.size(), 2 * kCount);
}

}  // namespace
}  // namespace warmgate::engine
