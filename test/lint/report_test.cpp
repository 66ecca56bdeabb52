// What people and programs read, to the last character.
#include "warmgate/lint/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lint/texts.h"
#include "warmgate/base/text.h"

namespace warmgate::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TextReport, IsExactly) {
  const Linted linted = lint_texts({{"pod.yaml", kPod}});
  EXPECT_EQ(lint::format_text(linted.report, linted.bundle.redactor),
            "pod.yaml:9:23: error[WG101]: container \"vllm\" serves Qwen/Qwen3-32B without --revision: whatever the "
            "branch main is that day\n"
            "  |\n"
            "9 |       args: [--model, Qwen/Qwen3-32B]\n"
            "  |                       ^^^^^^^^^^^^^^\n"
            "  = in: Pod/server /spec/containers/0/args/1\n"
            "  = help: add --revision <commit>; get the commit with: git ls-remote "
            "https://huggingface.co/Qwen/Qwen3-32B HEAD\n"
            "  = more: warmgate explain WG101\n"
            "\n"
            "1 error, 0 warnings, 0 info; checked 1 object with 1 model use in 1 file\n");
}

TEST(JsonReport, IsExactly) {
  const Linted linted = lint_texts({{"pod.yaml", kPod}});
  EXPECT_EQ(lint::format_json(linted.report, linted.bundle.redactor), R"({
  "version": 1,
  "summary": {
    "errors": 1,
    "warnings": 0,
    "infos": 0,
    "files": 1,
    "objects": 1,
    "checked": 1,
    "modelUses": 1
  },
  "findings": [
    {
      "rule": "WG101",
      "slug": "unpinned-revision",
      "severity": "error",
      "message": "container \"vllm\" serves Qwen/Qwen3-32B without --revision: whatever the branch main is that day",
      "file": "pod.yaml",
      "line": 9,
      "column": 23,
      "endLine": 9,
      "endColumn": 37,
      "object": "Pod/server",
      "pointer": "/spec/containers/0/args/1",
      "help": "add --revision <commit>; get the commit with: git ls-remote https://huggingface.co/Qwen/Qwen3-32B HEAD",
      "waived": ""
    }
  ]
}
)");
}

TEST(Reports, WithoutFindingsSayThatToo) {
  const Linted linted = lint_texts({{"cache.yaml", model_cache()}});
  EXPECT_EQ(lint::format_text(linted.report, linted.bundle.redactor),
            "0 errors, 0 warnings, 0 info; checked 1 object with 0 model uses in 1 file\n");
  EXPECT_THAT(lint::format_json(linted.report, linted.bundle.redactor), HasSubstr("\"findings\": []"));
}

// A diagnostic at [begin, end) of the last line of `text`.
std::string excerpt(const std::string& text, std::size_t begin, std::size_t end, const base::Redactor& redact = {}) {
  const auto source = std::make_shared<document::SourceText>("a.yaml", text);
  const std::size_t start = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
  lint::Report report;
  lint::Diagnostic diagnostic;
  diagnostic.rule = "WG101";
  diagnostic.file = "a.yaml";
  diagnostic.source = source;
  diagnostic.begin = source->position(start + begin);
  diagnostic.end = source->position(start + end);
  report.diagnostics.push_back(diagnostic);
  const std::string out = lint::format_text(report, redact);
  const std::size_t from = out.find('\n') + 1;
  return out.substr(from, out.find("  = more") - from);
}

TEST(Excerpt, PutsTheCaretUnderMultiByteCharacters) {
  EXPECT_EQ(excerpt("n\xC3\xA4me: \xE6\xA8\xA1\xE5\x9E\x8B x", 7, 13),
            "  |\n1 | n\xC3\xA4me: \xE6\xA8\xA1\xE5\x9E\x8B x\n  |       ^^\n");
}

TEST(Excerpt, ShowsTabsAsOneColumn) { EXPECT_EQ(excerpt("\t\"a\":\t7", 6, 7), "  |\n1 |  \"a\": 7\n  |       ^\n"); }

TEST(Excerpt, HasACaretForAnEmptyPlace) { EXPECT_EQ(excerpt("a:", 2, 2), "  |\n1 | a:\n  |   ^\n"); }

TEST(Excerpt, MakesRoomForTheLineNumber) {
  std::string text(99, '\n');
  text += "a: b";
  EXPECT_EQ(excerpt(text, 3, 4), "    |\n100 | a: b\n    |    ^\n");
}

TEST(Excerpt, IsCutAroundThePlaceInALongLine) {
  const std::string line = std::string(500, 'a') + "HERE" + std::string(500, 'b');
  const std::string out = excerpt(line, 500, 504);
  EXPECT_EQ(out, "  |\n1 | ..." + std::string(80, 'a') + "HERE" + std::string(79, 'b') + "\xE2\x80\xA6\n  | " +
                     std::string(83, ' ') + "^^^^\n");
}

TEST(Excerpt, HidesTokensAndKeepsTheCaretInItsPlace) {
  const std::string line = "a: " + kToken + " model";
  const std::size_t at = line.find("model");
  EXPECT_EQ(excerpt(line, at, at + 5), "  |\n1 | a: [redacted] model\n  |               ^^^^^\n");
  EXPECT_EQ(excerpt(line, 3, 3 + kToken.size()), "  |\n1 | a: [redacted] model\n  |    ^^^^^^^^^^\n");
  // A place inside the token: only the whole line hides it.
  EXPECT_THAT(excerpt(line, 8, 12), Not(HasSubstr("abcd")));
  base::Redactor redact;
  redact.add_secret("of another shape");
  EXPECT_EQ(excerpt("x: of another shape", 3, 19, redact), "  |\n1 | x: [redacted]\n  |    ^^^^^^^^^^\n");
}

TEST(Excerpt, ShowsASecretThatThePlaceCutsAsAWhole) {
  const std::string line = "a: " + kToken + " model";
  for (const auto& [begin, end] :
       std::vector<std::pair<std::size_t, std::size_t>>{{8, 12}, {3, 12}, {8, 3 + kToken.size()}, {8, 8}}) {
    EXPECT_EQ(excerpt(line, begin, end), "  |\n1 | a: [redacted] model\n  |    ^^^^^^^^^^\n") << begin;
  }
  EXPECT_EQ(excerpt(line, 1, 12), "  |\n1 | a: [redacted] model\n  |  ^^^^^^^^^^^^\n");
}

TEST(Excerpt, HidesASecretThatEndsInWhatIsShownOfALongLine) {
  const std::string secret(3000, 's');
  base::Redactor redact;
  redact.add_secret(secret);
  const std::string line = "x: " + secret + " HERE " + secret + " y";
  const std::size_t at = line.find("HERE");
  EXPECT_EQ(excerpt(line, at, at + 4, redact), "  |\n1 | ...[redacted] HERE [redacted]\n  |               ^^^^\n");
}

// The secrets of a line are found once for all findings in it: each is shown as it would be alone, and the line of
// another file with the same number is another line.
TEST(TextReport, ShowsEachOfManyFindingsInALineWithSecretsAsIfItWereAlone) {
  base::Redactor redact;
  redact.add_secret("of another shape");
  lint::Report many;
  std::string alone;
  std::vector<std::shared_ptr<const document::SourceText>> sources;
  const std::vector<std::string> texts = {"a: " + kToken + " b: of another shape c: d",
                                          "one: two: three: of another shape",
                                          "\xE6\xA8\xA1 " + kToken + " " + kToken + " end"};
  for (const std::string& text : texts) {
    sources.push_back(std::make_shared<document::SourceText>("a.yaml", text));
    for (std::size_t at = 0; at + 3 <= text.size(); at += 3) {
      lint::Diagnostic diagnostic;
      diagnostic.rule = "WG101";
      diagnostic.file = "a.yaml";
      diagnostic.source = sources.back();
      diagnostic.begin = sources.back()->position(at);
      diagnostic.end = sources.back()->position(at + 3);
      many.diagnostics.push_back(diagnostic);
      lint::Report one;
      one.diagnostics.push_back(diagnostic);
      const std::string shown = lint::format_text(one, redact);
      alone += shown.substr(0, shown.rfind("1 error,"));
    }
  }
  const std::string together = lint::format_text(many, redact);
  EXPECT_EQ(together.substr(0, together.rfind(std::to_string(many.diagnostics.size()) + " error")), alone);
  EXPECT_THAT(together, Not(HasSubstr(kToken.substr(3, 12))));
  EXPECT_THAT(together, Not(HasSubstr("another")));
}

// Ten thousand findings in one line of JSON that also holds a secret: in time, which ctest limits, only if no finding
// makes the whole line be looked at again.
TEST(Reports, OfTenThousandFindingsInOneLineAreWritten) {
  std::string json = R"({"apiVersion":"v1","kind":"List","items":[)";
  for (int i = 0; i < 10'000; ++i) {
    json += (i == 0 ? R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"\u00e4\u00c3)"
                    : R"(,{"apiVersion":"v1","kind":"Pod","metadata":{"name":"ä)") +
            std::to_string(i) +
            R"("},"spec":{"containers":[{"name":"c","image":"vllm/vllm-openai:v0.11.0","args":["--model","a/b"]}]}})";
  }
  json +=
      R"(,{"apiVersion":"v1","kind":"Secret","metadata":{"name":")" + kToken + R"("},"stringData":{"a":"secret"}}]})";
  const Linted linted = lint_texts({{"pods.json", json}});
  EXPECT_EQ(linted.report.diagnostics.size(), 10'000U);
  const std::string last_place = std::to_string(base::count_code_points(json.substr(0, json.rfind("\"a/b\""))) + 1);
  EXPECT_THAT(lint::format_text(linted.report, linted.bundle.redactor),
              HasSubstr("pods.json:1:" + last_place + ": error[WG101]"));
  EXPECT_THAT(lint::format_json(linted.report, linted.bundle.redactor), HasSubstr("\"column\": " + last_place + ","));
}

TEST(Reports, NeverPrintATokenOrAnEscapeSequence) {
  std::string text = kPod +
                     "      env:\n"
                     "        - {name: HF_TOKEN, value: odd-shaped-secret}\n"
                     "        - {name: X, value: \"odd-shaped-secret and " +
                     kToken +
                     "\"}\n"
                     "    - name: \"\\e[31mred\\nline\"\n"
                     "      image: vllm/vllm-openai:v0.11.0\n"
                     "      args: [--model, odd-shaped-secret]\n";
  const Linted linted = lint_texts({{"a\nb.yaml", text}});
  const std::string report = lint::format_text(linted.report, linted.bundle.redactor);
  EXPECT_THAT(report, HasSubstr("WG501"));
  EXPECT_THAT(report, HasSubstr("a b.yaml:"));
  EXPECT_THAT(report, HasSubstr("container \" [31mred line\""));
  for (const std::string& out : {report, lint::format_json(linted.report, linted.bundle.redactor),
                                 lint::format_inspection(linted.bundle, knowledge(), false),
                                 lint::format_inspection_text(linted.bundle, knowledge(), false)}) {
    EXPECT_THAT(out, Not(HasSubstr("odd-shaped")));
    EXPECT_THAT(out, Not(HasSubstr(kToken)));
    EXPECT_THAT(out, Not(HasSubstr("\x1b")));
  }
}

TEST(Redacted, HidesValuesAndKeepsMemberNamesThatAreNoTokens) {
  base::Redactor redact;
  redact.add_secret("container");
  redact.add_secret("quote\" and line\nbreak");
  const document::Json value = {
      {"container", "container"}, {"list", {1, nullptr, true, "a quote\" and line\nbreak b"}}, {kToken, kToken}};
  const document::Json expected = {
      {"container", "[redacted]"}, {"list", {1, nullptr, true, "a [redacted] b"}}, {"[redacted]", "[redacted]"}};
  EXPECT_EQ(lint::redacted(value, redact), expected);
}

TEST(PlaceAndMessage, IsOneLine) {
  const Linted linted = lint_texts({{"a\n.yaml", "a: [1\n"}});
  EXPECT_THAT(lint::place_and_message(linted.report.diagnostics.at(0), linted.bundle.redactor),
              ::testing::MatchesRegex("a \\.yaml:2:1: [^\n]+; [^\n]+"));
}

}  // namespace
}  // namespace warmgate::testing
