#include "warmgate/kube/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kube/objects.h"
#include "warmgate/kube/layered_facts.h"

namespace warmgate::kube {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> names(const std::vector<Object>& objects) {
  std::vector<std::string> out;
  out.reserve(objects.size());
  for (const Object& object : objects) {
    out.push_back(object.key().ns + "/" + object.key().name);
  }
  return out;
}

Object claim(const std::string& metadata) { return object("v1", "PersistentVolumeClaim", metadata); }

Object user(const std::string& kind, const std::string& metadata, const std::string& claim_name) {
  return object("apps/v1", kind, metadata,
                R"("spec": {"template": {"spec": {"volumes": [{"name": "c", "persistentVolumeClaim": {"claimName": ")" +
                    claim_name + R"("}}]}}})");
}

TEST(BundleFacts, AClaimOfTheNamespaceIsFoundBeforeOneWithout) {
  const BundleFacts facts({claim(R"({"name": "cache", "annotations": {"x": "anywhere"}})"),
                           claim(R"({"name": "cache", "namespace": "a"})"),
                           claim(R"({"name": "only-b", "namespace": "b"})")});
  EXPECT_EQ(facts.claim("a", "cache")->key().ns, "a");
  EXPECT_EQ(facts.claim("b", "cache")->key().ns, "");
  EXPECT_EQ(facts.claim("", "cache")->key().ns, "");
  EXPECT_EQ(facts.claim("", "only-b")->key().ns, "b");
  EXPECT_FALSE(facts.claim("a", "only-b"));
  EXPECT_FALSE(facts.claim("a", "none"));
}

TEST(BundleFacts, HasClaimsIsAboutTheNamespace) {
  const BundleFacts facts({claim(R"({"name": "cache", "namespace": "a"})")});
  EXPECT_TRUE(facts.has_claims("a"));
  EXPECT_TRUE(facts.has_claims(""));
  EXPECT_FALSE(facts.has_claims("b"));
  EXPECT_FALSE(BundleFacts({}).has_claims("a"));
}

TEST(BundleFacts, StorageClassesHaveNoNamespace) {
  const BundleFacts facts({object("storage.k8s.io/v1", "StorageClass", R"({"name": "fast"})")});
  EXPECT_TRUE(facts.storage_class("fast"));
  EXPECT_FALSE(facts.storage_class("slow"));
}

TEST(BundleFacts, WorkloadsOnAClaimOfTheirNamespace) {
  const BundleFacts facts({user("Deployment", R"({"name": "w1", "namespace": "a"})", "cache"),
                           user("StatefulSet", R"({"name": "w2", "namespace": "b"})", "cache"),
                           user("DaemonSet", R"({"name": "w3"})", "cache"),
                           user("Deployment", R"({"name": "w4", "namespace": "a"})", "other"),
                           object("v1", "Service", R"({"name": "s"})")});
  EXPECT_THAT(names(facts.workloads_on_claim("a", "cache")), ElementsAre("a/w1", "/w3"));
  EXPECT_THAT(names(facts.workloads_on_claim("", "cache")), ElementsAre("a/w1", "b/w2", "/w3"));
  EXPECT_THAT(names(facts.workloads_on_claim("b", "other")), IsEmpty());
}

TEST(BundleFacts, AutoscalersOfATargetByGroupKindAndName) {
  const auto autoscaler = [](const char* name, const char* reference) {
    return object("autoscaling/v2", "HorizontalPodAutoscaler",
                  std::string(R"({"namespace": "a", "name": ")") + name + R"("})",
                  std::string(R"("spec": {"scaleTargetRef": )") + reference + "}");
  };
  const BundleFacts facts({
      autoscaler("right", R"({"apiVersion": "apps/v1", "kind": "Deployment", "name": "w"})"),
      autoscaler("no-version", R"({"kind": "Deployment", "name": "w"})"),
      autoscaler("other-group", R"({"apiVersion": "example.com/v1", "kind": "Deployment", "name": "w"})"),
      autoscaler("other-kind", R"({"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "w"})"),
      autoscaler("other-name", R"({"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"})"),
      autoscaler("broken", "7"),
  });
  EXPECT_THAT(names(facts.autoscalers_of({"apps", "Deployment", "a", "w"})), ElementsAre("a/right", "a/no-version"));
  EXPECT_THAT(names(facts.autoscalers_of({"apps", "Deployment", "", "w"})), ElementsAre("a/right", "a/no-version"));
  EXPECT_THAT(names(facts.autoscalers_of({"apps", "Deployment", "b", "w"})), IsEmpty());
  EXPECT_THAT(names(facts.autoscalers_of({"apps", "Deployment", "a", ""})), IsEmpty());
  EXPECT_THAT(names(facts.autoscalers_of({"", "", "a", ""})), IsEmpty());
}

TEST(BundleFacts, ModelCachesOfANamespace) {
  const BundleFacts facts({object("warmgate.dev/v1alpha1", "ModelCache", R"({"name": "m", "namespace": "a"})"),
                           object("warmgate.dev/v1alpha1", "ModelCache", R"({"name": "n"})"),
                           object("example.com/v1", "ModelCache", R"({"name": "x", "namespace": "a"})")});
  EXPECT_THAT(names(facts.model_caches("a")), ElementsAre("a/m", "/n"));
  EXPECT_THAT(names(facts.model_caches("b")), ElementsAre("/n"));
}

TEST(BundleFacts, TheVolumeOfAClaimAsEitherOfThemSays) {
  const BundleFacts facts({
      object("v1", "PersistentVolume", R"({"name": "by-name"})"),
      object("v1", "PersistentVolume", R"({"name": "by-reference"})",
             R"("spec": {"claimRef": {"namespace": "a", "name": "cache"}})"),
  });
  const auto volume_of = [&](const char* metadata, const char* rest) {
    const std::optional<Object> volume = facts.persistent_volume(object("v1", "PersistentVolumeClaim", metadata, rest));
    return volume ? volume->key().name : "";
  };
  EXPECT_EQ(volume_of(R"({"name": "x", "namespace": "a"})", R"("spec": {"volumeName": "by-name"})"), "by-name");
  EXPECT_EQ(volume_of(R"({"name": "cache", "namespace": "a"})", R"("spec": {"volumeName": "by-name"})"), "by-name");
  EXPECT_EQ(volume_of(R"({"name": "cache", "namespace": "a"})", R"("spec": {})"), "by-reference");
  EXPECT_EQ(volume_of(R"({"name": "cache", "namespace": "b"})", R"("spec": {})"), "");
  EXPECT_EQ(volume_of(R"({"name": "x", "namespace": "a"})", R"("spec": {})"), "");
  EXPECT_EQ(volume_of(R"({"namespace": "a"})", R"("spec": {})"), "");
}

TEST(BundleFacts, AWorkloadByItsNames) {
  const BundleFacts facts({user("Deployment", R"({"name": "w", "namespace": "a"})", "cache")});
  EXPECT_TRUE(facts.workload({"apps", "Deployment", "a", "w"}));
  EXPECT_FALSE(facts.workload({"apps", "Deployment", "b", "w"}));
  EXPECT_FALSE(facts.workload({"apps", "StatefulSet", "a", "w"}));
  EXPECT_FALSE(facts.workload({"", "Deployment", "a", "w"}));
}

TEST(BundleFacts, ALeaseOfTheControllerCountsAsOneThatIsRenewed) {
  const BundleFacts without(
      {object("coordination.k8s.io/v1", "Lease", R"({"name": "other", "namespace": "warmgate"})")});
  const BundleFacts with(
      {object("coordination.k8s.io/v1", "Lease", R"({"name": "warmgate-controller", "namespace": "warmgate"})")});
  EXPECT_FALSE(without.controller_active());
  EXPECT_TRUE(with.controller_active());
  EXPECT_TRUE(LayeredFacts(without, with).controller_active());
  EXPECT_TRUE(LayeredFacts(with, without).controller_active());
  EXPECT_FALSE(LayeredFacts(without, without).controller_active());
}

TEST(LayeredFacts, TheFirstIsBelievedWhereBothKnowAnObject) {
  const auto cache = [](const char* name, const char* where) {
    return object("warmgate.dev/v1alpha1", "ModelCache",
                  std::string(R"({"namespace": "a", "name": ")") + name + R"("})",
                  std::string(R"("spec": {"where": ")") + where + R"("})");
  };
  const BundleFacts first({claim(R"({"name": "both", "namespace": "a", "labels": {"in": "first"}})"),
                           user("Deployment", R"({"name": "w", "namespace": "a"})", "both"), cache("m", "first")});
  const BundleFacts second(
      {claim(R"({"name": "both", "namespace": "a", "labels": {"in": "second"}})"),
       claim(R"({"name": "only", "namespace": "b"})"),
       object("v1", "Pod", R"({"name": "w-7d9f-x", "namespace": "a", "labels": {"pod-template-hash": "7d9f"},
         "ownerReferences": [{"controller": true, "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "w-7d9f"}]})",
              R"("spec": {"volumes": [{"name": "c", "persistentVolumeClaim": {"claimName": "both"}}]})"),
       user("StatefulSet", R"({"name": "s", "namespace": "a"})", "both"), cache("m", "second"), cache("n", "second")},
      true);
  const LayeredFacts facts(first, second);
  EXPECT_EQ(facts.claim("a", "both")->labels().at("in"), "first");
  EXPECT_TRUE(facts.claim("b", "only"));
  EXPECT_TRUE(facts.has_claims("b"));
  EXPECT_THAT(names(facts.workloads_on_claim("a", "both")), ElementsAre("a/w", "a/s")) << "its Pod is the Deployment's";
  EXPECT_THAT(names(facts.model_caches("a")), ElementsAre("a/m", "a/n"));
  EXPECT_EQ(facts.model_caches("a")[0].root()["spec"]["where"].text(), "first");
  EXPECT_TRUE(facts.workload({"apps", "StatefulSet", "a", "s"}));
  EXPECT_TRUE(facts.complete());
  EXPECT_THAT(facts.doubts(), IsEmpty());
}

TEST(BundleFacts, CompletenessIsWhatTheCallerSays) {
  EXPECT_FALSE(BundleFacts({}).complete());
  EXPECT_TRUE(BundleFacts({}, true).complete());
}

}  // namespace
}  // namespace warmgate::kube
