#include "warmgate/base/embedded.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <utility>

#include "support/paths.h"
#include "warmgate/base/version.h"

namespace warmgate::base {
namespace {

TEST(Embedded, EveryDataFileOfTheSourceIsThereByteForByte) {
  const std::filesystem::path root = testing::source_dir();
  std::size_t count = 0;
  for (const auto& [folder, extension] : {std::pair("policies", ".yaml"), std::pair("src", ".sh")}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      if (entry.path().extension() != extension) {
        continue;
      }
      const std::string path = std::filesystem::relative(entry.path(), root).generic_string();
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string content{std::istreambuf_iterator<char>(file), {}};
      EXPECT_EQ(embedded_file(path), content) << path;
      ++count;
    }
  }
  EXPECT_EQ(embedded_files().size(), count);
  EXPECT_TRUE(embedded_file("policies/default.yaml"));
}

TEST(Embedded, OtherPathsAreNotThere) {
  EXPECT_EQ(embedded_file(""), std::nullopt);
  EXPECT_EQ(embedded_file("default.yaml"), std::nullopt);
  EXPECT_EQ(embedded_file("policies"), std::nullopt);
}

TEST(Version, HasThreeNumbers) {
  EXPECT_TRUE(std::regex_match(std::string(version()), std::regex(R"(\d+\.\d+\.\d+)"))) << version();
}

}  // namespace
}  // namespace warmgate::base
