// LiveFacts against a real kube-apiserver, when WARMGATE_TEST_KUBECONFIG names a kubeconfig that may do everything in a
// cluster of its own. Skipped otherwise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>

#include "warmgate/cluster/kubeconfig.h"
#include "warmgate/cluster/live_facts.h"
#include "warmgate/cluster/rest_client.h"

namespace warmgate::testing {
namespace {

using cluster::LiveFacts;
using cluster::Resource;
using document::Json;

const Resource kNamespaces{"", "v1", "namespaces", "Namespace", false};
const Resource kClaims{"", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", true};
const Resource kPods{"", "v1", "pods", "Pod", true};
const Resource kDefinitions{"apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition",
                            false};
const Resource kCaches{"warmgate.dev", "v1alpha1", "modelcaches", "ModelCache", true};

class LiveFactsClusterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto path = cluster::process_environment("WARMGATE_TEST_KUBECONFIG");
    if (!path) {
      GTEST_SKIP() << "WARMGATE_TEST_KUBECONFIG names no kubeconfig";
    }
    auto connection = cluster::load_kubeconfig({*path, ""}, cluster::process_environment, clock_);
    ASSERT_TRUE(connection.ok()) << connection.error().message;
    auto api = cluster::connect(*connection, clock_);
    ASSERT_TRUE(api.ok()) << api.error().message;
    api_ = std::move(api).value();
    const auto created = api_->create(kNamespaces, "", {{"metadata", {{"generateName", "warmgate-facts-"}}}});
    ASSERT_TRUE(created.ok()) << created.error().message;
    ns_ = (*created)->at("metadata").at("name").get<std::string>();
    live_ = std::make_unique<LiveFacts>(*api_, clock_, cluster::LiveFactsOptions{});
  }
  void TearDown() override {
    live_.reset();
    if (!ns_.empty()) {
      EXPECT_TRUE(api_->remove(kNamespaces, "", ns_, {}).ok());
      (void)api_->remove(kDefinitions, "", "modelcaches.warmgate.dev", {});
    }
  }

  // Until the facts say so, for at most two minutes.
  [[nodiscard]] bool becomes(const std::function<bool(const kube::ClusterFacts&)>& condition) {
    for (const auto end = clock_.now() + std::chrono::minutes(2); clock_.now() < end;) {
      if (condition(*live_->snapshot())) {
        return true;
      }
      clock_.sleep_for(std::chrono::milliseconds(20), {});
    }
    return false;
  }
  void create(const Resource& resource, const Json& object) {
    const auto created = api_->create(resource, resource.namespaced ? ns_ : "", object);
    ASSERT_TRUE(created.ok()) << created.error().message;
  }

  cluster::SystemClock clock_;
  std::unique_ptr<cluster::KubeApi> api_;
  std::string ns_;
  std::unique_ptr<LiveFacts> live_;
};

TEST_F(LiveFactsClusterTest, SeesWhatIsCreatedChangedAndRemoved) {
  ASSERT_TRUE(becomes([](const auto& facts) { return facts.complete(); })) << live_->waiting_for();
  EXPECT_FALSE(live_->snapshot()->has_claims(ns_));
  create(kClaims,
         {{"metadata", {{"name", "models"}}},
          {"spec", {{"accessModes", {"ReadWriteOnce"}}, {"resources", {{"requests", {{"storage", "1Gi"}}}}}}}});
  EXPECT_TRUE(becomes([&](const auto& facts) { return facts.claim(ns_, "models").has_value(); }));
  create(kPods, {{"metadata", {{"name", "server"}}},
                 {"spec",
                  {{"containers", {{{"name", "c"}, {"image", "i"}}}},
                   {"volumes", {{{"name", "v"}, {"persistentVolumeClaim", {{"claimName", "models"}}}}}}}}});
  EXPECT_TRUE(becomes([&](const auto& facts) { return facts.workloads_on_claim(ns_, "models").size() == 1; }));
  const auto patched = api_->patch(kPods, ns_, "server", cluster::PatchType::kMerge,
                                   {{"status", {{"phase", "Succeeded"}}}}, {"status", "", false});
  ASSERT_TRUE(patched.ok()) << patched.error().message;
  EXPECT_TRUE(becomes([&](const auto& facts) { return facts.workloads_on_claim(ns_, "models").empty(); }));
}

TEST_F(LiveFactsClusterTest, FindsModelCachesOnceTheirKindIsInstalled) {
  ASSERT_TRUE(becomes([](const auto& facts) { return facts.complete(); })) << live_->waiting_for();
  create(kDefinitions,
         {{"metadata", {{"name", "modelcaches.warmgate.dev"}}},
          {"spec",
           {{"group", "warmgate.dev"},
            {"scope", "Namespaced"},
            {"names",
             {{"plural", "modelcaches"},
              {"singular", "modelcache"},
              {"kind", "ModelCache"},
              {"listKind", "ModelCacheList"}}},
            {"versions",
             {{{"name", "v1alpha1"},
               {"served", true},
               {"storage", true},
               {"schema",
                {{"openAPIV3Schema", {{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}}}}}}}}}}});
  const Json cache = {{"apiVersion", "warmgate.dev/v1alpha1"},
                      {"kind", "ModelCache"},
                      {"metadata", {{"name", "qwen"}}},
                      {"spec", {{"x", 1}}}};
  auto created = api_->create(kCaches, ns_, cache);
  for (const auto end = clock_.now() + std::chrono::minutes(1); !created.ok() && clock_.now() < end;) {
    clock_.sleep_for(std::chrono::milliseconds(100), {});  // until the API server serves the new kind
    created = api_->create(kCaches, ns_, cache);
  }
  ASSERT_TRUE(created.ok()) << created.error().message;
  EXPECT_TRUE(becomes([&](const auto& facts) { return facts.model_caches(ns_).size() == 1; }));
  EXPECT_TRUE(live_->snapshot()->complete());
}

}  // namespace
}  // namespace warmgate::testing
