// What `inspect` claims of public manifests against the truth about them, which was written down before.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "corpus/corpus.h"

namespace warmgate::testing {
namespace {

struct Score {
  std::size_t expected = 0;
  std::size_t found = 0;
  std::string missed;        // one use per line, below its file
  std::string false_claims;  // likewise
  std::string misread;       // files that are readable and were not read, or the reverse
};

bool any_agrees(const std::vector<Use>& truths, const Use& claim) {
  return std::any_of(truths.begin(), truths.end(), [&](const Use& truth) { return agrees(truth, claim); });
}

void add(Score& score, const FileTruth& truth, const Claims& claims) {
  std::string missed;
  for (const Use& use : truth.uses) {
    if (use.optional) {
      continue;
    }
    ++score.expected;
    if (std::any_of(claims.uses.begin(), claims.uses.end(), [&](const Use& claim) { return agrees(use, claim); })) {
      ++score.found;
    } else {
      missed += "\n    " + to_text(use);
    }
  }
  std::set<std::string> invented;
  for (const Use& claim : claims.uses) {
    if (!any_agrees(truth.uses, claim)) {
      invented.insert(to_text(claim));
    }
  }
  score.missed += missed.empty() ? "" : "\n  " + truth.path + missed;
  score.false_claims += invented.empty() ? "" : "\n  " + truth.path;
  for (const std::string& claim : invented) {
    score.false_claims += "\n    " + claim;
  }
  score.misread += claims.read != truth.unreadable ? "" : "\n  " + truth.path;
}

Score score_of_the_corpus() {
  Score score;
  for (const FileTruth& truth : all_truths()) {
    const std::string text = read_text(corpus_root() + "/" + truth.path);
    EXPECT_NE(text, "") << truth.path;
    add(score, truth, inspect(truth.path, text));
  }
  return score;
}

TEST(CorpusTruth, NothingIsClaimedThatIsNotTrue) {
  if (corpus_root().empty()) {
    GTEST_SKIP() << kNoCorpus;
  }
  const Score score = score_of_the_corpus();
  EXPECT_EQ(score.false_claims, "");
  EXPECT_EQ(score.misread, "");
}

TEST(CorpusTruth, At97Of100UsesAreFound) {
  if (corpus_root().empty()) {
    GTEST_SKIP() << kNoCorpus;
  }
  const Score score = score_of_the_corpus();
  EXPECT_GE(score.found * 100, score.expected * 97) << score.found << " of " << score.expected << score.missed;
}

}  // namespace
}  // namespace warmgate::testing
