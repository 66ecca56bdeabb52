#include "warmgate/api/hugging_face.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace warmgate::api {
namespace {

const std::string kCommit = "9216db5781bf21249d130ec9da846c4624c16137";

TEST(IsCommit, FortyLowerCaseHexDigitsAndNothingElse) {
  EXPECT_TRUE(is_commit(kCommit));
  EXPECT_TRUE(is_commit(std::string(40, '0')));
  const std::vector<std::string> others = {"",
                                           kCommit.substr(1),
                                           kCommit + "0",
                                           "9216DB5781BF21249D130EC9DA846C4624C16137",
                                           std::string(39, 'a') + "g",
                                           kCommit + "\n",
                                           " " + kCommit.substr(1),
                                           "main",
                                           "refs/pr/1"};
  for (const std::string& text : others) {
    EXPECT_FALSE(is_commit(text)) << "\"" << text << "\"";
  }
}

// validate_repo_id of huggingface_hub, with the examples of its docstring.
TEST(IsRepoId, TableOfIds) {
  const std::vector<std::pair<std::string, bool>> cases = {
      {"Qwen/Qwen3-32B", true},
      {"gpt2", true},
      {"foobar", true},
      {"foo/bar", true},
      {"123", true},
      {"Foo-BAR_foo.bar123", true},
      {"datasets/foo/bar", false},
      {"foo/bar/", false},
      {".repo_id", false},
      {"foo--bar", false},
      {"foo.git", false},
      {"foo..bar", false},
      {"", false},
      {"/", false},
      {"/model", false},
      {"org/", false},
      {"/models/qwen3", false},
      {"./model", false},
      {"-org/model", false},
      {"org-/model", false},
      {"org/-model", false},
      {"org/model-", false},
      {"org/model.", false},
      {"or g/model", false},
      {"org/mo$del", false},
      {"org/model:Q4_K_M", false},
      {"org/model@main", false},
      {"org/model\n", false},
      {"hf://org/model", false},
      {"org/" + std::string(96, 'm'), true},
      {"org/" + std::string(97, 'm'), false},
  };
  for (const auto& [text, valid] : cases) {
    EXPECT_EQ(is_repo_id(text), valid) << "\"" << text << "\"";
  }
}

TEST(DescribeRevision, SaysWhatItIsAndWhyItPinsNothing) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"main", "the branch main, which moves"},
      {"v1.0", "a branch or tag, which can move"},
      {"refs/pr/12", "a pull request, which can change"},
      {"9216db5", "a short SHA, which huggingface_hub does not take for a commit"},
      {"9216DB5", "a short SHA, which huggingface_hub does not take for a commit"},
      {"9216db", "a branch or tag, which can move"},
      {"9216DB5781BF21249D130EC9DA846C4624C16137",
       "a commit SHA in upper case, which huggingface_hub does not take for a commit"},
      {std::string(41, 'a'), "a branch or tag, which can move"},
      {"", "a branch or tag, which can move"},
  };
  for (const auto& [revision, expected] : cases) {
    EXPECT_EQ(describe_revision(revision), expected) << revision;
  }
}

TEST(CommitCommand, CanBeCopiedToAShell) {
  EXPECT_EQ(commit_command("Qwen/Qwen3-32B"), "git ls-remote https://huggingface.co/Qwen/Qwen3-32B HEAD");
}

// parse_hf_uri of huggingface_hub (utils/_hf_uris.py).
TEST(ParseHubUri, TableOfUris) {
  struct Case {
    std::string uri;
    const char* repo;  // nullptr: no such URI
    std::string revision;
  };
  const std::vector<Case> cases = {
      {"hf://org/model", "org/model", ""},
      {"hf://models/org/model", "org/model", ""},
      {"hf://org/model/config.json", "org/model", ""},
      {"hf://org/model@main", "org/model", "main"},
      {"hf://org/model@" + kCommit + "/sub/file", "org/model", kCommit},
      {"hf://org/model@refs/pr/10", "org/model", "refs/pr/10"},
      {"hf://org/model@refs/pr/10/config.json", "org/model", "refs/pr/10"},
      {"hf://org/model@refs/convert/parquet/x", "org/model", "refs/convert/parquet"},
      {"hf://org/model/file@odd", "org/model", ""},
      {"hf://org/model@", "org/model", ""},
      {"hf://org", nullptr, ""},
      {"hf://", nullptr, ""},
      {"hf:///model", nullptr, ""},
      {"hf://org//model", nullptr, ""},
      {"hf://org/model--x", nullptr, ""},
      {"hf://datasets/org/data", nullptr, ""},
      {"hf://spaces/org/app", nullptr, ""},
      {"hf://buckets/org/bucket", nullptr, ""},
      {"HF://org/model", nullptr, ""},
      {"org/model", nullptr, ""},
      {"https://huggingface.co/org/model", nullptr, ""},
      {"", nullptr, ""},
  };
  for (const Case& test : cases) {
    const std::optional<HubUri> uri = parse_hub_uri(test.uri);
    ASSERT_EQ(uri.has_value(), test.repo != nullptr) << test.uri;
    if (uri) {
      EXPECT_EQ(uri->repo, test.repo) << test.uri;
      EXPECT_EQ(uri->revision, test.revision) << test.uri;
    }
  }
}

}  // namespace
}  // namespace warmgate::api
