#include "warmgate/api/model_cache_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "support/paths.h"

namespace warmgate::api {
namespace {

using document::Json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kCommit = "9216db5781bf21249d130ec9da846c4624c16137";

// A ModelCache whose spec has `patch` merged in (RFC 7396).
kube::Object model_cache(const std::string& patch = "{}") {
  Json value = {{"apiVersion", "warmgate.dev/v1alpha1"},
                {"kind", "ModelCache"},
                {"metadata", {{"name", "qwen3"}, {"namespace", "llm"}}},
                {"spec",
                 {{"source", {{"huggingFace", {{"repo", "Qwen/Qwen3-32B"}, {"revision", kCommit}}}}},
                  {"storage", {{"claimName", "model-cache"}}}}}};
  value["spec"].merge_patch(Json::parse(patch));
  return kube::Object(document::Document(value));
}

std::vector<std::string> error_pointers(const kube::Object& object) {
  std::vector<std::string> out;
  for (const FieldError& error : validate_model_cache(object)) {
    out.push_back(error.pointer);
  }
  return out;
}

TEST(ModelCacheSpec, WhatIsNotGivenHasItsDefault) {
  const std::optional<ModelCacheSpec> spec = read_model_cache_spec(model_cache());
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->cache.name, "qwen3");
  EXPECT_EQ(spec->endpoint, "");
  EXPECT_THAT(spec->allow_patterns, IsEmpty());
  EXPECT_THAT(spec->ignore_patterns, IsEmpty());
  EXPECT_FALSE(spec->token);
  EXPECT_FALSE(spec->create);
  EXPECT_EQ(spec->download.image, "");
  EXPECT_FALSE(spec->download.high_performance);
  EXPECT_FALSE(spec->download.backoff_limit);
  EXPECT_FALSE(spec->download.run_as_user);
  EXPECT_EQ(spec->download.resources, nullptr);
  EXPECT_EQ(spec->download.env, nullptr);
  EXPECT_TRUE(spec->verify);
  EXPECT_FALSE(spec->delete_files);
  EXPECT_FALSE(spec->suspend);
}

TEST(ModelCacheSpec, EveryFieldIsRead) {
  const kube::Object object = model_cache(R"({
    "source": {"huggingFace": {"endpoint": "https://mirror.corp:8443/hub", "allowPatterns": ["*.json", "a b/*"],
                               "ignorePatterns": ["original/*"], "tokenSecretRef": {"name": "hf", "key": "HF_TOKEN"}}},
    "storage": {"claimName": null, "create": {"storageClassName": "standard-rwx", "size": "1Ti",
                                              "accessModes": ["ReadWriteOnce"]}},
    "download": {"image": "corp/hf:1", "highPerformance": true, "backoffLimit": 0, "activeDeadlineSeconds": 60,
                 "maxWorkers": 4, "runAsUser": 1000, "fsGroup": 2000, "resources": {"limits": {"cpu": 8, "memory": "16Gi"}},
                 "nodeSelector": {"pool": "cpu"}, "tolerations": [{"operator": "Exists"}],
                 "affinity": {"nodeAffinity": {}}, "imagePullSecrets": [{"name": "pull"}],
                 "env": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}]},
    "verify": false, "reclaimPolicy": "Delete", "suspend": true})");
  EXPECT_THAT(error_pointers(object), IsEmpty());
  const std::optional<ModelCacheSpec> spec = read_model_cache_spec(object);
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->endpoint, "https://mirror.corp:8443/hub");
  EXPECT_THAT(spec->allow_patterns, ElementsAre("*.json", "a b/*"));
  EXPECT_THAT(spec->ignore_patterns, ElementsAre("original/*"));
  EXPECT_EQ(spec->token->name, "hf");
  EXPECT_EQ(spec->token->key, "HF_TOKEN");
  EXPECT_EQ(spec->cache.claim, "qwen3");
  EXPECT_EQ(spec->create->storage_class, "standard-rwx");
  EXPECT_EQ(spec->create->bytes, std::int64_t{1} << 40);
  EXPECT_THAT(spec->create->access_modes, ElementsAre("ReadWriteOnce"));
  EXPECT_EQ(spec->download.image, "corp/hf:1");
  EXPECT_EQ(spec->download.high_performance, true);
  EXPECT_EQ(spec->download.backoff_limit, 0);
  EXPECT_EQ(spec->download.active_deadline_seconds, 60);
  EXPECT_EQ(spec->download.max_workers, 4);
  EXPECT_EQ(spec->download.run_as_user, 1000);
  EXPECT_EQ(spec->download.fs_group, 2000);
  EXPECT_EQ(*spec->download.resources, Json::parse(R"({"limits": {"cpu": 8, "memory": "16Gi"}})"));
  EXPECT_EQ(*spec->download.node_selector, Json::parse(R"({"pool": "cpu"})"));
  EXPECT_EQ(*spec->download.tolerations, Json::parse(R"([{"operator": "Exists"}])"));
  EXPECT_EQ(*spec->download.affinity, Json::parse(R"({"nodeAffinity": {}})"));
  EXPECT_EQ(*spec->download.image_pull_secrets, Json::parse(R"([{"name": "pull"}])"));
  EXPECT_EQ(*spec->download.env, Json::parse(R"([{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}])"));
  EXPECT_FALSE(spec->verify);
  EXPECT_TRUE(spec->delete_files);
  EXPECT_TRUE(spec->suspend);
}

TEST(ModelCacheSpec, WhatItOwnsOutlivesTheObject) {
  std::optional<ModelCacheSpec> spec;
  {
    const kube::Object object = model_cache(R"({"download": {"nodeSelector": {"pool": "cpu"}}})");
    spec = read_model_cache_spec(object);
  }
  EXPECT_EQ(*spec->download.node_selector, Json::parse(R"({"pool": "cpu"})"));
}

TEST(ModelCacheSpec, ANewClaimIsSharedUnlessSaidOtherwise) {
  const std::optional<ModelCacheSpec> spec =
      read_model_cache_spec(model_cache(R"({"storage": {"claimName": null, "create": {"size": 5}}})"));
  ASSERT_TRUE(spec && spec->create);
  EXPECT_FALSE(spec->create->storage_class);
  EXPECT_EQ(spec->create->bytes, 5);
  EXPECT_THAT(spec->create->access_modes, ElementsAre("ReadWriteMany"));
}

TEST(ModelCacheSpec, EachMistakeHasItsPlace) {
  struct Case {
    const char* patch;
    std::vector<std::string> pointers;
  };
  const std::string source = "/spec/source/huggingFace/";
  const std::string create = "/spec/storage/create/";
  const std::string download = "/spec/download/";
  const std::vector<Case> cases = {
      {R"({"source": {"huggingFace": {"endpoint": "ftp://mirror"}}})", {source + "endpoint"}},
      {R"({"source": {"huggingFace": {"endpoint": "https://user:password@mirror"}}})", {source + "endpoint"}},
      {R"({"source": {"huggingFace": {"endpoint": "https://mirror/?token=1"}}})", {source + "endpoint"}},
      {R"({"source": {"huggingFace": {"endpoint": "https://"}}})", {source + "endpoint"}},
      {R"({"source": {"huggingFace": {"endpoint": "https:///hub"}}})", {source + "endpoint"}},
      {R"({"source": {"huggingFace": {"endpoint": 5}}})", {source + "endpoint"}},
      {R"({"source": {"huggingFace": {"allowPatterns": "*.json"}}})", {source + "allowPatterns"}},
      {R"({"source": {"huggingFace": {"allowPatterns": ["*", "", 5]}}})",
       {source + "allowPatterns/1", source + "allowPatterns/2"}},
      {R"({"source": {"huggingFace": {"ignorePatterns": ["a\nb"]}}})", {source + "ignorePatterns/0"}},
      {R"({"source": {"huggingFace": {"tokenSecretRef": {"name": "hf"}}}})", {source + "tokenSecretRef/key"}},
      {R"({"source": {"huggingFace": {"tokenSecretRef": {"name": "", "key": 5}}}})",
       {source + "tokenSecretRef/name", source + "tokenSecretRef/key"}},
      {R"({"source": {"huggingFace": {"tokenSecretRef": "hf"}}})", {source + "tokenSecretRef"}},
      {R"({"storage": {"claimName": null, "create": {"size": "big", "storageClassName": 5}}})",
       {create + "storageClassName", create + "size"}},
      {R"({"storage": {"claimName": null, "create": {"size": "0"}}})", {create + "size"}},
      {R"({"storage": {"claimName": null, "create": {"accessModes": ["RWX"]}}})", {create + "accessModes/0"}},
      {R"({"mountPath": "/"})", {"/spec/mountPath"}},
      {R"({"mountPath": "/a/.."})", {"/spec/mountPath"}},
      {R"({"mountPath": "/a:b"})", {"/spec/mountPath"}},
      {R"({"mountPath": "/a/./b"})", {"/spec/mountPath"}},
      {R"({"download": 5})", {"/spec/download"}},
      {R"({"download": {"image": "", "highPerformance": "yes"}})", {download + "image", download + "highPerformance"}},
      {R"({"download": {"backoffLimit": -1, "activeDeadlineSeconds": 0, "maxWorkers": 0}})",
       {download + "backoffLimit", download + "activeDeadlineSeconds", download + "maxWorkers"}},
      {R"({"download": {"backoffLimit": 101, "activeDeadlineSeconds": 31622401, "maxWorkers": 1.5}})",
       {download + "backoffLimit", download + "activeDeadlineSeconds", download + "maxWorkers"}},
      {R"({"download": {"runAsUser": -1, "fsGroup": 2147483648}})", {download + "runAsUser", download + "fsGroup"}},
      {R"({"download": {"resources": {"limits": {"nvidia.com/gpu": 1, "memory": "8 Gi", "cpu": -1}}}})",
       {download + "resources/limits/cpu", download + "resources/limits/memory",
        download + "resources/limits/nvidia.com~1gpu"}},
      {R"({"download": {"nodeSelector": {"pool": 5}, "tolerations": [5], "affinity": []}})",
       {download + "nodeSelector/pool", download + "tolerations/0", download + "affinity"}},
      {R"({"download": {"tolerations": [{"operator": "In"}, {"effect": "Never"}, {"key": "a"}]}})",
       {download + "tolerations/0/operator", download + "tolerations/1/effect"}},
      {R"({"download": {"imagePullSecrets": [{"name": ""}, {}]}})",
       {download + "imagePullSecrets/0/name", download + "imagePullSecrets/1/name"}},
      {R"({"download": {"env": [{"name": "HF_HOME", "value": "/x"}, {"name": "WARMGATE_X"}, {"name": "a=b"}]}})",
       {download + "env/0/name", download + "env/1/name", download + "env/2/name"}},
      {R"({"download": {"env": [{"name": "A", "value": 5}, {"name": "B", "valueFrom": 5}]}})",
       {download + "env/0/value", download + "env/1/valueFrom"}},
      {R"({"verify": "yes", "reclaimPolicy": "Recycle", "suspend": 1})",
       {"/spec/reclaimPolicy", "/spec/verify", "/spec/suspend"}},
  };
  for (const Case& test : cases) {
    const kube::Object object = model_cache(test.patch);
    EXPECT_EQ(error_pointers(object), test.pointers) << test.patch;
    EXPECT_FALSE(read_model_cache_spec(object)) << test.patch;
  }
}

TEST(ModelCacheSpec, VariablesOfTheDownloadAreRefusedAsTheCrdRefusesThem) {
  std::ifstream file(testing::source_dir() + "/deploy/webhook/base/crds/modelcaches.yaml");
  const std::string crd{std::istreambuf_iterator<char>(file), {}};
  const std::size_t begin = crd.find("variable.name in [");
  ASSERT_NE(begin, std::string::npos);
  const std::string names = crd.substr(begin, crd.find(']', begin) - begin);
  int count = 0;
  for (std::size_t at = names.find('\''); at != std::string::npos; ++count) {
    const std::size_t end = names.find('\'', at + 1);
    const std::string name = names.substr(at + 1, end - at - 1);
    const Json patch = {{"download", {{"env", {{{"name", name}}}}}}};
    EXPECT_THAT(error_pointers(model_cache(patch.dump())), ElementsAre("/spec/download/env/0/name")) << name;
    at = names.find('\'', end + 1);
  }
  EXPECT_EQ(count, 16);
}

TEST(ModelCacheSpec, ListsAreBounded) {
  Json patch;
  patch["source"]["huggingFace"]["allowPatterns"] = Json(std::vector<std::string>(65, "*"));
  patch["download"]["tolerations"] = Json(std::vector<Json>(65, Json::object()));
  EXPECT_THAT(error_pointers(model_cache(patch.dump())),
              ElementsAre("/spec/source/huggingFace/allowPatterns", "/spec/download/tolerations"));
}

TEST(ModelCacheSpec, AMistakeTellsWhatToWrite) {
  const std::vector<FieldError> errors = validate_model_cache(model_cache(
      R"({"download": {"env": [{"name": "HF_TOKEN", "value": "x"}], "resources": {"limits": {"a/b": "1"}}}})"));
  ASSERT_EQ(errors.size(), 2U);
  EXPECT_EQ(errors[0].message, "/spec/download/resources/limits/a~1b has no place in a download");
  EXPECT_EQ(errors[0].help, "it takes cpu, memory and ephemeral-storage, no devices");
  EXPECT_EQ(errors[1].message, "/spec/download/env/0/name is HF_TOKEN, which the download sets itself");
}

TEST(CreatedName, IsADnsLabelOfTheRepositoryAndTheCommit) {
  EXPECT_EQ(created_name("Qwen/Qwen3-32B", kCommit),
            "qwen-qwen3-32b-9216db57-" + short_hash("Qwen/Qwen3-32B@" + kCommit).substr(0, 8));
  const std::vector<std::string> repos = {"Qwen/Qwen3-32B",
                                          "a/b",
                                          "_a_/_b_",
                                          "org/a.b",
                                          "org/a-b",
                                          "org/a_b",
                                          "0/1",
                                          "\xc3\xa9/\xc3\xa9",
                                          std::string(96, 'o') + "/" + std::string(96, 'n'),
                                          "org/" + std::string(29, 'x') + ".y.z"};
  std::set<std::string> names;
  for (const std::string& repo : repos) {
    const std::string name = created_name(repo, kCommit);
    EXPECT_LE(name.size(), 52U) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string::npos) << name;
    EXPECT_NE(name.front(), '-') << name;
    EXPECT_NE(name.back(), '-') << name;
    names.insert(name);
  }
  EXPECT_EQ(names.size(), repos.size());
  EXPECT_NE(created_name("a/b", kCommit), created_name("a/b", "9216db5781bf21249d130ec9da846c4624c16138"));
}

TEST(ShortHash, IsFnv1a) {
  EXPECT_EQ(short_hash(""), "cbf29ce484222325");
  EXPECT_EQ(short_hash("foobar"), "85944171f73967e8");
}

TEST(UsedSecrets, AreThoseOfTokenImageAndVariables) {
  EXPECT_THAT(used_secrets(*read_model_cache_spec(model_cache())), IsEmpty());
  EXPECT_THAT(used_secrets(*read_model_cache_spec(model_cache(R"({
                "source": {"huggingFace": {"tokenSecretRef": {"name": "hf", "key": "HF_TOKEN"}}},
                "download": {"imagePullSecrets": [{"name": "pull"}, {"name": "hf"}],
                             "env": [{"name": "A", "value": "x"},
                                     {"name": "B", "valueFrom": {"secretKeyRef": {"name": "proxy", "key": "url"}}},
                                     {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "none", "key": "k"}}}]}})"))),
              ElementsAre("hf", "proxy", "pull"));
}

}  // namespace
}  // namespace warmgate::api
