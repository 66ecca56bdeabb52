#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "controller/job_script.h"
#include "warmgate/controller/download_report.h"

namespace warmgate::controller {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::JobScript;
using testing::kCommit;
using testing::kOtherCommit;
using testing::Ran;

const std::string kRepo = "cache/hub/models--Qwen--Qwen3-32B/";
const std::string kNeighbour = "cache/hub/models--Qwen--Qwen3-32B-FP8/";

JobScript removal() {
  const api::ModelCacheSpec spec = testing::cache_spec();
  return JobScript(removal_job(testing::job_input(spec), testing::settings()));
}

// A snapshot of `commit` that has config.json from blob "shared" and weights from blob "own-<commit>".
void add_snapshot(const JobScript& script, const std::string& repo, const std::string& commit) {
  const testing::TempDirectory& folder = script.folder();
  (void)folder.write(repo + "blobs/shared", "{}");
  (void)folder.write(repo + "blobs/own-" + commit, "weights");
  (void)folder.write(repo + "refs/" + commit, commit);
  (void)folder.write(repo + "trees/" + commit + ".json", "{}");
  (void)folder.write(repo + ".warmgate/" + commit + ".json", "{}");
  (void)folder.write(repo + ".no_exist/" + commit + "/x.json", "");
  const std::string snapshot = folder.path(repo + "snapshots/" + commit);
  std::filesystem::create_directories(snapshot + "/sub dir");
  std::filesystem::create_symlink("../../blobs/shared", snapshot + "/config.json");
  std::filesystem::create_symlink("../../../blobs/own-" + commit, snapshot + "/sub dir/model weights");
}

TEST(RemoveScript, TakesOneCommitAndLeavesTheOtherWhole) {
  const JobScript script = removal();
  add_snapshot(script, kRepo, kOtherCommit);
  const std::vector<std::string> before = script.files("cache");
  add_snapshot(script, kRepo, kCommit);
  add_snapshot(script, kNeighbour, kCommit);
  (void)script.folder().write(kRepo + "refs/main", kCommit);
  (void)script.folder().write(kRepo + "refs/tags/v1", kCommit + "\n");
  (void)script.folder().write(kRepo + "refs/other", kOtherCommit);
  (void)script.folder().write(kRepo + "blobs/nobodys", "x");
  (void)script.folder().write("cache/token", "x");
  const Ran ran = script.run();
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_TRUE(read_result(script.termination())->done);
  EXPECT_EQ(script.read(kRepo + "refs/other"), kOtherCommit);
  EXPECT_EQ(script.read("cache/token"), "x");
  EXPECT_EQ(script.files(kNeighbour).size(), 8U);
  std::filesystem::remove_all(script.folder().path(kNeighbour));
  std::filesystem::remove(script.folder().path(kRepo + "refs/other"));
  std::filesystem::remove(script.folder().path("cache/token"));
  EXPECT_EQ(script.files("cache"), before);
}

TEST(RemoveScript, TakesTheWholeModelWithItsLastCommit) {
  const JobScript script = removal();
  add_snapshot(script, kRepo, kCommit);
  add_snapshot(script, kNeighbour, kOtherCommit);
  (void)script.folder().write("cache/hub/.locks/models--Qwen--Qwen3-32B/a.lock", "");
  (void)script.folder().write("cache/hub/.locks/models--Qwen--Qwen3-32B-FP8/a.lock", "");
  EXPECT_EQ(script.run().code, 0);
  EXPECT_FALSE(std::filesystem::exists(script.folder().path(kRepo)));
  EXPECT_FALSE(std::filesystem::exists(script.folder().path("cache/hub/.locks/models--Qwen--Qwen3-32B")));
  EXPECT_EQ(script.files(kNeighbour).size(), 8U);
  EXPECT_THAT(script.files("cache/hub/.locks"), ElementsAre("models--Qwen--Qwen3-32B-FP8/a.lock"));
}

TEST(RemoveScript, RunsAgainAndWhereNothingIs) {
  const JobScript script = removal();
  EXPECT_EQ(script.run().code, 0);
  add_snapshot(script, kRepo, kCommit);
  add_snapshot(script, kRepo, kOtherCommit);
  EXPECT_EQ(script.run().code, 0);
  const std::vector<std::string> once = script.files("cache");
  EXPECT_EQ(script.run().code, 0);
  EXPECT_EQ(script.files("cache"), once);
}

TEST(RemoveScript, ACacheWithoutLinksLosesItsSnapshotOnly) {
  const JobScript script = removal();
  (void)script.folder().write(kRepo + "snapshots/" + kCommit + "/model.safetensors", "weights");
  (void)script.folder().write(kRepo + "snapshots/" + kOtherCommit + "/model.safetensors", "weights");
  EXPECT_EQ(script.run().code, 0);
  EXPECT_THAT(script.files(kRepo), ElementsAre("snapshots/" + kOtherCommit + "/model.safetensors"));
}

TEST(RemoveScript, RemovesNoBlobWhileItCannotTellWhichAreUsed) {
  const JobScript script = removal();
  add_snapshot(script, kRepo, kCommit);
  add_snapshot(script, kRepo, kOtherCommit);
  script.program("readlink", "echo \"readlink: $1: Input/output error\" >&2; exit 1\n");
  EXPECT_EQ(script.run().code, 1);
  EXPECT_FALSE(read_result(script.termination())->done);
  EXPECT_EQ(script.files(kRepo + "blobs").size(), 3U);
}

TEST(RemoveScript, OtherNamesThanAModelsAreRefused) {
  struct Case {
    std::string name;
    std::string revision;
  };
  const std::vector<Case> cases = {{"../other", kCommit},
                                   {"Qwen/..", kCommit},
                                   {"Qwen/a/b", kCommit},
                                   {"Qwen", kCommit},
                                   {"/x", kCommit},
                                   {"x/", kCommit},
                                   {"", kCommit},
                                   {"Qwen/Qwen3 32B", kCommit},
                                   {"Qwen/Qwen3-32B", ""},
                                   {"Qwen/Qwen3-32B", ".."},
                                   {"Qwen/Qwen3-32B", "main"},
                                   {"Qwen/Qwen3-32B", kCommit + "/.."},
                                   {"Qwen/Qwen3-32B", "9216db5"}};
  for (const Case& test : cases) {
    JobScript script = removal();
    add_snapshot(script, kRepo, kCommit);
    (void)script.folder().write("other/file", "x");
    const std::vector<std::string> before = script.files("cache");
    script.set("MODEL_NAME", test.name);
    script.set("MODEL_REVISION", test.revision);
    EXPECT_EQ(script.run().code, 1) << test.name << "@" << test.revision;
    EXPECT_EQ(script.files("cache"), before) << test.name << "@" << test.revision;
    EXPECT_EQ(script.read("other/file"), "x");
  }
}

TEST(RemoveScript, ALinkOutOfTheModelsFolderIsNotFollowed) {
  const JobScript script = removal();
  add_snapshot(script, kNeighbour, kCommit);
  std::filesystem::create_directory_symlink(script.folder().path(kNeighbour),
                                            script.folder().path("cache/hub/models--Qwen--Qwen3-32B"));
  EXPECT_EQ(script.run().code, 1);
  EXPECT_EQ(script.files(kNeighbour).size(), 8U);
}

TEST(RemoveScript, AClaimThatCannotBeWrittenIsToldSo) {
  const JobScript script = removal();
  add_snapshot(script, kRepo, kCommit);
  script.program("rm", "echo \"rm: cannot remove: Permission denied\" >&2; exit 1\n");
  EXPECT_EQ(script.run().code, 75);
  EXPECT_EQ(read_result(script.termination())->reason, "PermissionDenied");
  EXPECT_THAT(script.files(kRepo), Contains("blobs/shared"));
}

}  // namespace
}  // namespace warmgate::controller
