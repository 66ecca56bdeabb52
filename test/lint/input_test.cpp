// Which files a path stands for, and that nothing is skipped in silence.
#include "warmgate/lint/input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <iostream>
#include <sstream>

#include "support/temp_directory.h"
#include "warmgate/document/read.h"
#include "warmgate/lint/linter.h"

namespace warmgate::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace fs = std::filesystem;

std::vector<std::string> names(const lint::Inputs& inputs) {
  std::vector<std::string> out;
  for (const auto& source : inputs.texts) {
    out.push_back(source->name());
  }
  return out;
}

// "path: message", all of WG007.
std::vector<std::string> problems(const lint::Inputs& inputs) {
  std::vector<std::string> out;
  for (const lint::Diagnostic& problem : inputs.problems) {
    EXPECT_EQ(problem.rule, "WG007");
    EXPECT_EQ(problem.slug, "unreadable");
    EXPECT_FALSE(problem.help.empty());
    out.push_back(problem.file + ": " + problem.message);
  }
  return out;
}

TEST(Inputs, OfADirectoryAreItsManifestsSortedWithoutDotNames) {
  const TempDirectory folder;
  for (const char* name : {"b.yaml", "a.yml", "c.json", "d.txt", "README", ".hidden.yaml", ".git/config.yaml",
                           "sub/z.yaml", "sub/deep/y.yaml", "Z.yaml"}) {
    folder.write(name, "a: 1\n");
  }
  const lint::Inputs inputs = lint::read_inputs({folder.path()});
  EXPECT_THAT(names(inputs),
              ElementsAre(folder.path("Z.yaml"), folder.path("a.yml"), folder.path("b.yaml"), folder.path("c.json"),
                          folder.path("sub/deep/y.yaml"), folder.path("sub/z.yaml")));
  EXPECT_THAT(problems(inputs), IsEmpty());
}

TEST(Inputs, KeepTheOrderOfThePathsAndReadAnyNameThatIsGiven) {
  const TempDirectory folder;
  const std::string second = folder.write("b.txt", "b");
  const std::string first = folder.write("a.yaml", "a");
  const lint::Inputs inputs = lint::read_inputs({second, first});
  EXPECT_THAT(names(inputs), ElementsAre(second, first));
  EXPECT_EQ(inputs.texts[0]->text(), "b");
}

TEST(Inputs, HoldAFileOnceHoweverManyPathsLeadToIt) {
  const TempDirectory folder;
  const std::string file = folder.write("a.yaml", "a");
  const std::string other = folder.write("sub/b.yaml", "b");
  EXPECT_THAT(names(lint::read_inputs({file, file, folder.path("./a.yaml")})), ElementsAre(file));
  EXPECT_THAT(names(lint::read_inputs({other, folder.path()})), ElementsAre(other, file));
  EXPECT_THAT(names(lint::read_inputs({folder.path(), other, folder.path("sub")})), ElementsAre(file, other));
  fs::create_symlink(file, folder.path("link.yaml"));
  EXPECT_THAT(names(lint::read_inputs({folder.path("link.yaml"), file})), ElementsAre(folder.path("link.yaml")));
  const std::string twin = folder.write("twin.yaml", "a");
  EXPECT_THAT(names(lint::read_inputs({file, twin})), ElementsAre(file, twin)) << "alike is not the same";
}

TEST(Inputs, ReportAMissingPathAndReadTheOthers) {
  const TempDirectory folder;
  const std::string there = folder.write("a.yaml", "a");
  const lint::Inputs inputs = lint::read_inputs({folder.path("gone.yaml"), there});
  EXPECT_THAT(names(inputs), ElementsAre(there));
  EXPECT_THAT(problems(inputs),
              ElementsAre(folder.path("gone.yaml") + ": cannot be read: there is no file or directory of this name"));
}

TEST(Inputs, ReportAFileThatMayNotBeRead) {
  const TempDirectory folder;
  const std::string file = folder.write("secret.yaml", "a");
  ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
  ASSERT_EQ(::chmod(file.c_str(), 0), 0);
  // Root may read anything, so it asks as somebody else.
  constexpr uid_t kNobody = 65534;
  const bool root = ::geteuid() == 0;
  ASSERT_TRUE(!root || ::seteuid(kNobody) == 0);
  const lint::Inputs inputs = lint::read_inputs({folder.path()});
  ASSERT_TRUE(!root || ::seteuid(0) == 0);
  EXPECT_THAT(names(inputs), IsEmpty());
  EXPECT_THAT(problems(inputs), ElementsAre(file + ": cannot be read: Permission denied"));
}

TEST(Inputs, ReportALinkThatLeadsBackAndStop) {
  const TempDirectory folder;
  const std::string file = folder.write("sub/a.yaml", "a");
  fs::create_directory_symlink(folder.path(), folder.path("sub/loop"));
  const lint::Inputs inputs = lint::read_inputs({folder.path()});
  EXPECT_THAT(names(inputs), ElementsAre(file));
  EXPECT_THAT(problems(inputs), ElementsAre(HasSubstr("the directory is a link to one of its own parents")));
}

TEST(Inputs, FollowLinksToFilesAndOtherDirectories) {
  const TempDirectory folder;
  const TempDirectory elsewhere;
  elsewhere.write("one.yaml", "a");
  elsewhere.write("sub/a.yaml", "a");
  fs::create_symlink(elsewhere.path("one.yaml"), folder.path("file.yaml"));
  fs::create_directory_symlink(elsewhere.path("sub"), folder.path("more"));
  EXPECT_THAT(names(lint::read_inputs({folder.path()})),
              ElementsAre(folder.path("file.yaml"), folder.path("more/a.yaml")));
}

TEST(Inputs, ReportPipesAndBrokenLinksInADirectoryInsteadOfWaitingForThem) {
  const TempDirectory folder;
  ASSERT_EQ(::mkfifo(folder.path("a.yaml").c_str(), 0600), 0);
  fs::create_symlink(folder.path("nowhere"), folder.path("b.yaml"));
  const lint::Inputs inputs = lint::read_inputs({folder.path()});
  EXPECT_THAT(names(inputs), IsEmpty());
  EXPECT_THAT(problems(inputs),
              ElementsAre(folder.path("a.yaml") + ": cannot be read: it is neither a file nor a directory",
                          folder.path("b.yaml") + ": cannot be read: it is a link to nothing"));
}

TEST(Inputs, ReadStandardInputForADash) {
  std::istringstream text("kind: Pod\n");
  std::streambuf* const before = std::cin.rdbuf(text.rdbuf());
  const lint::Inputs inputs = lint::read_inputs({"-"});
  std::cin.rdbuf(before);
  std::cin.clear();
  ASSERT_THAT(names(inputs), ElementsAre("<stdin>"));
  EXPECT_EQ(inputs.texts[0]->text(), "kind: Pod\n");
}

TEST(Inputs, StopReadingJustOverTheLimit) {
  const TempDirectory folder;
  const std::string file = folder.write("big.yaml", "");
  const std::size_t limit = document::Limits().max_bytes;
  fs::resize_file(file, 2 * limit);
  const lint::Inputs inputs = lint::read_inputs({file});
  ASSERT_EQ(inputs.texts.size(), 1U);
  EXPECT_EQ(inputs.texts[0]->text().size(), limit + 1);
  const lint::Bundle bundle = lint::read_bundle(inputs, {}, {});
  ASSERT_EQ(bundle.problems.size(), 1U);
  EXPECT_EQ(bundle.problems[0].rule, "WG004");
}

TEST(Inputs, OfBinaryDataAreAProblemWithAPlace) {
  const TempDirectory folder;
  const std::string file = folder.write("a.yaml", std::string("\x7f"
                                                              "ELF\x02\x01\x01\0\0\xff\xfe",
                                                              11));
  const lint::Bundle bundle = lint::read_bundle(lint::read_inputs({file}), {}, {});
  ASSERT_EQ(bundle.problems.size(), 1U);
  EXPECT_EQ(bundle.problems[0].rule, "WG001");
  EXPECT_EQ(bundle.problems[0].file, file);
  EXPECT_EQ(bundle.problems[0].begin.line, 1U);
}

}  // namespace
}  // namespace warmgate::testing
