// Who may write a ModelCache: whoever may do himself what the controller will do for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "admission/answering.h"

namespace warmgate::testing {
namespace {

using admission::Hook;
using document::Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// An authorizer that knows these rights, and what it was asked.
struct Authorizer {
  std::set<std::string> rights;
  std::string failure;  // "": it answers
  std::vector<std::string> asked;
  std::vector<kube::Subject> subjects;

  admission::AccessSource source() {
    return
        [this](const kube::Subject& subject, const std::string& ns, const kube::Access& access) -> base::Result<bool> {
          subjects.push_back(subject);
          asked.push_back(kube::to_string(access) + " in " + ns);
          if (!failure.empty()) {
            return base::Error{failure};
          }
          return rights.contains(kube::to_string(access));
        };
  }
};

Json cache(const std::string& spec = "{}") {
  Json out = manifest(model_cache());
  out["spec"].merge_patch(object("{apiVersion: v1, kind: X, spec: " + spec + "}").document().value()["spec"]);
  return out;
}

const std::string kToken = "source: {huggingFace: {tokenSecretRef: {name: hf-token, key: HF_TOKEN}}}";
const std::string kCreated = "storage: {claimName: null, create: {size: 100Gi}}";
const std::string kMore =
    "download: {imagePullSecrets: [{name: pull}], env: [{name: A, valueFrom: {secretKeyRef: {name: env, key: a}}}]}";

struct Case {
  std::string name;
  std::string before;  // "": CREATE
  std::string spec;
  std::set<std::string> rights;
  std::vector<std::string> asked;
  std::string missing;  // "": allowed
};

void PrintTo(const Case& test, std::ostream* out) { *out << test.name; }

const std::vector<Case> kCases = {
    {"Plain", "", "{}", {"create jobs.batch"}, {"create jobs.batch in llm"}, ""},
    {"WithoutTheRightToRunJobs",
     "",
     "{" + kToken + "}",
     {"get secrets"},
     {"create jobs.batch in llm"},
     "create jobs.batch"},
    {"TokenSecret",
     "",
     "{" + kToken + "}",
     {"create jobs.batch", "get secrets/hf-token"},
     {"create jobs.batch in llm", "get secrets/hf-token in llm"},
     ""},
    {"SomebodyElsesTokenSecret",
     "",
     "{" + kToken + "}",
     {"create jobs.batch", "get secrets/other"},
     {"create jobs.batch in llm", "get secrets/hf-token in llm"},
     "get secrets/hf-token"},
    {"MaySeeEverySecret",
     "",
     "{" + kToken + ", " + kMore + "}",
     {"create jobs.batch", "get secrets"},
     {"create jobs.batch in llm", "get secrets in llm"},
     ""},
    {"OneOfThreeSecretsIsMissing",
     "",
     "{" + kToken + ", " + kMore + "}",
     {"create jobs.batch", "get secrets/hf-token", "get secrets/pull"},
     {"create jobs.batch in llm", "get secrets in llm", "get secrets/env in llm", "get secrets/hf-token in llm",
      "get secrets/pull in llm"},
     "get secrets/env"},
    {"NewClaim",
     "",
     "{" + kCreated + "}",
     {"create jobs.batch", "create persistentvolumeclaims"},
     {"create jobs.batch in llm", "create persistentvolumeclaims in llm"},
     ""},
    {"NewClaimWithoutTheRight",
     "",
     "{" + kCreated + "}",
     {"create jobs.batch"},
     {"create jobs.batch in llm", "create persistentvolumeclaims in llm"},
     "create persistentvolumeclaims"},
    {"UpdateOfNothing", "{" + kToken + "}", "{" + kToken + "}", {}, {}, ""},
    {"UpdateOfASwitch",
     "{" + kToken + "}",
     "{suspend: true, reclaimPolicy: Delete, " + kToken + "}",
     {"create jobs.batch"},
     {"create jobs.batch in llm"},
     ""},
    // Another image would see the Secret that somebody else was allowed to name.
    {"UpdateOfTheImage",
     "{" + kToken + "}",
     "{download: {image: \"mine:1\"}, " + kToken + "}",
     {"create jobs.batch"},
     {"create jobs.batch in llm", "get secrets/hf-token in llm"},
     "get secrets/hf-token"},
};

class Rights : public ::testing::TestWithParam<Case> {};

TEST_P(Rights, AreThoseThatTheControllerUsesForTheAuthor) {
  const Case& test = GetParam();
  Authorizer authorizer{test.rights, "", {}, {}};
  Answering answering;
  answering.use_access(authorizer.source());
  ReviewSpec spec{.object = cache(test.spec)};
  if (!test.before.empty()) {
    spec.operation = "UPDATE";
    spec.old_object = cache(test.before);
  }
  const Json response = answering.validate(spec);
  EXPECT_EQ(authorizer.asked, test.asked);
  EXPECT_EQ(response["allowed"], test.missing.empty()) << response;
  if (!test.missing.empty()) {
    EXPECT_EQ(response["status"]["code"], 403);
    EXPECT_THAT(response["status"]["message"].get<std::string>(),
                HasSubstr("check: kubectl auth can-i " + test.missing + " --namespace llm"));
  }
}

INSTANTIATE_TEST_SUITE_P(Writes, Rights, ::testing::ValuesIn(kCases), [](const auto& test) { return test.param.name; });

TEST(Rights, TheDenialSaysWhoMayNotDoWhatWhereAndWhatToDo) {
  Authorizer authorizer;
  Answering answering;
  answering.use_access(authorizer.source());
  const Json response = answering.validate({.object = cache()});
  EXPECT_EQ(response["status"]["message"],
            "Warmgate refuses ModelCache/qwen: the controller would do for you what alice may not do in namespace llm\n"
            "1. create jobs.batch\n"
            "   check: kubectl auth can-i create jobs.batch --namespace llm\n"
            "   fix: ask an administrator of the namespace for this right (a Role and a RoleBinding), or have somebody "
            "apply the ModelCache who has it");
}

TEST(Rights, AreThoseOfTheWholeUserAsTheApiServerKnowsHim) {
  Authorizer authorizer;
  Answering answering;
  answering.use_access(authorizer.source());
  Json review = Json::parse(testing::review({.object = cache()}));
  review["request"]["userInfo"] = {{"username", "bob"},
                                   {"uid", "u-1"},
                                   {"groups", {"team-a", "system:authenticated"}},
                                   {"extra", {{"scopes", {"read", "write"}}}}};
  EXPECT_EQ(answering.outcome(Hook::kValidate, review.dump()).record.decision, "deny");
  ASSERT_EQ(authorizer.subjects.size(), 1U);
  EXPECT_EQ(authorizer.subjects[0].user, "bob");
  EXPECT_EQ(authorizer.subjects[0].uid, "u-1");
  EXPECT_THAT(authorizer.subjects[0].groups, ElementsAre("team-a", "system:authenticated"));
  EXPECT_THAT(authorizer.subjects[0].extra.at("scopes"), ElementsAre("read", "write"));
}

TEST(Rights, WithoutAnAnswerTheRequestIsRefused) {
  Authorizer authorizer;
  authorizer.failure = "connection refused to 10.0.0.1";
  Answering answering;
  answering.use_access(authorizer.source());
  const admission::Outcome outcome = answering.outcome(Hook::kValidate, review({.object = cache()}));
  EXPECT_EQ(outcome.http_status, 200);
  EXPECT_EQ(outcome.record.decision, "deny");
  EXPECT_THAT(outcome.record.unchecked, ElementsAre("access"));
  EXPECT_EQ(outcome.record.error, "rights cannot be checked: connection refused to 10.0.0.1");
  const Json response = Json::parse(outcome.body)["response"];
  EXPECT_EQ(response["allowed"], false);
  EXPECT_EQ(response["status"]["code"], 503);
  EXPECT_THAT(response["status"]["message"].get<std::string>(), ::testing::Not(HasSubstr("10.0.0.1")));
}

TEST(Rights, ManySecretsTakeTheRightToReadThemAll) {
  Authorizer authorizer{{"create jobs.batch"}, "", {}, {}};
  Answering answering;
  answering.use_access(authorizer.source());
  Json many = cache();
  for (int i = 0; i < 9; ++i) {
    many["spec"]["download"]["imagePullSecrets"].push_back({{"name", "s" + std::to_string(i)}});
  }
  const Json response = answering.validate({.object = many});
  EXPECT_EQ(response["allowed"], false);
  EXPECT_THAT(authorizer.asked, ElementsAre("create jobs.batch in llm", "get secrets in llm"));
}

TEST(Rights, AreNotAskedForWhatIsRefusedAnywayNorByTheMutatingHook) {
  Authorizer authorizer;
  Answering answering;
  answering.use_access(authorizer.source());
  Json broken = cache();
  broken["spec"]["source"]["huggingFace"]["revision"] = "main";
  EXPECT_EQ(answering.validate({.object = broken})["status"]["code"], 422);
  EXPECT_EQ(answering.mutate({.object = cache()})["allowed"], true);
  EXPECT_EQ(answering.validate({.object = manifest(pod("image: \"nginx:1\"", "", false))})["allowed"], true);
  EXPECT_THAT(authorizer.asked, IsEmpty());
}

TEST(Rights, ThatNobodyCanAskAboutAreSaidInTheRecord) {
  const Answering answering;
  const admission::Outcome outcome = answering.outcome(Hook::kValidate, review({.object = cache()}));
  EXPECT_EQ(outcome.record.decision, "allow");
  EXPECT_THAT(outcome.record.unchecked, ElementsAre("access"));
}

const std::string kLease =
    "---\n{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: warmgate-controller, namespace: "
    "warmgate}}\n";

TEST(Holds, AreToldToWhoeverMakesThePodOrItsTemplate) {
  const Json pinned = manifest(pod("args: [--model, Qwen/Qwen3-32B, --revision, " + kCommit + "]"));
  const std::string what =
      "held back by the scheduling gate warmgate.dev/model-cache until ModelCache/qwen (Qwen/Qwen3-32B at "
      "9216db5781bf) "
      "is Ready";
  const Answering answering(model_cache() + kLease);
  const Json mutated = answering.mutate({.object = pinned});
  EXPECT_EQ(mutated["warnings"].back(), "Warmgate: this Pod is " + what);
  EXPECT_EQ(mutated["auditAnnotations"]["holds"], "Warmgate: this Pod is " + what);
  const Json held = patched(pinned, mutated);
  EXPECT_EQ(held["spec"]["schedulingGates"], json(R"([{"name": "warmgate.dev/model-cache"}])"));
  EXPECT_FALSE(answering.validate({.object = held}).contains("warnings")) << "once is enough";
  const Json templated = answering.validate(
      {.object = manifest(deployment(pod("args: [--model, Qwen/Qwen3-32B, --revision, " + kCommit + "]")))});
  EXPECT_EQ(templated["warnings"].back(), "Warmgate: its Pods are " + what);
}

TEST(Holds, OfSeveralTemplatesAreEachToldOnce) {
  const Answering answering(model_cache() + model_cache("other", kOtherCommit, "models") + kLease);
  const auto told = [&](const std::string& leader, const std::string& worker) {
    const auto spec = [](const std::string& commit) {
      return Json{{"spec", manifest(pod("args: [--model, Qwen/Qwen3-32B, --revision, " + commit + "]"))["spec"]}};
    };
    return answering
        .validate({.object = {{"apiVersion", "leaderworkerset.x-k8s.io/v1"},
                              {"kind", "LeaderWorkerSet"},
                              {"metadata", {{"name", "vllm"}, {"namespace", "llm"}}},
                              {"spec",
                               {{"replicas", 1},
                                {"leaderWorkerTemplate",
                                 {{"size", 2},
                                  {"leaderTemplate", spec(leader)},
                                  {"workerTemplate", spec(worker)}}}}}}})["auditAnnotations"]["holds"]
        .get<std::string>();
  };
  const std::string beginning =
      "Warmgate: its Pods are held back by the scheduling gate warmgate.dev/model-cache until ";
  const std::string qwen = beginning + "ModelCache/qwen (Qwen/Qwen3-32B at 9216db5781bf) is Ready";
  const std::string other = beginning + "ModelCache/other (Qwen/Qwen3-32B at d47b0d4ae4b4) is Ready";
  EXPECT_EQ(told(kCommit, kCommit), qwen);
  EXPECT_EQ(told(kCommit, kOtherCommit), qwen + "; " + other);
}

TEST(Holds, WithoutAControllerAreNoneAndTheRecordSaysSo) {
  const Json pinned = manifest(pod("args: [--model, Qwen/Qwen3-32B, --revision, " + kCommit + "]"));
  Answering answering;
  answering.use_facts(std::make_shared<const kube::BundleFacts>(facts(model_cache(), true)));
  const admission::Outcome outcome = answering.outcome(Hook::kMutate, review({.object = pinned}));
  EXPECT_THAT(outcome.record.unchecked, ElementsAre("controller"));
  EXPECT_THAT(Json::parse(outcome.body)["response"]["warnings"].back().get<std::string>(),
              HasSubstr("not held back although ModelCache/qwen (Qwen/Qwen3-32B at 9216db5781bf) is not Ready: the "
                        "Warmgate controller does not run"));
}

}  // namespace
}  // namespace warmgate::testing
