// The real program on every file of the corpus, each alone: it ends in time, with an exit code of its contract, and
// never by an internal error.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "cli/program.h"
#include "corpus/corpus.h"
#include "support/paths.h"

namespace warmgate::testing {
namespace {

namespace fs = std::filesystem;

struct Command {
  const char* name;
  const char* arguments;
  const char* codes;  // as a pattern of sh
};

void PrintTo(const Command& command, std::ostream* out) { *out << command.name; }

// Each folder of the corpus has a file in test/corpus/truth of the same name.
std::vector<std::string> folders() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(fs::path(source_dir()) / "test" / "corpus" / "truth")) {
    names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Prints "seen" for every file below the folder, and to standard output each where the program took more than 20 s (the
// slowest takes a tenth of one), ended with another exit code or by a signal, or told of an internal error.
std::string script(const std::string& folder, const Command& command) {
  return "cd \"$(dirname \"$0\")\"\n"
         "find '" +
         folder +
         "' -type f \\( -name '*.yaml' -o -name '*.yml' -o -name '*.json' \\) |\n"
         "while read -r file; do\n"
         "  timeout 20 '" +
         binary() + "' " + command.arguments +
         " \"$file\" >/dev/null 2>messages </dev/null\n"
         "  code=$?\n"
         "  case $code in " +
         command.codes +
         ") ;; *) echo \"$file: exit code $code\" ;; esac\n"
         "  ! grep -H 'internal error' messages || echo \"$file\"\n"
         "  echo seen >&2\n"
         "done";
}

class EveryFile : public ::testing::TestWithParam<std::tuple<Command, std::string>> {};

TEST_P(EveryFile, EndsWithAnExitCodeOfItsContract) {
  if (corpus_root().empty()) {
    GTEST_SKIP() << kNoCorpus;
  }
  const auto& [command, folder] = GetParam();
  const Ran ran = run(script(corpus_root() + "/" + folder, command));
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err.substr(0, 5), "seen\n");
}

std::string test_name(const std::string& command, std::string folder) {
  std::replace_if(
      folder.begin(), folder.end(), [](char c) { return c == '+' || c == '-'; }, '_');
  return command + "_" + folder;
}

INSTANTIATE_TEST_SUITE_P(Commands, EveryFile,
                         ::testing::Combine(::testing::Values(Command{"inspect", "inspect --format json", "0|2"},
                                                              Command{"lint", "lint", "0|1|2"}),
                                            ::testing::ValuesIn(folders())),
                         [](const auto& test) {
                           return test_name(std::get<0>(test.param).name, std::get<1>(test.param));
                         });

TEST(EveryFolder, OfTheCorpusHasATruth) {
  if (corpus_root().empty()) {
    GTEST_SKIP() << kNoCorpus;
  }
  const std::vector<std::string> names = folders();
  for (const auto& entry : fs::directory_iterator(corpus_root())) {
    EXPECT_TRUE(!entry.is_directory() ||
                std::binary_search(names.begin(), names.end(), entry.path().filename().string()))
        << entry.path();
  }
}

}  // namespace
}  // namespace warmgate::testing
