// What holds for every patch, over all workloads of test/rules, each with a ModelCache for every model it names.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "fixtures/fixture.h"
#include "inject/planning.h"
#include "warmgate/api/hugging_face.h"
#include "warmgate/base/text.h"
#include "warmgate/document/read.h"
#include "warmgate/kube/workload.h"

namespace warmgate::testing {
namespace {

using document::Json;

// What was there is there: members keep their values, lists only grow at their end.
bool extends(const Json& before, const Json& after) {
  if (before.is_object() && after.is_object()) {
    return std::all_of(before.items().begin(), before.items().end(), [&](const auto& member) {
      return after.contains(member.key()) && extends(member.value(), after[member.key()]);
    });
  }
  if (before.is_array() && after.is_array()) {
    return before.size() <= after.size() && std::equal(before.begin(), before.end(), after.begin(), extends);
  }
  return before == after;
}

// The documented places, with every index as "#".
bool is_documented(const std::string& path) {
  std::string shape;
  for (const std::string_view token : base::split(path, '/')) {
    const bool number = !token.empty() && token.find_first_not_of("0123456789") == std::string_view::npos;
    shape += shape.empty() && token.empty() ? "" : "/";
    shape += number ? "#" : std::string(token);
  }
  constexpr std::array<std::string_view, 5> kPrefixes = {"/spec/template", "/spec/jobTemplate/spec/template",
                                                         "/spec/leaderWorkerTemplate/leaderTemplate",
                                                         "/spec/leaderWorkerTemplate/workerTemplate", ""};
  constexpr std::array<std::string_view, 6> kPlaces = {"/metadata",
                                                       "/metadata/annotations",
                                                       "/metadata/annotations/warmgate.dev~1models",
                                                       "/metadata/annotations/warmgate.dev~1claims",
                                                       "/spec/volumes",
                                                       "/spec/volumes/-"};
  std::set<std::string> allowed;
  for (const std::string_view prefix : kPrefixes) {
    for (const std::string_view place : kPlaces) {
      allowed.insert(std::string(prefix) + std::string(place));
    }
    for (const std::string list : {"containers", "initContainers"}) {
      for (const std::string member : {"volumeMounts", "env", "args", "command"}) {
        std::string place(prefix);
        place.append("/spec/").append(list).append("/#/").append(member);
        allowed.insert({place, place + "/-"});
      }
    }
  }
  return allowed.contains(shape);
}

std::vector<kube::Object> workloads_of(const Fixture& fixture) {
  const auto source = std::make_shared<document::SourceText>(fixture.name, read_file(fixture.path));
  std::vector<kube::Object> out;
  for (const document::Document& document : document::read_documents(source, {}).documents) {
    const kube::Object object(document);
    if (knowledge().kinds.is_workload(object) && object.root()["spec"].is_object()) {
      out.push_back(object);
    }
  }
  return out;
}

// One ModelCache for each model, at the commit that is named, else at kCommit.
kube::BundleFacts caches_for(const kube::Object& workload) {
  std::vector<kube::Object> caches;
  for (const models::TemplateReading& reading : models::read_workload(workload, knowledge())) {
    for (const models::ModelUse& use : reading.uses) {
      const Json cache = {
          {"apiVersion", "warmgate.dev/v1alpha1"},
          {"kind", "ModelCache"},
          {"metadata", {{"name", "cache-" + std::to_string(caches.size())}}},
          {"spec",
           {{"source", {{"huggingFace", {{"repo", use.repo}, {"revision", use.pinned() ? use.revision : kCommit}}}}},
            {"storage", {{"claimName", "model-cache"}}}}}};
      if (api::is_repo_id(use.repo)) {
        caches.emplace_back(document::Document(cache));
      }
    }
  }
  return kube::BundleFacts(caches);
}

class InjectionOf : public ::testing::TestWithParam<Fixture> {};

TEST_P(InjectionOf, IsIdempotentAddsOnlyAndStaysInItsPlaces) {
  for (const kube::Object& workload : workloads_of(GetParam())) {
    const kube::BundleFacts world = caches_for(workload);
    const inject::Injection first = plan(workload, world);
    EXPECT_EQ(workload.document().value().patch(*first.patch), *first.patched) << workload.display_name();
    EXPECT_TRUE(extends(workload.document().value(), *first.patched)) << lines(*first.patch);
    for (const Json& step : *first.patch) {
      EXPECT_TRUE(is_documented(step["path"].get<std::string>())) << step;
    }
    const kube::Object patched(document::Document(*first.patched), workload.key().ns);
    EXPECT_EQ(lines(*plan(patched, world).patch), "") << "after\n" << lines(*first.patch);
  }
}

INSTANTIATE_TEST_SUITE_P(Fixtures, InjectionOf, ::testing::ValuesIn(all_fixtures()),
                         [](const auto& test) { return test_name(test.param); });

TEST(InjectionProperties, AreProvenOnPatchesThatDoSomething) {
  std::size_t patched = 0;
  for (const Fixture& fixture : all_fixtures()) {
    for (const kube::Object& workload : workloads_of(fixture)) {
      patched += plan(workload, caches_for(workload)).empty() ? 0 : 1;
    }
  }
  EXPECT_GT(patched, 20U);
}

}  // namespace
}  // namespace warmgate::testing
