// ModelCaches as `cache create` and `cache adopt` write them.
#include "../../src/cli/cache_manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "../../src/cli/cache_adoption.h"
#include "support/paths.h"
#include "support/world.h"

namespace warmgate::testing {
namespace {

using cli::Adoption;
using cli::CacheManifest;
using cli::PinnedModel;
using document::Json;
using ::testing::HasSubstr;

const PinnedModel kModel{"Qwen/Qwen3-32B", kCommit};

TEST(PinnedModel, IsARepositoryAtAFullCommit) {
  EXPECT_EQ(*cli::parse_pinned_model("Qwen/Qwen3-32B@" + kCommit), kModel);
  const std::string how = "git ls-remote https://huggingface.co/Qwen/Qwen3-32B HEAD";
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"Qwen/Qwen3-32B",
       "Qwen/Qwen3-32B needs a commit, or the cache would hold another model tomorrow; give all 40 "
       "digits of a commit: " +
           how},
      {"Qwen/Qwen3-32B@main",
       "\"main\" pins nothing: it is the branch main, which moves; give all 40 digits of a commit: " + how},
      {"Qwen/Qwen3-32B@9216db57",
       "\"9216db57\" pins nothing: it is a short SHA, which huggingface_hub does not take for "
       "a commit; give all 40 digits of a commit: " +
           how},
      {"Qwen3-32B@" + kCommit,
       "\"Qwen3-32B@" + kCommit + "\" must be org/name@<commit>, for example Qwen/Qwen3-32B@<commit>"},
      {"", "\"\" must be org/name@<commit>, for example Qwen/Qwen3-32B@<commit>"},
  };
  for (const auto& [text, message] : wrong) {
    EXPECT_EQ(cli::parse_pinned_model(text).error().message, message);
  }
}

TEST(ParseSecret, ANameAndPerhapsAKey) {
  EXPECT_EQ(cli::parse_secret("hf")->name + ":" + cli::parse_secret("hf")->key, "hf:HF_TOKEN");
  EXPECT_EQ(cli::parse_secret("hf:token")->name + ":" + cli::parse_secret("hf:token")->key, "hf:token");
  for (const char* wrong : {"", ":", "hf:", ":key"}) {
    EXPECT_FALSE(cli::parse_secret(wrong).ok()) << wrong;
  }
}

TEST(CacheManifest, IsYamlThatReadsBackAsTheObject) {
  CacheManifest manifest;
  manifest.model = kModel;
  manifest.name = "123";
  manifest.ns = "llm";
  manifest.storage_class = "fast";
  manifest.size = "200Gi";
  manifest.mount_path = "/models";
  manifest.token = {"hf", "token"};
  manifest.run_as_user = 1000;
  manifest.fs_group = 2000;
  const Json object = cli::to_model_cache(manifest).value();
  const Json spec = {
      {"source",
       {{"huggingFace",
         {{"repo", "Qwen/Qwen3-32B"}, {"revision", kCommit}, {"tokenSecretRef", {{"name", "hf"}, {"key", "token"}}}}}}},
      {"storage", {{"create", {{"accessModes", {"ReadWriteMany"}}, {"storageClassName", "fast"}, {"size", "200Gi"}}}}},
      {"mountPath", "/models"},
      {"download", {{"runAsUser", 1000}, {"fsGroup", 2000}}}};
  EXPECT_EQ(object["spec"], spec);
  EXPECT_EQ(object["metadata"], Json({{"name", "123"}, {"namespace", "llm"}}));
  EXPECT_EQ(testing::object(cli::manifest_text(object)).document().value(), object);
}

TEST(CacheManifest, SaysWhatItsFieldsMean) {
  CacheManifest manifest;
  manifest.model = kModel;
  manifest.claim = "model-cache";
  EXPECT_EQ(cli::manifest_text(cli::to_model_cache(manifest).value()),
            "apiVersion: warmgate.dev/v1alpha1\nkind: ModelCache\nmetadata:\n  name: " +
                api::created_name(kModel.repo, kModel.revision) +
                "\nspec:\n"
                "  # Cannot be changed: an upgrade is a second ModelCache, which may be on the same claim.\n"
                "  source:\n    huggingFace:\n      repo: Qwen/Qwen3-32B\n      revision: " +
                kCommit +
                "\n  storage:\n"
                "    # A claim that is there. It is never deleted or resized, and many ModelCaches may share it.\n"
                "    claimName: model-cache\n");
}

TEST(CacheManifest, RefusesWhatTheApiServerWould) {
  CacheManifest manifest;
  manifest.model = kModel;
  manifest.size = "much";
  EXPECT_THAT(cli::to_model_cache(manifest).error().message, HasSubstr("/spec/storage/create/size must be"));
  manifest.size = "";
  manifest.mount_path = "cache";
  EXPECT_THAT(cli::to_model_cache(manifest).error().message, HasSubstr("/spec/mountPath must be an absolute path"));
}

// The pattern's own Job, complete.
Json pattern_job() {
  std::ifstream file(source_dir() + "/test/pattern/job.yaml");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  Json job = testing::object(text).document().value();
  job["metadata"]["namespace"] = "llm";
  job["status"] = {{"conditions", {{{"type", "Complete"}, {"status", "True"}}}}};
  return job;
}

Json& container(Json& job) { return job["spec"]["template"]["spec"]["containers"][0]; }

base::Result<CacheManifest> adopt(const std::vector<Json>& jobs, const Adoption& adoption = {"model-cache", "", {}}) {
  std::vector<kube::Object> objects;
  objects.reserve(jobs.size());
  for (const Json& job : jobs) {
    objects.emplace_back(document::Document(job));
  }
  return cli::adopt(adoption, objects, knowledge());
}

TEST(Adopt, TakesOverThePatternsOwnJob) {
  const CacheManifest found = adopt({pattern_job()}).value();
  EXPECT_EQ(found.model, kModel);
  EXPECT_EQ(found.claim, "model-cache");
  EXPECT_EQ(found.mount_path, "/cache/huggingface");
  ASSERT_TRUE(found.token.has_value());
  EXPECT_EQ(found.token->name + ":" + found.token->key, "hf-token-secret:HF_TOKEN");
  EXPECT_EQ(found.run_as_user, std::nullopt);
  EXPECT_EQ(found.fs_group, std::nullopt);
  EXPECT_TRUE(cli::to_model_cache(found).ok());
}

TEST(Adopt, TakesOverUsersAndTheTokensKey) {
  Json job = pattern_job();
  job["spec"]["template"]["spec"]["securityContext"] = {{"runAsUser", 1000}, {"fsGroup", 2000}};
  container(job)["securityContext"] = {{"runAsUser", 3000}};
  container(job)["env"].push_back(
      {{"name", "HF_TOKEN"}, {"valueFrom", {{"secretKeyRef", {{"name", "hf"}, {"key", "read"}}}}}});
  const CacheManifest found = adopt({job}).value();
  EXPECT_EQ(found.run_as_user, 3000);
  EXPECT_EQ(found.fs_group, 2000);
  EXPECT_EQ(found.token->name + ":" + found.token->key, "hf:read");
  container(job)["env"].erase(container(job)["env"].size() - 1);
  container(job)["envFrom"].push_back({{"secretRef", {{"name", "another"}}}});
  EXPECT_EQ(adopt({job})->token.has_value(), false) << "which of two Secrets has the token is not known";
}

TEST(Adopt, RefusesWhatIsNotTheWholeModelAtACommitInAHubCache) {
  struct Case {
    std::string says;
    std::function<void(Json&)> change;
  };
  const auto command = [](const std::string& line) {
    return [line](Json& job) { container(job)["args"] = {"hf download " + line}; };
  };
  const std::string pinned = "Qwen/Qwen3-32B --revision " + kCommit;
  const std::vector<Case> cases = {
      {"it has not completed: kubectl wait --for=condition=complete job/model-download",
       [](Json& job) { job.erase("status"); }},
      {"it has failed, so the model may be there in part",
       [](Json& job) { job["status"]["conditions"][0]["type"] = "Failed"; }},
      {"at \"main\", which pins nothing", command("Qwen/Qwen3-32B --revision main")},
      {"at no revision, which pins nothing", command("Qwen/Qwen3-32B")},
      {"what it downloads cannot be read: ", command("$WHICH --revision " + kCommit)},
      {"it downloads only some files of Qwen/Qwen3-32B", command(pinned + " --include '*.json'")},
      {"it writes to /sub/hub of the claim", [](Json& job) { container(job)["volumeMounts"][0]["subPath"] = "sub"; }},
      {"as a plain folder (--local-dir)", command(pinned + " --local-dir /cache/huggingface/qwen")},
  };
  for (const Case& one : cases) {
    Json job = pattern_job();
    one.change(job);
    const auto found = adopt({job});
    ASSERT_FALSE(found.ok()) << one.says;
    EXPECT_THAT(found.error().message, HasSubstr("nothing on claim model-cache can be adopted: Job/model-download: "));
    EXPECT_THAT(found.error().message, HasSubstr(one.says));
  }
}

TEST(Adopt, LooksAtJobsOfOthersOnThisClaimAndThisModel) {
  const std::string nothing =
      "no Job on claim model-cache is known to have downloaded a pinned model (0 looked at); where the files are there "
      "all the same: warmgate cache create REPO@COMMIT --claim model-cache, whose download then finds them and fetches "
      "nothing twice";
  EXPECT_EQ(adopt({}).error().message, nothing);
  Json ours = pattern_job();
  ours["metadata"]["labels"] = {{"app.kubernetes.io/managed-by", "warmgate"}};
  EXPECT_EQ(adopt({ours}).error().message, nothing);
  EXPECT_THAT(adopt({pattern_job()}, {"other", "", {}}).error().message, HasSubstr("no Job on claim other"));
  EXPECT_THAT(adopt({pattern_job()}, {"model-cache", "another-job", {}}).error().message, HasSubstr("(0 looked at)"));
  EXPECT_THAT(adopt({pattern_job()}, {"model-cache", "", PinnedModel{"Qwen/Qwen3-32B", kOtherCommit}}).error().message,
              HasSubstr("is known to have downloaded Qwen/Qwen3-32B@" + kOtherCommit + " (1 looked at)"));
  EXPECT_TRUE(adopt({pattern_job()}, {"model-cache", "model-download", kModel}).ok());
}

TEST(Adopt, AsksWhichOfSeveral) {
  Json second = pattern_job();
  second["metadata"]["name"] = "second";
  for (Json& variable : container(second)["env"]) {
    if (variable["name"] == "MODEL_REVISION") {
      variable["value"] = kOtherCommit;
    }
  }
  EXPECT_EQ(adopt({pattern_job(), pattern_job(), second}).error().message,
            "claim model-cache holds several models; say which one: Qwen/Qwen3-32B@" + kCommit + ", Qwen/Qwen3-32B@" +
                kOtherCommit);
  EXPECT_EQ(adopt({pattern_job(), second}, {"model-cache", "second", {}})->model.revision, kOtherCommit);
  // One that is fit is enough.
  second.erase("status");
  EXPECT_EQ(adopt({pattern_job(), second})->model, kModel);
}

}  // namespace
}  // namespace warmgate::testing
