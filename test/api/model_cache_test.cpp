#include "warmgate/api/model_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace warmgate::api {
namespace {

using document::Json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kCommit = "9216db5781bf21249d130ec9da846c4624c16137";

Json model_cache() {
  return Json{{"apiVersion", "warmgate.dev/v1alpha1"},
              {"kind", "ModelCache"},
              {"metadata", {{"name", "qwen3"}, {"namespace", "llm"}}},
              {"spec",
               {{"source", {{"huggingFace", {{"repo", "Qwen/Qwen3-32B"}, {"revision", kCommit}}}}},
                {"storage", {{"claimName", "model-cache"}}}}}};
}

kube::Object object(const Json& value) { return kube::Object(document::Document(value)); }

std::vector<std::string> error_pointers(const Json& value) {
  std::vector<std::string> out;
  for (const FieldError& error : validate_model_cache(object(value))) {
    out.push_back(error.pointer);
  }
  return out;
}

TEST(ModelCache, ACompleteOneIsRead) {
  Json value = model_cache();
  value["spec"]["mountPath"] = "/models//hf/";
  value["status"]["conditions"] =
      Json::parse(R"([{"type": "Other", "status": "True"}, {"type": "Ready", "status": "True"}])");
  EXPECT_THAT(error_pointers(value), IsEmpty());
  const std::optional<ModelCache> cache = read_model_cache(object(value));
  ASSERT_TRUE(cache);
  EXPECT_EQ(cache->ns, "llm");
  EXPECT_EQ(cache->name, "qwen3");
  EXPECT_EQ(cache->repo, "Qwen/Qwen3-32B");
  EXPECT_EQ(cache->revision, kCommit);
  EXPECT_EQ(cache->claim, "model-cache");
  EXPECT_EQ(cache->mount_path, "/models/hf");
  EXPECT_TRUE(cache->ready);
}

TEST(ModelCache, TheStatusTellsOfWhichClaimAndHowFarTheDownloadIs) {
  Json value = model_cache();
  value["metadata"]["deletionTimestamp"] = "2026-11-26T13:25:49Z";
  value["status"] =
      Json::parse(R"({"claimUID": "u-1", "bytes": {"done": 12, "total": 65527000000}, "remainingSeconds": 600})");
  const std::optional<ModelCache> cache = read_model_cache(object(value));
  ASSERT_TRUE(cache);
  EXPECT_EQ(cache->claim_uid, "u-1");
  EXPECT_EQ(cache->bytes_done, 12);
  EXPECT_EQ(cache->bytes_total, 65'527'000'000);
  EXPECT_EQ(cache->remaining_seconds, 600);
  EXPECT_TRUE(cache->deleting);
  EXPECT_EQ(cache->refs, std::nullopt);
  value["status"]["refs"] = false;
  EXPECT_EQ(read_model_cache(object(value))->refs, false);
}

TEST(ModelCache, ReadyCountsForTheClaimItSpeaksOfOnly) {
  struct Case {
    const char* cache_says;
    const char* claim_has;
    bool ready;
  };
  for (const Case& test :
       {Case{"u-1", "u-1", true}, Case{"u-1", "u-2", false}, Case{"", "u-2", true}, Case{"u-1", "", true}}) {
    Json value = model_cache();
    value["status"] = {
        {"claimUID", test.cache_says}, {"refs", true}, {"conditions", {{{"type", "Ready"}, {"status", "True"}}}}};
    const Json claim = {{"apiVersion", "v1"},
                        {"kind", "PersistentVolumeClaim"},
                        {"metadata", {{"name", "model-cache"}, {"namespace", "llm"}, {"uid", test.claim_has}}}};
    const kube::BundleFacts facts({object(value), object(claim)});
    ASSERT_EQ(model_caches(facts, "llm").size(), 1U);
    EXPECT_EQ(model_caches(facts, "llm")[0].ready, test.ready) << test.cache_says << " " << test.claim_has;
    EXPECT_EQ(model_caches(facts, "llm")[0].refs.has_value(), test.ready) << test.cache_says << " " << test.claim_has;
  }
}

TEST(ModelCache, DefaultsAreTheClaimOfItsNameTheUsualPathAndNotReady) {
  for (const char* storage : {R"({"create": {}})", R"({"create": {"size": "100Gi"}, "claimName": ""})",
                              R"({"create": {}, "claimName": null})"}) {
    Json value = model_cache();
    value["spec"]["storage"] = Json::parse(storage);
    const std::optional<ModelCache> cache = read_model_cache(object(value));
    ASSERT_TRUE(cache) << storage;
    EXPECT_EQ(cache->claim, "qwen3") << storage;
    EXPECT_EQ(cache->mount_path, "/cache/huggingface");
    EXPECT_FALSE(cache->ready);
  }
}

TEST(ModelCache, ReadyIsTheConditionBeingTrue) {
  for (const char* conditions :
       {R"([{"type": "Ready", "status": "False"}])", R"([{"type": "Ready", "status": true}])",
        R"([{"type": "ready", "status": "True"}])", R"({"type": "Ready", "status": "True"})", "[]", "7"}) {
    Json value = model_cache();
    value["status"]["conditions"] = Json::parse(conditions);
    EXPECT_FALSE(read_model_cache(object(value))->ready) << conditions;
  }
}

TEST(ModelCache, EachMistakeHasItsPlace) {
  struct Case {
    const char* patch;  // merged into the good one (RFC 7396)
    std::vector<std::string> pointers;
  };
  const std::string repo = "/spec/source/huggingFace/repo";
  const std::string revision = "/spec/source/huggingFace/revision";
  const std::vector<Case> cases = {
      {R"({"spec": {"source": {"huggingFace": {"repo": "gpt2"}}}})", {repo}},
      {R"({"spec": {"source": {"huggingFace": {"repo": "a/b/c"}}}})", {repo}},
      {R"({"spec": {"source": {"huggingFace": {"repo": 5}}}})", {repo}},
      {R"({"spec": {"source": {"huggingFace": {"revision": "main"}}}})", {revision}},
      {R"({"spec": {"source": {"huggingFace": {"revision": null}}}})", {revision}},
      {R"({"spec": {"source": null}})", {repo, revision}},
      {R"({"spec": {"storage": null}})", {"/spec/storage"}},
      {R"({"spec": {"storage": {"create": {}}}})", {"/spec/storage"}},
      {R"({"spec": {"storage": {"claimName": 5}}})", {"/spec/storage"}},
      {R"({"spec": {"storage": {"claimName": null, "create": true}}})", {"/spec/storage"}},
      {R"({"spec": {"mountPath": "cache"}})", {"/spec/mountPath"}},
      {R"({"spec": {"mountPath": ""}})", {"/spec/mountPath"}},
      {R"({"spec": {"mountPath": 5}})", {"/spec/mountPath"}},
      {R"({"spec": 5})", {repo, revision, "/spec/storage"}},
  };
  for (const Case& test : cases) {
    Json value = model_cache();
    value.merge_patch(Json::parse(test.patch));
    EXPECT_EQ(error_pointers(value), test.pointers) << test.patch;
    EXPECT_FALSE(read_model_cache(object(value))) << test.patch;
  }
}

TEST(ModelCache, AMissingCommitTellsHowToGetOne) {
  Json value = model_cache();
  value["spec"]["source"]["huggingFace"]["revision"] = "main";
  const std::vector<FieldError> errors = validate_model_cache(object(value));
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].message, "a ModelCache needs the revision as a full commit SHA (40 hex digits)");
  EXPECT_EQ(errors[0].help, "get it with: git ls-remote https://huggingface.co/Qwen/Qwen3-32B HEAD");
}

TEST(ModelCache, OtherKindsAreNotRead) {
  Json value = model_cache();
  value["apiVersion"] = "example.com/v1";
  EXPECT_FALSE(read_model_cache(object(value)));
  value["apiVersion"] = "warmgate.dev/v1alpha1";
  value["kind"] = "CachePolicy";
  EXPECT_FALSE(read_model_cache(object(value)));
}

TEST(ModelCache, OfANamespaceTheBrokenOnesAreLeftOut) {
  Json broken = model_cache();
  broken["metadata"]["name"] = "broken";
  broken["spec"]["source"]["huggingFace"]["revision"] = "main";
  Json elsewhere = model_cache();
  elsewhere["metadata"] = {{"name", "elsewhere"}, {"namespace", "other"}};
  const kube::BundleFacts facts({object(broken), object(model_cache()), object(elsewhere)});
  std::vector<std::string> names;
  for (const ModelCache& cache : model_caches(facts, "llm")) {
    names.push_back(cache.name);
  }
  EXPECT_THAT(names, ElementsAre("qwen3"));
}

}  // namespace
}  // namespace warmgate::api
