// The script of the download Job with a fake of `hf` that writes what hf 1.22.0 writes; its texts are copied from runs
// of the real one.
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
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::JobScript;
using testing::kCommit;
using ::testing::Not;
using testing::Ran;
using ::testing::StartsWith;

const std::string kRepo = "cache/hub/models--Qwen--Qwen3-32B/";
const std::string kConfigBlob = "0187f3b09d66cef7911083ad49f890f5a6589589";
const std::string kWeightsBlob = "7d832565c0b924f4c41f42c896dd169c4ee10e9f3c624113c23d2f22c61908aa";

// Two files: config.json with 8 bytes, "a b/model.safetensors" with 100. DURING runs when the first one is there.
const std::string kHf = R"(
printf '[%s]' "$@" >>"$FOLDER/calls"; echo >>"$FOLDER/calls"
repo=$HF_HOME/hub/models--Qwen--Qwen3-32B
snapshot=$repo/snapshots/$MODEL_REVISION
if [ "$1" = cache ]; then
  eval "${VERIFY:-:}"
  exit
fi
mkdir -p "$repo/blobs" "$repo/trees" "$snapshot/a b"
cat >"$repo/trees/$MODEL_REVISION.json" <<END
{
 "format_version": 1,
 "files": {
  "a b/model.safetensors": {
   "size": 100,
   "blob_id": "deadbeef",
   "lfs_sha256": "7d832565c0b924f4c41f42c896dd169c4ee10e9f3c624113c23d2f22c61908aa",
   "lfs_size": 100,
   "xet_hash": "ab"
  },
  "config.json": {
   "size": 8,
   "blob_id": "0187f3b09d66cef7911083ad49f890f5a6589589"
  }
 }
}
END
printf '{"a":1}\n' >"$repo/blobs/0187f3b09d66cef7911083ad49f890f5a6589589"
ln -sf ../../blobs/0187f3b09d66cef7911083ad49f890f5a6589589 "$snapshot/config.json"
eval "${DURING:-:}"
printf '%0100d' 0 >"$repo/blobs/7d832565c0b924f4c41f42c896dd169c4ee10e9f3c624113c23d2f22c61908aa"
ln -sf ../../../blobs/7d832565c0b924f4c41f42c896dd169c4ee10e9f3c624113c23d2f22c61908aa "$snapshot/a b/model.safetensors"
)";

// hf that fails with `text` on stderr.
std::string failing(const std::string& text) { return "cat >&2 <<'END'\n" + text + "\nEND\nexit 1\n"; }

JobScript download(const std::string& patch = "{}") {
  const api::ModelCacheSpec spec = testing::cache_spec(patch);
  return JobScript(download_job(testing::job_input(spec), testing::settings()));
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

TEST(DownloadScript, LeavesTheModelItsRefsAndAMarkerAndSaysSo) {
  const JobScript script = download();
  script.program("hf", kHf);
  const Ran ran = script.run();
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_EQ(ran.err, "");
  const std::string result = R"({"result":"done","files":2,"bytes":108,"verified":true})";
  EXPECT_EQ(script.termination(), result);
  EXPECT_EQ(lines(ran.out).back(), result);
  const std::optional<Progress> progress = read_progress(ran.out, std::nullopt, {});
  ASSERT_TRUE(progress);
  EXPECT_EQ(progress->bytes_done, 108);
  EXPECT_EQ(progress->bytes_total, 108);
  EXPECT_EQ(progress->files, 2);
  EXPECT_TRUE(read_result(script.termination())->verified);
  EXPECT_THAT(script.files(kRepo),
              ElementsAre(".warmgate/" + kCommit + ".json", "blobs/" + kConfigBlob, "blobs/" + kWeightsBlob,
                          "refs/" + kCommit, "refs/main", "snapshots/" + kCommit + "/a b/model.safetensors",
                          "snapshots/" + kCommit + "/config.json", "trees/" + kCommit + ".json"));
  EXPECT_EQ(script.read(kRepo + "refs/" + kCommit), kCommit);  // no newline
  EXPECT_EQ(script.read(kRepo + "refs/main"), kCommit);
  EXPECT_EQ(
      script.read(kRepo + ".warmgate/" + kCommit + ".json"),
      R"({"repo":"Qwen/Qwen3-32B","revision":")" + kCommit + R"(","files":2,"bytes":108,"verified":true})" + "\n");
  EXPECT_EQ(script.read("calls"), "[download][Qwen/Qwen3-32B][--revision][" + kCommit + "][--max-workers][8]\n" +
                                      "[cache][verify][Qwen/Qwen3-32B][--revision][" + kCommit +
                                      "][--fail-on-missing-files]\n");
}

TEST(DownloadScript, InstallsHfWhereTheImageHasNone) {
  const JobScript script = download();
  script.program("pip", R"(printf '[%s]' "$@" >"$FOLDER/pip"
mkdir -p "$WARMGATE_WORK/python/bin" && cp "$FOLDER/bin/fake" "$WARMGATE_WORK/python/bin/hf")");
  script.program("fake", kHf + "printf '%s' \"$PYTHONPATH\" >\"$FOLDER/pythonpath\"\n");
  const Ran ran = script.run();
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_EQ(script.read("pip"), "[install][--no-cache-dir][--disable-pip-version-check][--target][" +
                                    script.folder().path("work/python") + "][huggingface_hub==1.22.0]");
  EXPECT_EQ(script.read("pythonpath"), script.folder().path("work/python"));
}

TEST(DownloadScript, APipThatFailsMayGoBetterTheNextTime) {
  const JobScript script = download();
  script.program("pip", "echo 'ERROR: No matching distribution found; No space left on device' >&2; exit 1\n");
  EXPECT_EQ(script.run().code, 1);
  EXPECT_EQ(read_result(script.termination())->message,
            "pip install huggingface_hub==1.22.0: ERROR: No matching distribution found; No space left on device");
}

TEST(DownloadScript, EachFailureHasItsCodeAndItsReason) {
  struct Case {
    std::string text;
    int code;
    std::string reason;
    std::string message;
  };
  const std::string hint = "\x1b[90mHint: set HF_DEBUG=1 as environment variable for full traceback.\x1b[0m";
  const std::string url = "https://huggingface.co/api/models/Qwen/Qwen3-32B/revision/" + kCommit;
  const std::vector<Case> cases = {
      {"\x1b[1m\x1b[31mError: Access denied. This repository requires approval.\x1b[0m\n" + hint, 71, "GatedRepo",
       "the Hub refuses access; the repository is gated, or the token is not valid: Error: Access denied. This "
       "repository requires approval."},
      {"Error: Client error '401 Unauthorized' for url '" + url +
           "'\nFor more information check: https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/401\n\nInvalid "
           "credentials in Authorization header",
       71, "GatedRepo", ""},
      {"Error: Local entry not found. 403 Forbidden: fine-grained token lacks access.\nCannot access content at: " +
           url + ".\nMake sure your token has the correct permissions.",
       71, "GatedRepo", ""},
      {"Error: 403 Forbidden: None.\nCannot access content at: https://cas-bridge.xethub.hf.co/xet?Expires=1.", 1, "",
       ""},
      {"Error: Revision not found in model 'Qwen/Qwen3-32B'.\n" + hint, 72, "RevisionNotFound",
       "the repository has no such commit: Error: Revision not found in model 'Qwen/Qwen3-32B'."},
      {"Error: Model 'Qwen/Qwen3-32B' not found.\nIf the repo is private, make sure you are authenticated and your "
       "token "
       "has the required permissions.\nIf the repo does not exist, create it with: hf repos create Qwen/Qwen3-32B",
       72, "RevisionNotFound",
       "there is no such repository, or the token may not see it: Error: Model 'Qwen/Qwen3-32B' not found. If the repo "
       "is private, make sure you are authenticated and your token has the required permissions."},
      {"Traceback (most recent call last):\n  File \"/x.py\", line 1, in f\n    temp_file.write(chunk)\nOSError: "
       "[Errno "
       "28] No space left on device",
       74, "OutOfSpace", "the claim is full: OSError: [Errno 28] No space left on device"},
      {"RuntimeError: Data processing error: I/O error: No space left on device (os error 28)", 74, "OutOfSpace", ""},
      {"OSError: [Errno 122] Disk quota exceeded: '/cache/x'", 74, "OutOfSpace", ""},
      {"PermissionError: [Errno 13] Permission denied: '/cache/huggingface/hub'", 75, "PermissionDenied", ""},
      {"OSError: [Errno 30] Read-only file system: '/cache/huggingface/hub'", 75, "PermissionDenied", ""},
      {"Error: Local entry not found. 429 Too Many Requests for url: " + url, 1, "", ""},
      {"Error: Local entry not found. Server error '500 Internal Server Error' for url '" + url + "'", 1, "", ""},
      {"Error: File not found in model 'Qwen/Qwen3-32B'.", 1, "", ""},
      {"Error: Local entry not found. [Errno -3] Temporary failure in name resolution", 1, "",
       "the download failed: Error: Local entry not found. [Errno -3] Temporary failure in name resolution"},
  };
  for (const Case& test : cases) {
    const JobScript script = download();
    script.program("hf", failing(test.text));
    const Ran ran = script.run();
    EXPECT_EQ(ran.code, test.code) << test.text << ran.out;
    const std::optional<DownloadResult> result = read_result(script.termination());
    ASSERT_TRUE(result) << test.text << script.termination();
    EXPECT_FALSE(result->done);
    EXPECT_EQ(result->reason, test.reason) << test.text;
    EXPECT_EQ(exit_reason(ran.code), test.reason);
    if (!test.message.empty()) {
      EXPECT_EQ(result->message, test.message);
    }
    EXPECT_EQ(lines(ran.out).back(), script.termination());
  }
}

TEST(DownloadScript, A403OfTheGivenMirrorIsARefusal) {
  const JobScript script = download(R"({"source": {"huggingFace": {"endpoint": "https://mirror.corp"}}})");
  script.program("hf",
                 failing("Error: 403 Forbidden: no.\nCannot access content at: https://mirror.corp/api/models/x."));
  EXPECT_EQ(script.run().code, 71);
}

TEST(DownloadScript, TheTokenIsNeverPrinted) {
  JobScript script = download();
  script.set("HF_TOKEN", testing::kToken + "\n");
  const std::string text = "Error: bad " + testing::kToken + "\" \\ and " + testing::kToken;
  script.program("hf", failing(text));
  const Ran ran = script.run();
  EXPECT_THAT(ran.out + ran.err + script.termination(), Not(HasSubstr(testing::kToken)));
  EXPECT_EQ(read_result(script.termination())->message, "the download failed: Error: bad ***\" \\ and ***");
}

TEST(DownloadScript, PatternsReachHfAsTheyAre) {
  const JobScript script = download(R"~({"source": {"huggingFace": {
    "allowPatterns": ["*.json", "a b/*", "-x", "$(touch pwned)", "`touch pwned`", "'; touch pwned", "\\*"],
    "ignorePatterns": ["original/*", "*"]}}})~");
  script.program("hf", kHf);
  (void)script.folder().write("here/one.json", "");
  const Ran ran = script.run();
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_THAT(lines(script.read("calls")),
              ElementsAre("[download][Qwen/Qwen3-32B][--revision][" + kCommit +
                              "][--max-workers][8][--include=*.json][--include=a b/*][--include=-x][--include=$(touch "
                              "pwned)][--include=`touch pwned`][--include='; touch pwned][--include=\\*][--exclude="
                              "original/*][--exclude=*]",
                          "[cache][verify][Qwen/Qwen3-32B][--revision][" + kCommit + "]"));
  EXPECT_THAT(script.files("here"), ElementsAre("one.json"));
}

TEST(DownloadScript, TheTotalIsThatOfTheFilesThatThePatternsTake) {
  struct Case {
    const char* source;
    std::int64_t total;
  };
  const std::vector<Case> cases = {
      {R"({"allowPatterns": ["*.json"]})", 8},
      {R"({"allowPatterns": ["a b/"]})", 100},
      {R"({"allowPatterns": ["*"]})", 108},
      {R"({"ignorePatterns": ["*.safetensors"]})", 8},
      {R"({"allowPatterns": ["*.json", "a*"], "ignorePatterns": ["*n"]})", 100},
  };
  for (const Case& test : cases) {
    const JobScript script = download(R"({"source": {"huggingFace": )" + std::string(test.source) + "}}");
    script.program("hf", kHf);
    EXPECT_EQ(read_progress(script.run().out, std::nullopt, {})->bytes_total, test.total) << test.source;
  }
}

TEST(DownloadScript, TellsItsProgressWhileItDownloads) {
  JobScript script = download();
  script.set("WARMGATE_PROGRESS_SECONDS", "0.1");
  script.set(
      "DURING",
      R"(printf 12345 >"$repo/blobs/7d832565c0b924f4c41f42c896dd169c4ee10e9f3c624113c23d2f22c61908aa.12ab34cd.incomplete"
until grep -q '"bytes":13,' "$FOLDER/log"; do sleep 0.05; done
rm -f "$repo/blobs"/*.incomplete)");
  script.program("hf", kHf);
  EXPECT_EQ(script.run("\"$@\" >\"" + script.folder().path("log") + "\"").code, 0);
  EXPECT_THAT(lines(script.read("log")),
              Contains(R"({"progress":{"bytes":13,"total":108,"files":1,"verifying":false}})"));
}

TEST(DownloadScript, SaysThatItVerifies) {
  JobScript script = download();
  script.set("WARMGATE_PROGRESS_SECONDS", "0.1");
  script.set("VERIFY", R"(until grep -q '"verifying":true' "$FOLDER/log"; do sleep 0.05; done)");
  script.program("hf", kHf);
  EXPECT_EQ(script.run("\"$@\" >\"" + script.folder().path("log") + "\"").code, 0);
  EXPECT_THAT(lines(script.read("log")),
              Contains(R"({"progress":{"bytes":108,"total":108,"files":2,"verifying":true}})"));
}

TEST(DownloadScript, WithoutVerifyingNothingIsCompared) {
  const JobScript script = download(R"({"verify": false})");
  script.program("hf", kHf);
  EXPECT_EQ(script.run().code, 0);
  EXPECT_EQ(script.termination(), R"({"result":"done","files":2,"bytes":108,"verified":false})");
  EXPECT_THAT(script.read("calls"), Not(HasSubstr("verify")));
}

TEST(DownloadScript, FilesThatDifferAreRemovedSoThatTheNextAttemptFetchesThemAgain) {
  JobScript script = download();
  script.set("VERIFY", R"(cat <<END
❌ Checksum verification failed for the following file(s):
  - a b/model.safetensors: expected 7d832565c0b924f4c41f42c896dd169c4ee10e9f3c624113c23d2f22c61908aa (sha256), got c3ff90a7b10f385e632969228b7a0da71a17f0bd3f13f951126501cf5e71ba91
END
echo 'Error: Verification failed' >&2; exit 1)");
  script.program("hf", kHf);
  EXPECT_EQ(script.run().code, 73);
  EXPECT_EQ(read_result(script.termination())->reason, "ChecksumMismatch");
  EXPECT_THAT(script.files(kRepo), ElementsAre("blobs/" + kConfigBlob, "snapshots/" + kCommit + "/config.json",
                                               "trees/" + kCommit + ".json"));
  script.set("VERIFY", ":");
  EXPECT_EQ(script.run().code, 0);
}

TEST(DownloadScript, AVerificationThatCannotAskTheHubIsTriedAgain) {
  JobScript script = download();
  script.set("VERIFY", "echo 'Error: Server error 500' >&2; exit 1");
  script.program("hf", kHf);
  EXPECT_EQ(script.run().code, 1);
  EXPECT_EQ(read_result(script.termination())->message, "the checksums could not be compared: Error: Server error 500");
  EXPECT_THAT(script.files(kRepo), Contains("blobs/" + kWeightsBlob));
  EXPECT_EQ(script.read(kRepo + "refs/main"), "");
}

TEST(DownloadScript, AnotherCommitOnTheClaimKeepsItsPlace) {
  const JobScript script = download();
  script.program("hf", kHf);
  (void)script.folder().write(kRepo + "refs/main", testing::kOtherCommit);
  (void)script.folder().write(kRepo + "blobs/0000000000000000000000000000000000000000", "of another commit");
  const Ran ran = script.run();
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(script.read(kRepo + "refs/main"), testing::kOtherCommit);
  EXPECT_EQ(script.read(kRepo + "refs/" + kCommit), kCommit);
  EXPECT_EQ(read_progress(ran.out, std::nullopt, {})->bytes_done, 108);
  EXPECT_EQ(read_result(script.termination())->bytes, 108);
}

TEST(DownloadScript, HalfFilesOfALostPodGoAndWholeOnesStay) {
  const JobScript script = download();
  script.program("hf", kHf);
  (void)script.folder().write(kRepo + "blobs/" + kWeightsBlob + ".12ab34cd.incomplete", "half");
  (void)script.folder().write(kRepo + "blobs/" + kConfigBlob, "whole");
  EXPECT_EQ(script.run().code, 0);
  EXPECT_THAT(script.files(kRepo + "blobs"), ElementsAre(kConfigBlob, kWeightsBlob));
}

TEST(DownloadScript, AClaimThatCannotBeWrittenIsToldBeforeAnythingIsFetched) {
  const JobScript script = download();
  script.program("hf", kHf);
  script.program("touch", "echo \"touch: cannot touch '$1': Read-only file system\" >&2; exit 1\n");
  EXPECT_EQ(script.run().code, 75);
  EXPECT_THAT(read_result(script.termination())->message,
              ::testing::AllOf(StartsWith("user "), HasSubstr(" cannot write to the claim: touch: cannot touch"),
                               EndsWith("Read-only file system")));
  EXPECT_EQ(script.read("calls"), "");
}

TEST(DownloadScript, PatternsThatFitNoFileAreToldSo) {
  const JobScript script = download(R"({"source": {"huggingFace": {"allowPatterns": ["none"]}}})");
  script.program("hf", ":\n");
  EXPECT_EQ(script.run().code, 1);
  EXPECT_EQ(read_result(script.termination())->message,
            "no file of the repository fits allowPatterns and ignorePatterns");
}

TEST(DownloadScript, ATerminationEndsHfAndLeavesNoResult) {
  JobScript script = download();
  script.set("DURING", "echo started >\"$FOLDER/started\"; exec sleep 60");
  script.program("hf", "echo $$ >\"$FOLDER/hf.pid\"\n" + kHf);
  const Ran ran = script.run(R"~(mkfifo ../started
"$@" >/dev/null & script=$!
read -r line <../started
kill -TERM "$script"
wait "$script"; echo "$?"
kill -0 "$(cat ../hf.pid)" 2>/dev/null && echo 'hf still runs')~");
  EXPECT_EQ(ran.out, "143\n");
  EXPECT_THAT(script.termination(), IsEmpty());
  EXPECT_THAT(script.files(kRepo), Not(Contains("refs/main")));
}

TEST(DownloadScript, AMessageThatCannotBeWrittenChangesNothing) {
  JobScript script = download();
  script.program("hf", kHf);
  script.set("WARMGATE_TERMINATION_LOG", "/nowhere/termination");
  const Ran ran = script.run();
  EXPECT_EQ(ran.code, 0);
  EXPECT_TRUE(read_result(ran.out)->done);
}

}  // namespace
}  // namespace warmgate::controller
