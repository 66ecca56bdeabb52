// How each engine takes what injection gives (test/inject/engines/<engine>.yaml): the container before, and what is
// added to it. A Pod that got its model from a ModelCache is clean under the built-in policy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <ostream>
#include <set>
#include <stdexcept>
#include <vector>

#include "fixtures/fixture.h"
#include "inject/planning.h"
#include "support/paths.h"
#include "warmgate/base/text.h"
#include "warmgate/document/read.h"
#include "warmgate/engine/judge.h"

namespace warmgate::testing {
namespace {

using document::Json;

struct Case {
  std::string engine;
  // name, container; added: what is new in it, or refused: why it gets nothing, with its help and, as a merge patch of
  // the container, what that tells to write instead; offline: the policy wants that; status: of the ModelCache
  Json json;
  [[nodiscard]] std::string name() const { return json["name"].get<std::string>(); }
};

void PrintTo(const Case& test, std::ostream* out) { *out << test.engine << " " << test.name(); }

std::string folder() { return source_dir() + "/test/inject/engines"; }

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    const std::string path = entry.path().string();
    const auto source = std::make_shared<document::SourceText>(path, read_file(path));
    const base::Result<document::Document> document = document::read_single(source, {});
    if (!document) {
      throw std::runtime_error(document.error().message);
    }
    for (const Json& json : document->value()) {
      cases.push_back({entry.path().stem().string(), json});
    }
  }
  std::sort(cases.begin(), cases.end(),
            [](const Case& a, const Case& b) { return std::pair(a.engine, a.name()) < std::pair(b.engine, b.name()); });
  return cases;
}

// A GPU Pod with that container.
Json pod_of(Json container) {
  container["name"] = "server";
  container["resources"] = {{"limits", {{"nvidia.com/gpu", "1"}}}};
  return {{"apiVersion", "v1"},
          {"kind", "Pod"},
          {"metadata", {{"name", "server"}, {"namespace", "llm"}}},
          {"spec", {{"containers", Json::array({container})}}}};
}

// Qwen/Qwen3-32B with that status and the draft model Qwen/Qwen3-0.6B, both on the claim "model-cache".
kube::BundleFacts world(const Json& status, const std::string& more = "") {
  Json cache = object(model_cache()).document().value();
  cache["status"] = status;
  Json draft = object(model_cache("draft", kOtherCommit)).document().value();
  draft["spec"]["source"]["huggingFace"]["repo"] = "Qwen/Qwen3-0.6B";
  const Json claim = {{"apiVersion", "v1"},
                      {"kind", "PersistentVolumeClaim"},
                      {"metadata", {{"name", "model-cache"}, {"namespace", "llm"}}},
                      {"spec", {{"accessModes", {"ReadWriteMany"}}}}};
  return testing::facts("---\n" + cache.dump() + "\n---\n" + draft.dump() + "\n---\n" + claim.dump() + "\n" + more);
}

std::string words(const Json& list) {
  std::string out;
  for (const Json& word : list) {
    out += (out.empty() ? "" : " ") + word.get<std::string>();
  }
  return out;
}

// What a patch appended to the container's lists and to the Pod's volumes, one a line: "env
// HF_HOME=/cache/huggingface".
std::vector<std::string> added(const Json& patch) {
  std::vector<std::string> out;
  Json arguments = Json::array();
  for (const Json& step : patch) {
    const std::string path = step["path"].get<std::string>();
    const Json& value = step["value"];
    if (path.ends_with("/env/-")) {
      out.push_back("env " + value["name"].get<std::string>() + "=" + value["value"].get<std::string>());
    } else if (path.ends_with("/volumeMounts/-")) {
      out.push_back("mount " + value["name"].get<std::string>() + " at " + value["mountPath"].get<std::string>() +
                    (value.value("readOnly", false) ? " read-only" : ""));
    } else if (path.ends_with("/args/-") || path.ends_with("/command/-")) {
      arguments.push_back(value);
    }
  }
  if (!arguments.empty()) {
    out.push_back("args " + words(arguments));
  }
  return out;
}

void expect_clean(const kube::Object& pod, const kube::ClusterFacts& facts, bool offline) {
  const policy::Policy policy = policy_with(offline ? "{offline: true}" : "{}");
  const engine::Judgement judgement = engine::judge(pod, {facts, knowledge(), policy}, engine::Stage::kAsIs);
  for (const engine::JudgedFinding& judged : judgement.findings) {
    EXPECT_LT(judged.action, api::Action::kWarn) << judged.finding.rule << " " << judged.finding.message;
  }
}

// With the claim mounted as the help says, the model is known for the ModelCache's: the Pod waits for it, and is clean.
void expect_served_by_path(Json container, const Json& instead) {
  const std::string lease =
      "---\n{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: warmgate-controller, namespace: "
      "warmgate}}\n";
  container.merge_patch(instead);
  container["volumeMounts"] = Json::parse(R"([{"name": "c", "mountPath": "/cache/huggingface", "readOnly": true}])");
  Json pod = pod_of(std::move(container));
  pod["spec"]["volumes"] =
      Json::parse(R"([{"name": "c", "persistentVolumeClaim": {"claimName": "model-cache", "readOnly": true}}])");
  const kube::Object object{document::Document(pod)};
  const kube::BundleFacts facts = world(Json::object(), lease);
  const inject::Injection injection = plan(object, facts);
  EXPECT_TRUE(injection.obstacles.empty());
  ASSERT_EQ(injection.holds.size(), 1U);
  EXPECT_EQ(injection.holds.front().waits_for.front().cache, "qwen");
  expect_clean(object, facts, false);
}

class EngineInjection : public ::testing::TestWithParam<Case> {};

TEST_P(EngineInjection, AddsExactlyThisAndLeavesAPodThatIsClean) {
  const Json& test = GetParam().json;
  const bool offline = test.value("offline", false);
  const kube::Object pod{document::Document(pod_of(test["container"]))};
  const kube::BundleFacts facts = world(test.value("status", Json::object()));
  const inject::Injection injection = plan(pod, facts, {offline});
  if (test.contains("refused")) {
    ASSERT_EQ(injection.obstacles.size(), 1U) << lines(*injection.patch);
    EXPECT_EQ(injection.obstacles.front().reason, test["refused"]);
    EXPECT_EQ(injection.obstacles.front().help, test.value("help", injection.obstacles.front().help));
    EXPECT_TRUE(injection.empty()) << lines(*injection.patch);
    if (test.contains("instead")) {
      expect_served_by_path(test["container"], test["instead"]);
    }
    return;
  }
  EXPECT_THAT(added(*injection.patch), ::testing::ElementsAreArray(test["added"].get<std::vector<std::string>>()));
  const kube::Object patched(document::Document(*injection.patched));
  expect_clean(patched, facts, offline);
  EXPECT_EQ(lines(*plan(patched, facts, {offline}).patch), "") << "a second time";
}

INSTANTIATE_TEST_SUITE_P(Engines, EngineInjection, ::testing::ValuesIn(all_cases()), [](const auto& test) {
  std::string name = test.param.engine + "_" + test.param.name();
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  return name;
});

TEST(EngineInjections, ShowThatTheWayByPathWorksOfEachEngineThatTellsOne) {
  std::set<std::string> shown;
  for (const Case& test : all_cases()) {
    if (test.json.contains("instead")) {
      shown.insert(test.engine);
    }
  }
  for (const models::Engine& engine : knowledge().engines.engines()) {
    EXPECT_EQ(shown.contains(engine.name), !engine.inject.by_path.empty()) << engine.name;
  }
}

TEST(EngineInjections, AreShownForEveryServerThatNamesItsModel) {
  std::set<std::string> shown;
  for (const Case& test : all_cases()) {
    shown.insert(test.engine);
  }
  for (const models::Engine& engine : knowledge().engines.engines()) {
    const bool names_model =
        std::any_of(engine.launchers.begin(), engine.launchers.end(), [](const models::Launcher& launcher) {
          const std::vector<models::ModelSource>& sources = launcher.syntax->models;
          const bool hub = launcher.syntax->names.default_store.empty();
          const bool by_repository =
              std::any_of(sources.begin(), sources.end(), [&](const models::ModelSource& source) {
                return source.role == models::Role::kWeights && !source.path && hub;
              });
          return by_repository && launcher.model != models::Launcher::Model::kNone && launcher.elsewhere.empty();
        });
    if (engine.verb == models::Verb::kServe && names_model) {
      EXPECT_TRUE(shown.contains(engine.name)) << "test/inject/engines/" << engine.name << ".yaml is missing";
    }
  }
}

}  // namespace
}  // namespace warmgate::testing
