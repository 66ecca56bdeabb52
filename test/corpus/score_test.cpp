// That the truth is well formed and that a wrong claim is told from a right one: the corpus is not needed.
#include <gtest/gtest.h>

#include <set>

#include "corpus/corpus.h"

namespace warmgate::testing {
namespace {

Use use(const std::string& repo, const std::string& revision = "", bool verifiable = true) {
  Use out;
  out.object = "Pod/a";
  out.container = "vllm";
  out.verb = "serve";
  out.role = "weights";
  out.repo = repo;
  out.revision = revision;
  out.verifiable = verifiable;
  return out;
}

TEST(CorpusScore, TruthIsAboutSixtyFilesAndSaysWhereItIsPinned) {
  std::set<std::string> paths;
  for (const FileTruth& truth : all_truths()) {
    EXPECT_TRUE(paths.insert(truth.path).second) << truth.path;
    EXPECT_TRUE(!truth.unreadable || truth.uses.empty()) << truth.path;
    for (const Use& truth_use : truth.uses) {
      EXPECT_EQ(truth_use.pinned, truth_use.revision.size() == 40) << truth.path;
      EXPECT_TRUE(truth_use.repo || truth_use.verifiable != true) << truth.path;
    }
  }
  EXPECT_EQ(paths.size(), 60U);
}

TEST(CorpusScore, OfAClaimEveryFieldCounts) {
  const Use truth = use("a/b", "main");
  EXPECT_TRUE(agrees(truth, truth));
  EXPECT_FALSE(agrees(truth, use("a/c", "main")));
  EXPECT_FALSE(agrees(truth, use("a/b")));
  EXPECT_FALSE(agrees(truth, use("a/b", "main", false)));
  for (auto member : {&Use::container, &Use::verb, &Use::role}) {
    Use claim = truth;
    claim.*member = "other";
    EXPECT_FALSE(agrees(truth, claim));
    Use open = truth;
    open.*member = std::nullopt;
    EXPECT_TRUE(agrees(open, claim));
  }
  for (auto member : {&Use::pinned, &Use::local}) {
    Use claim = truth;
    claim.*member = true;
    EXPECT_FALSE(agrees(truth, claim));
  }
  Use claim = truth;
  claim.object = "Pod/b";
  EXPECT_FALSE(agrees(truth, claim));
}

TEST(CorpusScore, AUseThatCannotBeVerifiedMayBeSilentAboutTheRepositoryButNotWrong) {
  Use truth = use("a/b", "main", false);
  EXPECT_TRUE(agrees(truth, use("", "", false)));
  EXPECT_TRUE(agrees(truth, use("a/b", "main", false)));
  EXPECT_FALSE(agrees(truth, use("a/c", "main", false)));
  EXPECT_FALSE(agrees(truth, use("a/b", "main", true)));
  truth.verifiable = std::nullopt;
  EXPECT_TRUE(agrees(truth, use("a/b", "main", true)));
  EXPECT_FALSE(agrees(truth, use("", "", true)));
}

}  // namespace
}  // namespace warmgate::testing
