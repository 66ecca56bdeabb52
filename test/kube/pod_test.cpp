#include "warmgate/kube/pod.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "kube/objects.h"

namespace warmgate::kube {
namespace {

using ::testing::ElementsAre;

TEST(NormalizePath, TableOfPaths) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"", "/"},
      {"/", "/"},
      {"//", "/"},
      {"/a", "/a"},
      {"/a/", "/a"},
      {"/a//b", "/a/b"},
      {"/a/./b/.", "/a/b"},
      {"/a/../b", "/b"},
      {"/../../a", "/a"},
      {"/a/..", "/"},
      {"a/b", "/a/b"},
      {"..", "/"},
      {"/a/...", "/a/..."},
      {"/a//b/../c/", "/a/c"},
  };
  for (const auto& [path, expected] : cases) {
    EXPECT_EQ(normalize_path(path), expected) << path;
    EXPECT_EQ(normalize_path(expected), expected) << path;
  }
}

TEST(PathWithin, AParentIsNoPrefixOfASiblingsName) {
  EXPECT_TRUE(path_within("/cache", "/cache"));
  EXPECT_TRUE(path_within("/cache/hub", "/cache"));
  EXPECT_FALSE(path_within("/cache2", "/cache"));
  EXPECT_FALSE(path_within("/", "/cache"));
  EXPECT_TRUE(path_within("/cache", "/"));
  EXPECT_TRUE(path_within("/", "/"));
  EXPECT_EQ(relative_path("/cache", "/cache"), "");
  EXPECT_EQ(relative_path("/cache/a/b", "/cache"), "a/b");
  EXPECT_EQ(relative_path("/a/b", "/"), "a/b");
  EXPECT_EQ(relative_path("/", "/"), "");
}

TEST(MountHolding, TheLongestParentWinsAndOfEqualsTheLast) {
  const OwnedContainer container(R"({"volumeMounts": [
    {"name": "root", "mountPath": "/cache"},
    {"name": "deep", "mountPath": "/cache/huggingface/hub/"},
    {"name": "middle", "mountPath": "/cache//huggingface"},
    {"name": "first", "mountPath": "/twice"},
    {"name": "last", "mountPath": "/twice/"},
    {"name": "relative", "mountPath": "data"},
    {"name": "nowhere"}
  ]})");
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"/cache", "root"},
      {"/cache/other", "root"},
      {"/cache/huggingface", "middle"},
      {"/cache/huggingface2", "root"},
      {"/cache/huggingface/hub", "deep"},
      {"/cache/huggingface/hub/models--a--b", "deep"},
      {"/cache/huggingface/hub/../modules", "middle"},
      {"/cache/huggingface/", "middle"},
      {"/twice/x", "last"},
      {"/data/x", "relative"},
      {"/", ""},
      {"/cach", ""},
      {"cache", ""},
      {"", ""},
  };
  const MountsByPath mounts(container.view());
  for (const auto& [path, volume] : cases) {
    const Mount* mount = mounts.holding(path);
    EXPECT_EQ(mount != nullptr ? mount->volume : "", volume) << path;
  }
}

TEST(Mounts, SubPathsAreNormalizedAndExpressionsWithVariablesUnknown) {
  const OwnedContainer container(R"({"volumeMounts": [
    {"name": "a", "mountPath": "/a", "subPath": "./hub//x/", "readOnly": true},
    {"name": "b", "mountPath": "/b", "subPathExpr": "$(POD_NAME)/x"},
    {"name": "c", "mountPath": "/c", "subPathExpr": "fixed/"},
    {"name": "d", "mountPath": "/d", "subPath": "."}
  ]})");
  const std::vector<Mount> all = mounts(container.view());
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].sub_path, "hub/x");
  EXPECT_TRUE(all[0].sub_path_known);
  EXPECT_TRUE(all[0].read_only);
  EXPECT_EQ(all[1].sub_path, "$(POD_NAME)/x");
  EXPECT_FALSE(all[1].sub_path_known);
  EXPECT_FALSE(all[1].read_only);
  EXPECT_EQ(all[2].sub_path, "fixed");
  EXPECT_TRUE(all[2].sub_path_known);
  EXPECT_EQ(all[3].sub_path, "");
  EXPECT_EQ(all[1].view.pointer(), "/volumeMounts/1");
}

TEST(Containers, InitContainersComeFirstAndEphemeralOnesLast) {
  const document::Json spec = json(R"({
    "containers": [{"name": "main", "image": "vllm"}, "junk"], "initContainers": [{"name": "init"}],
    "ephemeralContainers": [{"name": "debug"}]})");
  std::vector<std::string> names;
  for (const Container& container : containers(View(spec, "/spec"))) {
    names.push_back(container.name() + " " + container.view.pointer());
  }
  EXPECT_THAT(names, ElementsAre("init /spec/initContainers/0", "main /spec/containers/0",
                                 "debug /spec/ephemeralContainers/0"));
  const ContainersByName by_name(View(spec, "/spec"));
  EXPECT_EQ(by_name.find("init")->kind, ContainerKind::kInit);
  EXPECT_EQ(by_name.find("main")->image(), "vllm");
  EXPECT_EQ(by_name.find("none"), nullptr);
  EXPECT_TRUE(containers(View()).empty());
}

TEST(Volumes, TableOfTypes) {
  const std::vector<std::pair<const char*, VolumeType>> cases = {
      {R"({"name": "v", "persistentVolumeClaim": {"claimName": "c"}})", VolumeType::kClaim},
      {R"({"name": "v", "emptyDir": {}})", VolumeType::kEmptyDir},
      {R"({"name": "v", "emptyDir": null})", VolumeType::kEmptyDir},
      {R"({"name": "v"})", VolumeType::kEmptyDir},
      {R"({"name": "v", "hostPath": {"path": "/x"}})", VolumeType::kHostPath},
      {R"({"name": "v", "csi": {"driver": "d"}})", VolumeType::kCsi},
      {R"({"name": "v", "nfs": {"server": "s"}})", VolumeType::kOther},
      {R"({"name": "v", "ephemeral": {}})", VolumeType::kOther},
  };
  for (const auto& [volume, type] : cases) {
    const document::Json spec = json(std::string(R"({"volumes": [)") + volume + "]}");
    const PodTemplate pod{View(), View(spec), View()};
    ASSERT_EQ(volumes(pod).size(), 1U);
    EXPECT_EQ(volumes(pod)[0].type, type) << volume;
  }
}

TEST(Volumes, AClaimTemplateWinsOverAVolumeOfItsName) {
  const document::Json spec = json(R"({"volumes": [
    {"name": "cache", "persistentVolumeClaim": {"claimName": "shared", "readOnly": true}},
    {"name": "data", "persistentVolumeClaim": {"claimName": "data-claim", "readOnly": true}}]})");
  const document::Json templates = json(R"([{"metadata": {"name": "cache"}}])");
  const PodTemplate pod{View(), View(spec), View(templates, "/spec/volumeClaimTemplates")};
  EXPECT_EQ(volumes(pod).size(), 2U);
  const VolumesByName by_name(pod);
  const Volume* cache = by_name.find("cache");
  ASSERT_NE(cache, nullptr);
  EXPECT_EQ(cache->type, VolumeType::kClaimTemplate);
  EXPECT_EQ(cache->claim, "cache");
  EXPECT_FALSE(cache->read_only);
  EXPECT_EQ(cache->view.pointer(), "/spec/volumeClaimTemplates/0");
  const Volume* data = by_name.find("data");
  ASSERT_NE(data, nullptr);
  EXPECT_EQ(data->claim, "data-claim");
  EXPECT_TRUE(data->read_only);
  EXPECT_EQ(by_name.find("none"), nullptr);
}

TEST(ResourceAmounts, LimitsWinAndNumbersCountLikeStrings) {
  const OwnedContainer container(R"({"resources": {
    "requests": {"cpu": 0.5, "memory": "8Gi", "nvidia.com/gpu": 1, "junk": {}},
    "limits": {"memory": "16Gi", "nvidia.com/gpu": 2, "flag": true}}})");
  EXPECT_EQ(resource_amounts(container.view()),
            (std::map<std::string, std::string>{{"cpu", "0.5"}, {"memory", "16Gi"}, {"nvidia.com/gpu", "2"}}));
}

}  // namespace
}  // namespace warmgate::kube
