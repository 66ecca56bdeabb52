// Sizes of published repositories (sums of their weight files on the Hub, GB): the estimate is right by a tenth, or
// there is none.
#include "warmgate/models/model_size.h"

#include <gtest/gtest.h>

#include <ostream>

namespace warmgate::models {
namespace {

struct Known {
  std::string repo;
  double gigabytes;
};
void PrintTo(const Known& known, std::ostream* out) { *out << known.repo; }

class PublishedSize : public ::testing::TestWithParam<Known> {};

TEST_P(PublishedSize, IsEstimatedToATenth) {
  const std::optional<std::int64_t> bytes = estimated_bytes(GetParam().repo);
  ASSERT_TRUE(bytes);
  EXPECT_NEAR(static_cast<double>(*bytes) / 1e9, GetParam().gigabytes, GetParam().gigabytes / 10);
}

INSTANTIATE_TEST_SUITE_P(ModelSize, PublishedSize,
                         ::testing::Values(Known{"Qwen/Qwen3-32B", 65.5},
                                           Known{"meta-llama/Llama-3.1-70B-Instruct", 141},
                                           Known{"mistralai/Mixtral-8x7B-Instruct-v0.1", 93.4},
                                           Known{"mistralai/Mixtral-8x22B-v0.1", 281},
                                           Known{"Qwen/Qwen3-30B-A3B", 61.1}, Known{"Qwen/Qwen3-235B-A22B", 470},
                                           Known{"Qwen/Qwen3-32B-AWQ", 19.3}, Known{"Qwen/Qwen3-32B-FP8", 34.1},
                                           Known{"neuralmagic/Meta-Llama-3.1-405B-Instruct-FP8", 410},
                                           Known{"openai/gpt-oss-120b", 65.3}, Known{"tiiuae/falcon-40b", 83.7}));

TEST(ModelSize, IsNotKnownWhereTheNameDoesNotTellIt) {
  for (const char* repo :
       {"", "/", "deepseek-ai/DeepSeek-V3", "meta-llama/Llama-4-Scout-17B-16E-Instruct", "google/gemma-3n-E4B-it",
        "Qwen/Qwen1.5-MoE-A2.7B", "TheBloke/Llama-2-70B-GGUF", "my-org/llama-3-70b-lora", "yuhuili/EAGLE3-LLaMA3.1-8B",
        "org/b", "org/0B", "org/999999999B", "org/model-infB", "org/8x7", "org/x7B", "org/1e9B"}) {
    EXPECT_EQ(estimated_bytes(repo), std::nullopt) << repo;
  }
}

TEST(ModelSize, IsShownWithTwoDigits) {
  EXPECT_EQ(about(64'000'000'000), "about 64 GB");
  EXPECT_EQ(about(1'200'000'000), "about 1.2 GB");
  EXPECT_EQ(about(2'000'000'000), "about 2 GB");
  EXPECT_EQ(about(9'960'000'000), "about 10 GB");
  EXPECT_EQ(about(1'342'000'000'000), "about 1.3 TB");
  EXPECT_EQ(size_note("Qwen/Qwen3-32B"), " (about 64 GB, by its name)");
  EXPECT_EQ(size_note("deepseek-ai/DeepSeek-V3"), "");
}

}  // namespace
}  // namespace warmgate::models
