// What people and programs read, to the last character.
#include "warmgate/lint/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lint/texts.h"

namespace warmgate::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kPod =
    "apiVersion: v1\n"
    "kind: Pod\n"
    "metadata:\n"
    "  name: server\n"
    "spec:\n"
    "  containers:\n"
    "    - name: vllm\n"
    "      image: vllm/vllm-openai:v0.11.0\n"
    "      args: [--model, Qwen/Qwen3-32B]\n";

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
