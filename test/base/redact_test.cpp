#include "warmgate/base/redact.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace warmgate::base {
namespace {

const std::string kTail20 = "abcdefghij0123456789";
const std::string kToken = "hf_" + kTail20;

Redactor knowing(const std::vector<std::string>& secrets) {
  Redactor redact;
  for (const std::string& secret : secrets) {
    redact.add_secret(secret);
  }
  return redact;
}

TEST(HfToken, TableOfShapes) {
  struct Case {
    std::string text;
    std::optional<std::pair<std::size_t, std::size_t>> place;  // begin, length
  };
  const std::vector<Case> cases = {
      {kToken, {{0, 23}}},
      {"api_org_" + kTail20, {{0, 28}}},
      {"HF_TOKEN=" + kToken + " vllm", {{9, 23}}},
      {"https://user:" + kToken + "@huggingface.co", {{13, 23}}},
      {"hf_" + kTail20 + "ABCDEFGHIJKLMN", {{0, 37}}},
      {"hf_" + kTail20.substr(1), std::nullopt},
      {"hf_", std::nullopt},
      {"HF_" + kTail20, std::nullopt},
      {"hf-" + kTail20, std::nullopt},
      {"hf_hub_download_in_a_very_long_name", std::nullopt},
      {"my_" + kToken, std::nullopt},
      {"half" + kToken, std::nullopt},
      {"hf_short " + kToken, {{9, 23}}},
      {kToken + "_tail", {{0, 23}}},
      {"", std::nullopt},
  };
  for (const Case& test : cases) {
    const std::optional<TokenPlace> found = find_hf_token(test.text);
    ASSERT_EQ(found.has_value(), test.place.has_value()) << test.text;
    if (found) {
      EXPECT_EQ(std::pair(found->begin, found->length), *test.place) << test.text;
    }
  }
}

TEST(HfToken, TheSearchGoesOnFromAnOffset) {
  const std::string text = kToken + " api_org_" + kTail20;
  EXPECT_EQ(find_hf_token(text, 1)->begin, 24U);
  EXPECT_EQ(find_hf_token(text, 25), std::nullopt);
  EXPECT_EQ(find_hf_token(text, text.size() + 1), std::nullopt);
}

TEST(Redactor, TokensAreHiddenWithoutBeingKnown) {
  const Redactor redact;
  EXPECT_EQ(redact("a " + kToken + "!" + kToken), "a [redacted]![redacted]");
  EXPECT_EQ(redact("no token: hf_transfer, HF_HOME"), "no token: hf_transfer, HF_HOME");
}

TEST(Redactor, TokensAreHiddenWhereEscapingPutALetterBeforeThem) {
  const Redactor redact;
  EXPECT_EQ(redact(R"("line\n)" + kToken + R"(")"), R"("line\n[redacted]")");
}

TEST(Redactor, KnownSecretsAreHiddenAlsoInsideWords) {
  EXPECT_EQ(knowing({"s3cr3t"})("password=s3cr3t;xs3cr3ty s3cr3"), "password=[redacted];x[redacted]y s3cr3");
}

TEST(Redactor, ALongerSecretWinsOverOneItHolds) {
  for (const auto& secrets : {std::vector<std::string>{"secret", "secret-long"}, {"secret-long", "secret"}}) {
    EXPECT_EQ(knowing(secrets)("secret-long secret"), "[redacted] [redacted]");
  }
}

TEST(Redactor, OverlappingSecretsLeaveNoRest) {
  const Redactor redact = knowing({"abcdefgh", "efghijkl"});
  EXPECT_EQ(redact("<abcdefghijkl>"), "<[redacted]>");
  EXPECT_EQ(redact("<abcdefghefghijkl>"), "<[redacted][redacted]>");
}

TEST(Redactor, ASecretThatIsPartOfTheReplacementIsHiddenOnce) {
  EXPECT_EQ(knowing({"redacted", "secret-value"})("secret-value redacted"), "[redacted] [redacted]");
}

TEST(Redactor, SecretsOfFewerThanSixCharactersAreIgnored) {
  EXPECT_EQ(knowing({"", "true", "12345", "  abc  "})("true 12345 abc"), "true 12345 abc");
  EXPECT_EQ(knowing({"123456"})("123456"), "[redacted]");
}

TEST(Redactor, WhiteSpaceAroundASecretIsNoPartOfIt) {
  EXPECT_EQ(knowing({"  s3cr3t\n"})("token: s3cr3t"), "token: [redacted]");
}

TEST(Redactor, MegabytesOfTokensAreOnePass) {
  const std::size_t count = 100'000;
  std::string text;
  std::string expected;
  for (std::size_t i = 0; i < count; ++i) {
    text += kToken + " ";
    expected += "[redacted] ";
  }
  EXPECT_EQ(Redactor()(text), expected);
}

TEST(Redactor, PlacesAreInOrderAndNeverOneOverAnother) {
  const auto places = [](const std::string& text) {
    std::vector<std::pair<std::size_t, std::size_t>> out;
    for (const TokenPlace& place : knowing({"abcdef", "defghi", "secret"}).places(text)) {
      out.emplace_back(place.begin, place.length);
    }
    return out;
  };
  using Places = std::vector<std::pair<std::size_t, std::size_t>>;
  EXPECT_EQ(places("plain"), Places{});
  EXPECT_EQ(places("secret " + kToken + " secret"), (Places{{0, 6}, {7, 23}, {31, 6}}));
  EXPECT_EQ(places("xabcdefghi"), (Places{{1, 9}}));
  EXPECT_EQ(places("secretabcdef"), (Places{{0, 6}, {6, 6}}));
}

}  // namespace
}  // namespace warmgate::base
