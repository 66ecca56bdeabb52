#include "warmgate/kube/object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "kube/objects.h"
#include "warmgate/kube/secrets.h"
#include "warmgate/kube/storage.h"

namespace warmgate::kube {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Object, TheKeyComesFromTypeAndMetadata) {
  const Object deployment = object("apps/v1", "Deployment", R"({"name": "vllm", "namespace": "a"})");
  EXPECT_EQ(deployment.key(), (ObjectKey{"apps", "Deployment", "a", "vllm"}));
  EXPECT_EQ(deployment.api_version(), "apps/v1");
  EXPECT_TRUE(deployment.has_type());
  EXPECT_EQ(Object(deployment.document(), "b").key().ns, "b");
}

TEST(Object, AnythingElseHasNoType) {
  for (const char* text :
       {"null", "7", "[]", "{}", R"({"kind": "Pod"})", R"({"apiVersion": "v1"})", R"({"apiVersion": 1, "kind": "Pod"})",
        R"({"apiVersion": "v1", "kind": {}, "metadata": 5})"}) {
    EXPECT_FALSE(object(text).has_type()) << text;
  }
}

TEST(Object, GroupOfAnApiVersion) {
  EXPECT_EQ(group_of("v1"), "");
  EXPECT_EQ(group_of("apps/v1"), "apps");
  EXPECT_EQ(group_of("storage.k8s.io/v1"), "storage.k8s.io");
  EXPECT_EQ(group_of(""), "");
}

TEST(Object, NamesForPeople) {
  EXPECT_EQ(object("v1", "Pod", R"({"name": "a"})").display_name(), "Pod/a");
  EXPECT_EQ(object("v1", "Pod", R"({"generateName": "a-"})").display_name(), "Pod/a-*");
  EXPECT_EQ(object("v1", "Pod", R"({"name": 5})").display_name(), "Pod/<unnamed>");
}

TEST(Object, TheControllerIsTheOwnerThatSaysSo) {
  const Object pod = object("v1", "Pod", R"({"ownerReferences": [
    {"apiVersion": "v1", "kind": "Node", "name": "n"},
    {"apiVersion": "v1", "kind": "Node", "name": "n", "controller": "true"},
    {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "controller": true}]})");
  EXPECT_EQ(pod.controller(), (ControllerRef{"apps", "ReplicaSet", "r"}));
  EXPECT_FALSE(object("v1", "Pod", R"({"ownerReferences": {"controller": true}})").controller());
}

TEST(SameNamespace, AnUnnamedOneMayBeAny) {
  EXPECT_TRUE(same_namespace("a", "a"));
  EXPECT_FALSE(same_namespace("a", "b"));
  EXPECT_TRUE(same_namespace("", "b"));
  EXPECT_TRUE(same_namespace("a", ""));
}

TEST(AccessModes, OnlyTheLongNamesAreKnown) {
  EXPECT_EQ(parse_access_mode("ReadWriteOnce"), AccessMode::kReadWriteOnce);
  EXPECT_EQ(parse_access_mode("ReadOnlyMany"), AccessMode::kReadOnlyMany);
  EXPECT_EQ(parse_access_mode("ReadWriteMany"), AccessMode::kReadWriteMany);
  EXPECT_EQ(parse_access_mode("ReadWriteOncePod"), AccessMode::kReadWriteOncePod);
  for (const char* text : {"", "RWX", "readwritemany", "ReadWriteMany "}) {
    EXPECT_EQ(parse_access_mode(text), std::nullopt) << text;
  }
}

TEST(AccessModes, ABoundClaimHasWhatItGot) {
  const auto claim = [](const char* rest) { return object("v1", "PersistentVolumeClaim", "{}", rest); };
  const std::vector<std::pair<const char*, bool>> cases = {
      {R"("spec": {"accessModes": ["ReadWriteMany"]})", true},
      {R"("spec": {"accessModes": ["ReadOnlyMany"]})", true},
      {R"("spec": {"accessModes": ["ReadWriteOnce"]})", false},
      {R"("spec": {"accessModes": ["ReadWriteOncePod"]})", false},
      {R"("spec": {"accessModes": ["ReadWriteOnce", "ReadWriteMany"]})", true},
      {R"("spec": {"accessModes": ["RWX"]})", false},
      {R"("spec": {})", false},
      {R"("spec": {"accessModes": ["ReadWriteMany"]}, "status": {"accessModes": ["ReadWriteOnce"]})", false},
      {R"("spec": {"accessModes": ["ReadWriteMany"]}, "status": {"accessModes": []})", true},
      {R"("spec": {"accessModes": ["ReadWriteOnce"]}, "status": {"accessModes": ["ReadWriteOnce", "ReadWriteMany"]})",
       true},
  };
  for (const auto& [rest, shares] : cases) {
    EXPECT_EQ(shares_across_nodes(access_modes(claim(rest))), shares) << rest;
  }
}

TEST(AccessModes, OfAVolumeCountForAClaimWithoutStatus) {
  const Object volume = object("v1", "PersistentVolume", "{}", R"("spec": {"accessModes": ["ReadWriteMany"]})");
  const Object claim = object("v1", "PersistentVolumeClaim", "{}", R"("spec": {"accessModes": ["ReadWriteOnce"]})");
  EXPECT_THAT(access_modes(claim, volume), ElementsAre(AccessMode::kReadWriteMany));
  const Object bound =
      object("v1", "PersistentVolumeClaim", "{}", R"("spec": {}, "status": {"accessModes": ["ReadOnlyMany"]})");
  EXPECT_THAT(access_modes(bound, volume), ElementsAre(AccessMode::kReadOnlyMany));
  const Object silent = object("v1", "PersistentVolume", "{}");
  EXPECT_THAT(access_modes(claim, silent), ElementsAre(AccessMode::kReadWriteOnce));
}

TEST(SecretValues, DataAsWrittenAndDecoded) {
  const Object secret = object(
      "v1", "Secret", "{}",
      R"("stringData": {"a": "plain"}, "data": {"b": "aGZfc2VjcmV0", "c": "aGZf\nc2Vj\r\ncmV0\n", "d": "not base64"})");
  EXPECT_THAT(secret_values(secret),
              ElementsAre("plain", "aGZfc2VjcmV0", "hf_secret", "aGZf\nc2Vj\r\ncmV0\n", "hf_secret", "not base64"));
  EXPECT_THAT(secret_values(object("v1", "ConfigMap", "{}", R"("data": {"a": "plain"})")), IsEmpty());
}

TEST(SecretValues, LiteralTokenVariablesOfEveryContainer) {
  const Object job = object("batch/v1", "Job", "{}", R"j("spec": {"template": {"spec": {
    "initContainers": [{"env": [{"name": "HF_TOKEN", "value": "in-init"}]}],
    "containers": [{"env": [
      {"name": "HUGGING_FACE_HUB_TOKEN", "value": "in-main"}, {"name": "HF_TOKEN", "value": "$(OTHER)"},
      {"name": "HF_HOME", "value": "/cache"}]}]}}})j");
  EXPECT_THAT(secret_values(job), ::testing::UnorderedElementsAre("in-init", "in-main"));
}

}  // namespace
}  // namespace warmgate::kube
