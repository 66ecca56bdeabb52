#include "warmgate/api/waits_for.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace warmgate::api {
namespace {

const std::string kCommit = "9216db5781bf21249d130ec9da846c4624c16137";
const std::string kOther = "d47b0d4ae4b48fde975756bf360a63a9cca8d470";
const std::string kLongName(253, 'a');
const std::string kQwen = "qwen=Qwen/Qwen3-32B@" + kCommit;

TEST(WaitsFor, ReadsWhatItWrites) {
  const std::vector<WaitedFor> all = {{"qwen", "Qwen/Qwen3-32B", kCommit}, {"a.b-c", "org/draft_1.0", kOther}};
  EXPECT_EQ(format_waits_for(all), kQwen + ",a.b-c=org/draft_1.0@" + kOther);
  EXPECT_EQ(parse_waits_for(format_waits_for(all)), all);
}

TEST(WaitsFor, TakesBlanksAroundEntriesAndEachEntryOnce) {
  const std::vector<WaitedFor> one = {{"qwen", "Qwen/Qwen3-32B", kCommit}};
  EXPECT_EQ(parse_waits_for(" " + kQwen + " ,\n" + kQwen), one);
}

TEST(WaitsFor, ReadsNothingOfAListThatIsWrongAnywhere) {
  std::string too_many = kQwen;
  for (std::size_t i = 0; i < kMaxWaitedFor; ++i) {
    too_many.append(",c").append(std::to_string(i)).append("=org/name@").append(kCommit);
  }
  const std::vector<std::string> texts = {
      "",
      ",",
      "qwen",
      "qwen=Qwen/Qwen3-32B",
      "Qwen/Qwen3-32B@" + kCommit,
      "=Qwen/Qwen3-32B@" + kCommit,
      "qwen=@" + kCommit,
      "qwen=Qwen3-32B@" + kCommit,
      "qwen=Qwen/Qwen3-32B@main",
      "qwen=Qwen/Qwen3-32B@" + kCommit.substr(1),
      "qwen@" + kCommit + "=Qwen/Qwen3-32B",
      "Qwen=Qwen/Qwen3-32B@" + kCommit,
      "../secrets/x=Qwen/Qwen3-32B@" + kCommit,
      "a..b=Qwen/Qwen3-32B@" + kCommit,
      "-a=Qwen/Qwen3-32B@" + kCommit,
      "a.=Qwen/Qwen3-32B@" + kCommit,
      "a" + kLongName + "=Qwen/Qwen3-32B@" + kCommit,
      "qwen=Qwen/../etc@" + kCommit,
      kQwen + ",",
      kQwen + ",draft",
      kQwen + ";" + kQwen,
      std::string("qwen=Qwen/Qwen3-32B@") + '\0' + kCommit,
      std::string(200'000, ','),
      std::string(200'000, 'a'),
      too_many,
  };
  for (const std::string& text : texts) {
    EXPECT_EQ(parse_waits_for(text), std::nullopt) << text.substr(0, 100);
  }
  EXPECT_NE(parse_waits_for(kLongName + "=Qwen/Qwen3-32B@" + kCommit), std::nullopt);
  EXPECT_EQ(parse_waits_for(too_many.substr(0, too_many.rfind(',')))->size(), kMaxWaitedFor);
}

}  // namespace
}  // namespace warmgate::api
