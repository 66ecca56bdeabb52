// Manifests that others wrote, where the folder with them lies beside the source tree.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <vector>

#include "reading.h"
#include "support/paths.h"
#include "warmgate/document/write.h"

namespace warmgate::document {
namespace {

struct File {
  std::string name;
  std::string text;
};

std::vector<File> corpus() {
  namespace fs = std::filesystem;
  std::vector<File> files;
  std::error_code missing;
  fs::recursive_directory_iterator entries(fs::path(testing::source_dir()).parent_path() / "shared" / "corpus",
                                           missing);
  for (const fs::directory_entry& entry : entries) {
    if (entry.is_regular_file() && (entry.path().extension() == ".yaml" || entry.path().extension() == ".yml")) {
      std::ifstream in(entry.path(), std::ios::binary);
      files.push_back({entry.path().string(), {std::istreambuf_iterator<char>(in), {}}});
    }
  }
  return files;
}

TEST(Corpus, IsReadWithHardlyAProblem) {
  const std::vector<File> files = corpus();
  if (files.empty()) {
    GTEST_SKIP() << "no corpus beside the source tree";
  }
  std::size_t documents = 0;
  std::map<ProblemKind, std::size_t> problems;
  for (const File& file : files) {
    const ReadResult result = read(file.text);
    documents += result.documents.size();
    for (const Problem& problem : result.problems) {
      ++problems[problem.kind];
      EXPECT_LE(problem.span.end, file.text.size()) << file.name;
      EXPECT_FALSE(problem.message.empty()) << file.name;
    }
    EXPECT_FALSE(result.documents.empty() && result.problems.empty()) << file.name << " is neither read nor refused";
  }
  EXPECT_GE(documents, files.size());
  EXPECT_EQ(problems[ProblemKind::kOverLimit], 0U) << "real manifests are far below the limits";
  EXPECT_LE(problems[ProblemKind::kUnparsable], files.size() / 50);
  EXPECT_LE(problems[ProblemKind::kNeedsRendering], files.size() / 50);
  EXPECT_LE(problems[ProblemKind::kDuplicateKey], files.size() / 50);
}

TEST(Corpus, YamlOfEachDocumentReadsBackUnchanged) {
  const std::vector<File> files = corpus();
  if (files.empty()) {
    GTEST_SKIP() << "no corpus beside the source tree";
  }
  for (const File& file : files) {
    if (file.text.find("{{") != std::string::npos) {
      continue;
    }
    for (const Document& document : read(file.text).documents) {
      const std::string yaml = to_yaml(document.value(), document);
      const ReadResult again = read(yaml);
      ASSERT_EQ(again.documents.size(), 1U) << file.name << "\n" << yaml;
      EXPECT_TRUE(again.problems.empty()) << file.name;
      EXPECT_EQ(again.documents[0].value(), document.value()) << file.name << "\n" << yaml;
      EXPECT_EQ(again.documents[0].member_order(""), document.member_order("")) << file.name;
    }
  }
}

}  // namespace
}  // namespace warmgate::document
