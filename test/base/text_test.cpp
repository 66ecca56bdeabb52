#include "warmgate/base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace warmgate::base {
namespace {

using ::testing::ElementsAre;

struct Utf8Case {
  const char* what;
  std::string text;
  std::optional<std::size_t> invalid_at;
  std::string mended;  // "?" stands for U+FFFD
};

std::string with_replacements(std::string text) {
  for (std::size_t at = text.find('?'); at != std::string::npos; at = text.find('?', at)) {
    text.replace(at, 1, "\xEF\xBF\xBD");
  }
  return text;
}

// Table 3-7 of the Unicode Standard: the ends of each row, and what lies just outside.
const std::vector<Utf8Case>& utf8_cases() {
  static const std::vector<Utf8Case> cases = {
      {"empty", "", std::nullopt, ""},
      {"ASCII with NUL", std::string("a\0b", 3), std::nullopt, std::string("a\0b", 3)},
      {"U+0080", "\xC2\x80", std::nullopt, "\xC2\x80"},
      {"U+07FF", "\xDF\xBF", std::nullopt, "\xDF\xBF"},
      {"U+0800", "\xE0\xA0\x80", std::nullopt, "\xE0\xA0\x80"},
      {"U+D7FF", "\xED\x9F\xBF", std::nullopt, "\xED\x9F\xBF"},
      {"U+E000", "\xEE\x80\x80", std::nullopt, "\xEE\x80\x80"},
      {"U+FFFF", "\xEF\xBF\xBF", std::nullopt, "\xEF\xBF\xBF"},
      {"U+10000", "\xF0\x90\x80\x80", std::nullopt, "\xF0\x90\x80\x80"},
      {"U+10FFFF", "\xF4\x8F\xBF\xBF", std::nullopt, "\xF4\x8F\xBF\xBF"},
      {"lone continuation byte", "a\x80z", 1, "a?z"},
      {"overlong slash in two bytes", "\xC0\xAF", 0, "??"},
      {"overlong U+007F", "\xC1\xBF", 0, "??"},
      {"overlong in three bytes", "\xE0\x9F\xBF", 0, "???"},
      {"overlong in four bytes", "\xF0\x8F\xBF\xBF", 0, "????"},
      {"high surrogate U+D800", "ab\xED\xA0\x80", 2, "ab???"},
      {"low surrogate U+DFFF", "\xED\xBF\xBF", 0, "???"},
      {"U+110000", "\xF4\x90\x80\x80", 0, "????"},
      {"lead byte F5", "\xF5\x80\x80\x80", 0, "????"},
      {"bytes FE and FF", "\xFE\xFF", 0, "??"},
      {"two of three bytes", "x\xE2\x82", 1, "x??"},
      {"three of four bytes", "\xF0\x9F\x98", 0, "???"},
      {"a letter where a continuation is due", "\xC3(", 0, "?("},
      {"valid again after a broken start", "\xE2\xC3\xA9", 0, "?\xC3\xA9"},
  };
  return cases;
}

TEST(Utf8, TheFirstInvalidByteIsFound) {
  for (const Utf8Case& test : utf8_cases()) {
    EXPECT_EQ(first_invalid_utf8(test.text), test.invalid_at) << test.what;
  }
}

TEST(Utf8, InvalidBytesBecomeReplacementCharacters) {
  for (const Utf8Case& test : utf8_cases()) {
    const std::string mended = to_valid_utf8(test.text);
    EXPECT_EQ(mended, with_replacements(test.mended)) << test.what;
    EXPECT_EQ(first_invalid_utf8(mended), std::nullopt) << test.what;
  }
}

TEST(Utf8, CodePointsAreCountedNotBytes) {
  EXPECT_EQ(count_code_points(""), 0U);
  EXPECT_EQ(count_code_points("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), 4U);
}

TEST(OneLine, TableOfTextsAndLimits) {
  struct Case {
    const char* what;
    std::string text;
    std::size_t limit;
    std::string expected;
  };
  const std::string ellipsis = "\xE2\x80\xA6";
  const std::vector<Case> cases = {
      {"short enough", "abc", 3, "abc"},
      {"one too long", "abcd", 3, "ab" + ellipsis},
      {"limit of one", "ab", 1, ellipsis},
      {"one character in a limit of one", "a", 1, "a"},
      {"limit of nothing", "ab", 0, ""},
      {"empty", "", 5, ""},
      {"code points count, not bytes", "\xC3\xA9\xC3\xA9\xC3\xA9", 3, "\xC3\xA9\xC3\xA9\xC3\xA9"},
      {"cut between code points", "\xC3\xA9\xC3\xA9\xC3\xA9", 2, "\xC3\xA9" + ellipsis},
      {"line breaks and tabs", "a\r\nb\tc", 9, "a  b c"},
      {"NUL", std::string("a\0b", 3), 9, "a b"},
      {"terminal escape", "\x1B[31mred\x7F", 20, " [31mred "},
      {"marks of direction: U+061C, U+200E, U+200F", "a\xD8\x9C\xE2\x80\x8E\xE2\x80\x8Fz", 20, "a   z"},
      {"embeddings and overrides: U+202A and U+202E", "a\xE2\x80\xAA\xE2\x80\xAEz", 20, "a  z"},
      {"isolates: U+2066 and U+2069", "a\xE2\x81\xA6\xE2\x81\xA9z", 20, "a  z"},
      {"separators of lines and paragraphs: U+2028, U+2029", "a\xE2\x80\xA8\xE2\x80\xA9z", 20, "a  z"},
      {"their neighbours: U+061B, U+200D, U+2010, U+2027, U+202F, U+2065, U+206A",
       "\xD8\x9B\xE2\x80\x8D\xE2\x80\x90\xE2\x80\xA7\xE2\x80\xAF\xE2\x81\xA5\xE2\x81\xAA", 20,
       "\xD8\x9B\xE2\x80\x8D\xE2\x80\x90\xE2\x80\xA7\xE2\x80\xAF\xE2\x81\xA5\xE2\x81\xAA"},
      {"C1 controls: CSI as one character, and the ends of the range",
       "a\xC2\x9B"
       "31m\xC2\x80\xC2\x9F",
       20, "a 31m  "},
      {"no-break space is no control",
       "a\xC2\xA0"
       "b",
       9,
       "a\xC2\xA0"
       "b"},
      {"invalid UTF-8",
       "a\xFF"
       "b",
       9,
       "a\xEF\xBF\xBD"
       "b"},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(one_line(test.text, test.limit), test.expected) << test.what;
  }
}

TEST(Words, TrimLowerSplitAndJoin) {
  EXPECT_EQ(trim(" \t\r\n\f\va b\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(to_lower("AZaz09\xC3\x84"), "azaz09\xC3\x84");
  EXPECT_THAT(split("a,,b,", ','), ElementsAre("a", "", "b", ""));
  EXPECT_THAT(split("", ','), ElementsAre(""));
  EXPECT_EQ(join(std::vector<std::string>{"a", "b", ""}, ", "), "a, b, ");
  EXPECT_EQ(join(std::vector<std::string>{}, ", "), "");
}

TEST(GlobMatch, TableOfPatterns) {
  struct Case {
    const char* pattern;
    const char* text;
    bool matches;
  };
  const std::vector<Case> cases = {
      {"", "", true},
      {"", "a", false},
      {"*", "", true},
      {"*", "anything", true},
      {"**", "a", true},
      {"team-*", "team-", true},
      {"team-*", "team-a", true},
      {"team-*", "team", false},
      {"*-prod", "eu-prod", true},
      {"*-prod", "eu-prod2", false},
      {"a*b*c", "aXbYc", true},
      {"a*b*c", "aXcYb", false},
      {"*ab", "aab", true},
      {"*aab*", "aaab", true},
      {"a", "A", false},
      {"a?c", "abc", false},
      {"[a]", "a", false},
      {"a*", "a*b", true},
      {"sand.box", "sandxbox", false},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(glob_match(test.pattern, test.text), test.matches) << test.pattern << " on " << test.text;
  }
}

TEST(GlobMatch, ManyStarsDoNotBacktrackWithoutEnd) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) {
    pattern += "a*";
  }
  // With a branch for each star this would be more steps than there are atoms.
  EXPECT_FALSE(glob_match(pattern + "b", std::string(5000, 'a')));
  EXPECT_TRUE(glob_match(pattern, std::string(5000, 'a')));
}

TEST(ClosestMatch, AtMostTwoEditsAndTheNearestWins) {
  const std::vector<std::string> names = {"rules", "namespaces", "ownedPods", "inject"};
  EXPECT_EQ(closest_match("rule", names), "rules");
  EXPECT_EQ(closest_match("ruels", names), "rules");
  EXPECT_EQ(closest_match("namespace", names), "namespaces");
  EXPECT_EQ(closest_match("injection", names), std::nullopt);
  EXPECT_EQ(closest_match("", names), std::nullopt);
  EXPECT_EQ(closest_match("rules", std::vector<std::string>{}), std::nullopt);
  EXPECT_EQ(closest_match("abcd", std::vector<std::string>{"abxx", "abcx", "abcy"}), "abcx");
}

TEST(ClosestMatch, MegabytesAreComparedByLengthOnly) {
  const std::vector<std::string> names(1000, std::string(1000, 'a'));
  // The whole table would be 10^13 cells.
  std::string word;
  word.resize(10'000'000, 'a');
  EXPECT_EQ(closest_match(word, names), std::nullopt);
}

TEST(Base64, Rfc4648VectorsBothWays) {
  const std::vector<std::pair<std::string, std::string>> vectors = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(base64_decode(text), bytes);
  }
}

TEST(Base64, EveryByteComesBack) {
  std::string bytes;
  for (int round = 0; round < 3; ++round) {
    for (int byte = 0; byte < 256; ++byte) {
      bytes += static_cast<char>(byte);
    }
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
    bytes += 'x';
  }
}

TEST(Base64, WhatIsNotStandardBase64IsRefused) {
  for (const std::string text : {"Z", "Zg", "Zg=", "Zm9vY===", "====", "=Zg=", "Z===", "Zg=v", "Zg==Zg==", "Zm9v\n",
                                 "Zm 9", "Zm-_", "Zm9v!!!!", "\xFF\xFF\xFF\xFF"}) {
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace warmgate::base
