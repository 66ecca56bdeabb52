// What an injected Pod keeps when its manifest is applied again: the exact patch for each way the update can differ.
#include "warmgate/inject/restore.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "inject/planning.h"
#include "warmgate/kube/workload.h"

namespace warmgate::testing {
namespace {

using document::Json;

struct Case {
  std::string name;
  std::string stored;  // fields of the container
  std::string wanted;
  std::string patch;
  std::string models = "vllm=Qwen/Qwen3-32B@" + kCommit;
};

void PrintTo(const Case& test, std::ostream* out) { *out << test.name; }

kube::Object stored_pod(const std::string& fields, const std::string& models) {
  Json pod = object(testing::pod(fields)).document().value();
  pod["metadata"]["annotations"]["warmgate.dev/models"] = models;
  return kube::Object(document::Document(pod));
}

std::string append(const std::string& list, const std::string& flag, const std::string& revision) {
  const std::string path = "add /spec/containers/0/" + list + "/- \"";
  return path + flag + "\"\n" + path + revision + "\"\n";
}

const std::string kRevision = ", --revision, " + kCommit;
const std::string kModel = "args: [--model, Qwen/Qwen3-32B";
const std::string kRestored = append("args", "--revision", kCommit);

const std::vector<Case> kCases = {
    {"TheRevisionIsCutOff", kModel + kRevision + "]", kModel + "]", kRestored},
    {"TheCommandIsCutOff", "command: [vllm, serve, Qwen/Qwen3-32B" + kRevision + "]",
     "command: [vllm, serve, Qwen/Qwen3-32B]", append("command", "--revision", kCommit)},
    {"NoArgumentsAreLeft", "args: [--revision, " + kCommit + "]", "tty: true",
     "add /spec/containers/0/args []\n" + kRestored},
    {"TwoRevisionsAreCutOff", kModel + kRevision + ", --draft-revision, " + kOtherCommit + "]", kModel + "]",
     kRestored + append("args", "--draft-revision", kOtherCommit),
     "vllm=Qwen/Qwen3-32B@" + kCommit + ",vllm=Qwen/Qwen3-8B@" + kOtherCommit},
    {"NothingIsCutOff", kModel + kRevision + "]", kModel + kRevision + "]", ""},
    {"AnotherImage", kModel + kRevision + "], tty: true", kModel + "], tty: false", kRestored},
    {"AnotherArgumentIsCutOffToo", kModel + ", --port, \"8000\"" + kRevision + "]", kModel + "]", ""},
    {"AnotherArgumentIsAdded", kModel + kRevision + "]", kModel + ", --port, \"8000\"]", ""},
    {"AnotherModel", kModel + kRevision + "]", "args: [--model, Qwen/Qwen3-8B]", ""},
    {"AnotherRevision", kModel + kRevision + "]", kModel + ", --revision, " + kOtherCommit + "]", ""},
    {"ARevisionThatWasNotInjected", kModel + ", --revision, " + kOtherCommit + "]", kModel + "]", ""},
    {"ARevisionOfAnotherContainer", kModel + kRevision + "]", kModel + "]", "", "draft=Qwen/Qwen3-32B@" + kCommit},
    {"HalfAPair", kModel + ", --revision, " + kCommit + "]", kModel + ", --revision]", ""},
    {"NoFlag", kModel + ", revision, " + kCommit + "]", kModel + "]", ""},
    {"ArgumentsThatAreNoList", kModel + kRevision + "]", "args: 7", ""},
    {"ArgumentsThatAreNoStrings", kModel + kRevision + "]", "args: [--model, 7]", ""},
    {"AnAnnotationThatSaysNothing", kModel + kRevision + "]", kModel + "]", "", "vllm,=,@,=@,vllm=Qwen@"},
};

class RestorationWhen : public ::testing::TestWithParam<Case> {};

TEST_P(RestorationWhen, MakesTheListWhatIsStored) {
  const Case& test = GetParam();
  const kube::Object stored = stored_pod(test.stored, test.models);
  const kube::Object wanted = stored_pod(test.wanted, test.models);
  const inject::Restoration restoration = inject::plan_restoration(stored, wanted);
  EXPECT_EQ(restoration.patch == nullptr ? "" : lines(*restoration.patch), test.patch);
  ASSERT_EQ(restoration.patch == nullptr, restoration.restored.empty());
  if (restoration.patch != nullptr) {
    const Json patched = wanted.document().value().patch(*restoration.patch);
    const Json& container = patched["spec"]["containers"][0];
    for (const std::string list : {"args", "command"}) {
      EXPECT_EQ(container.value(list, Json()), stored.document().value()["spec"]["containers"][0].value(list, Json()));
    }
    const kube::Object again(document::Document(patched), wanted.key().ns);
    EXPECT_TRUE(inject::plan_restoration(stored, again).restored.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, RestorationWhen, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

TEST(Restoration, TellsWhatItKeepsAndWhere) {
  const std::string models = "vllm=Qwen/Qwen3-32B@" + kCommit;
  const inject::Restoration restoration =
      inject::plan_restoration(stored_pod(kModel + kRevision + "]", models), stored_pod(kModel + "]", models));
  ASSERT_EQ(restoration.restored.size(), 1U);
  EXPECT_EQ(restoration.restored[0].container, "vllm");
  EXPECT_EQ(restoration.restored[0].list, "args");
  EXPECT_EQ(restoration.restored[0].words, (std::vector<std::string>{"--revision", kCommit}));
}

TEST(Restoration, GivesNothingToAPodThatWasNotInjected) {
  const kube::Object stored = object(pod(kModel + kRevision + "]"));
  EXPECT_TRUE(inject::plan_restoration(stored, object(pod(kModel + "]"))).restored.empty());
}

TEST(Restoration, KeepsInitContainersApartFromContainers) {
  Json stored = stored_pod(kModel + kRevision + "]", "vllm=Qwen/Qwen3-32B@" + kCommit).document().value();
  Json wanted = stored;
  wanted["spec"]["containers"][0]["args"] = {"--model", "Qwen/Qwen3-32B"};
  std::swap(stored["spec"]["containers"], stored["spec"]["initContainers"]);
  std::swap(wanted["spec"]["containers"], wanted["spec"]["initContainers"]);
  const kube::Object before{document::Document(stored)};
  const inject::Restoration restoration = inject::plan_restoration(before, kube::Object(document::Document(wanted)));
  ASSERT_NE(restoration.patch, nullptr);
  EXPECT_EQ((*restoration.patch)[0]["path"], "/spec/initContainers/0/args/-");
  std::swap(wanted["spec"]["containers"], wanted["spec"]["initContainers"]);
  EXPECT_EQ(inject::plan_restoration(before, kube::Object(document::Document(wanted))).patch, nullptr);
}

// What injection makes of every shape of Pod that has arguments is put back when the manifest is applied again.
TEST(Restoration, UndoesApplyingTheManifestAgain) {
  const kube::BundleFacts facts(objects(model_cache()));
  for (const std::string fields : {"args: [--model, Qwen/Qwen3-32B]", "command: [vllm, serve], args: [Qwen/Qwen3-32B]",
                                   "command: [vllm, serve, Qwen/Qwen3-32B]",
                                   "command: [python3, -m, vllm.entrypoints.openai.api_server, --model, "
                                   "Qwen/Qwen3-32B]"}) {
    const kube::Object manifest = object(pod(fields));
    const Json stored = *plan(manifest, facts).patched;
    // kubectl and server-side apply set each list that the manifest has, and leave the rest as it is.
    Json applied = stored;
    for (const auto& [name, value] : manifest.document().value()["spec"]["containers"][0].items()) {
      if (name == "args" || name == "command") {
        applied["spec"]["containers"][0][name] = value;
      }
    }
    ASSERT_NE(applied, stored) << fields;
    const inject::Restoration restoration =
        inject::plan_restoration(kube::Object(document::Document(stored)), kube::Object(document::Document(applied)));
    ASSERT_NE(restoration.patch, nullptr) << fields;
    EXPECT_EQ(applied.patch(*restoration.patch), stored) << fields;
  }
}

}  // namespace
}  // namespace warmgate::testing
