// Broken and hostile scripts: what is read before the problem stays, and every limit holds.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "shell_reading.h"
#include "warmgate/models/shell.h"

namespace warmgate {
namespace {

using models::ShellLimits;
using models::ShellScript;
using testing::commands_of;

constexpr std::size_t kMebibyte = std::size_t{1} << 20;

std::string repeated(const std::string& text, std::size_t count) {
  std::string out;
  out.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) {
    out += text;
  }
  return out;
}

std::string problem_of(const std::string& script, const ShellLimits& limits = {}) {
  return models::read_shell_script(script, {}, limits).problem.value_or("none");
}

TEST(ShellLimits, SyntaxErrorsNameTheLineAndKeepTheCommandsBefore) {
  struct Case {
    std::string script;
    std::string result;
  };
  for (const Case& each : {
           Case{"a\nb 'c", "a\nproblem: the quote (') is never closed on line 2\n"},
           Case{"a\n\nb \"c\n\n", "a\nproblem: the quote (\") is never closed on line 3\n"},
           Case{"a; b $'c", "a\nproblem: the quote ($') is never closed on line 1\n"},
           Case{"a; b `c", "a\nproblem: the backquote is never closed on line 1\n"},
           Case{"a\nb $(c", "a\nproblem: `$(` is never closed on line 2\n"},
           Case{"a\nb ${c", "a\nproblem: `${` is never closed on line 2\n"},
           Case{"a\nb <(c", "a\nproblem: `<(` is never closed on line 2\n"},
           Case{"a\nb=(c", "a\nproblem: `(` is never closed on line 2\n"},
           Case{"a\n[[ b", "a\nproblem: `[[` is never closed on line 2\n"},
           Case{"a\n)", "a\nproblem: unexpected `)` on line 2\n"},
           Case{"a\nb (c)", "a\nproblem: unexpected `c` on line 2\n"},
           Case{"a &&", "a\nproblem: it ends in the middle of a command on line 1\n"},
           Case{"a; fi", "a\nproblem: unexpected `fi` on line 1\n"},
           Case{"if a; then b", "a\nb\nproblem: it ends in the middle of a command on line 1\n"},
           Case{"for x in y; do a $x", "a y\nproblem: it ends in the middle of a command on line 1\n"},
           Case{"for 1 in x; do a; done", "problem: unexpected `1` on line 1\n"},
           Case{"case $? in y) a", "a\nproblem: it ends in the middle of a command on line 1\n"},
           Case{"a >", "problem: it ends in the middle of a command on line 1\n"},
           Case{"a ;; b", "a\nproblem: unexpected `;;` on line 1\n"},
           Case{"a <<EOF\nb", "a\n"},
           Case{"vllm serve m --revision 'x", "problem: the quote (') is never closed on line 1\n"},
       }) {
    EXPECT_EQ(commands_of(each.script), each.result) << each.script;
  }
}

TEST(ShellLimits, NestingIsBounded) {
  for (const std::string opening :
       {"(", "$(", "echo \"$(", "${", "echo \"${X:-", "((", "$((", "{ ", "if ", "while ", "f() { ", "case a in b) ",
        "for i in a; do ", "a && ( ", "A=(", "<(", "echo `\\`"}) {
    EXPECT_NE(problem_of(repeated(opening, 100'000)), "none") << opening;
  }
  EXPECT_EQ(problem_of(repeated("(", 100'000)), "it nests more than 50 levels deep");
  EXPECT_EQ(problem_of(repeated("( ", 40) + "a" + repeated(" )", 40)), "none");
}

TEST(ShellLimits, LongRunsOfOneCharacterEnd) {
  for (const char c : std::string("()`$\"'{}\\;&|<>\n#!=[]*~a ")) {
    const std::size_t commands = models::read_shell_script(std::string(kMebibyte, c), {}).commands.size();
    EXPECT_LE(commands, 1U) << c;
  }
}

TEST(ShellLimits, ScriptsCommandsWordsAndTheirSumAreBounded) {
  EXPECT_EQ(problem_of(std::string(kMebibyte + 1, 'a')), "it is longer than 1048576 bytes");
  const ShellScript many = models::read_shell_script(repeated("a\n", 10'001), {});
  EXPECT_EQ(many.commands.size(), 10'000U);
  EXPECT_EQ(many.problem, "it runs more than 10000 commands");
  EXPECT_EQ(problem_of(repeated("a\n", 10'000)), "none");
  ShellLimits limits;
  limits.max_expanded_bytes = 8;
  EXPECT_EQ(problem_of("X=1234; a $X$X", limits), "none");
  EXPECT_EQ(problem_of("X=1234; a $X$X.", limits), "a word is longer than 8 bytes after expansion");
  EXPECT_EQ(problem_of("X=1234; X+=5678; X+=9", limits), "a value is longer than 8 bytes");
  limits = {};
  limits.max_total_bytes = 10'000;
  EXPECT_EQ(problem_of("X=" + std::string(1000, 'x') + "\n" + repeated("a $X\n", 20), limits),
            "its commands are longer than 10000 bytes together");
}

TEST(ShellLimits, WhatGrowsWithoutBoundIsStopped) {
  const std::string functions = [] {
    std::string text = "f0() { a; }\n";
    for (int i = 1; i < 40; ++i) {
      const std::string before = "f" + std::to_string(i - 1);
      text.append("f").append(std::to_string(i)).append("() { ");
      text.append(before).append("; ").append(before).append("; }\n");
    }
    return text + "f39\n";
  }();
  for (const std::string& script : {
           "A=xxxxxxxxxxxxxxxx\n" + repeated("A=$A$A\n", 1000),
           "A=xxxxxxxxxxxxxxxx\n" + repeated("A+=$A\n", 1000),
           "A=(x)\n" + repeated("A+=(\"${A[@]}\")\n", 1000),
           "set -- x\n" + repeated("set -- \"$@\" \"$@\"\n", 1000),
           repeated("for a in 1 2 3 4 5 6 7 8 9 10; do ", 12) + "x" + repeated("; done", 12),
           std::string("X='eval \"$X\"; eval \"$X\"'\neval \"$X\""),
           functions,
           "X=" + std::string(2000, 'a') + "\n" + repeated("a ${X%%*b*b*b*b}\n", 5000),
           "f() { a $( #" + std::string(500'000, 'x') + "\n ); }\n" + repeated("f\n", 5000),
           repeated("export X=1 Y=$X$X$X; ", 4) +
               repeated("(A=1; export B" + std::string(200, 'x') + "=1; a)\n", 4000) +
               repeated("set -- " + repeated("a ", 1000) + "\nshift\n", 200),
       }) {
    EXPECT_NE(problem_of(script), "none") << script.substr(0, 60);
  }
}

TEST(ShellLimits, RecursionEndsAndIsListedAsACommand) {
  EXPECT_EQ(commands_of("f() { g; }; g() { f; a; }; f"), "f\na\n");
  EXPECT_EQ(commands_of("f() { f2() { f; }; f2; }; f"), "f\n");
}

}  // namespace
}  // namespace warmgate
