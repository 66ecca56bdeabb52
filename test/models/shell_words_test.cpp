// Quotes, expansions, field splitting: what the words of a command are.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "shell_reading.h"
#include "warmgate/models/shell.h"

namespace warmgate {
namespace {

using models::ShellVariables;
using testing::commands_of;
using testing::reason_of;

struct Case {
  std::string script;
  std::string commands;
};

ShellVariables container() {
  ShellVariables variables;
  variables.values = {{"MODEL", "org/m"},      {"REV", "0123abc"},       {"FLAGS", "--tp 2  --x"}, {"EMPTY", ""},
                      {"PATHS", "/a/b/c.d.e"}, {"SECRET", std::nullopt}, {"STAR", "*.json"}};
  variables.positional = {"run", "one", "two words"};
  return variables;
}

// The image may set what the manifest does not.
ShellVariables with_image() {
  ShellVariables variables = container();
  variables.image_unseen = true;
  return variables;
}

void expect_commands(const Case& each) {
  EXPECT_EQ(commands_of(each.script, container()), each.commands) << each.script;
}

TEST(ShellWords, WhatOnlyTheImageCouldSetIsUnknown) {
  for (const Case& each : {
           Case{"a $NONE b", "a ?<$NONE> b\n"},
           Case{"a \"$NONE\" org/${NONE}", "a ?<$NONE> ?<org/${NONE}>\n"},
           Case{"M=$NONE; a $M", "{M=?<$NONE>}\na ?<$M>\n"},
           Case{"a ${NONE:-org/m} ${NONE:+x}", "a org/m\n"},
           Case{"unset MODEL; a $MODEL b", "unset MODEL\na b\n"},
           Case{"NONE=; a $NONE b", "{NONE=<>}\na b\n"},
       }) {
    EXPECT_EQ(commands_of(each.script, with_image()), each.commands) << each.script;
  }
  EXPECT_EQ(reason_of("a $NONE", with_image()), "$NONE is not set in the manifest");
}

TEST(ShellWords, OnlyAWordOfNothingElseIsAbsent) {
  const models::ShellScript read = models::read_shell_script("a $NONE \"$NONE\" x$NONE $SECRET", with_image());
  std::string absent;
  for (const models::ShellWord& word : read.commands.at(0).words) {
    absent += word.absent ? "1" : "0";
  }
  EXPECT_EQ(absent, "01000");
}

TEST(ShellWords, QuotesAreRemovedAsTheShellDoes) {
  for (const Case& each : {
           Case{"a 'b c' \"d e\" f\\ g", "a <b c> <d e> <f g>\n"},
           Case{"a '' \"\"", "a <> <>\n"},
           Case{"a x'y'\"z\"\\w", "a xyzw\n"},
           Case{"a '$MODEL' \"\\$MODEL\" \\$MODEL", "a $MODEL $MODEL $MODEL\n"},
           Case{R"(a "\x \" \\ \`")", "a <\\x \" \\ `>\n"},
           Case{R"(a '{"k":[1,2]}')", "a {\"k\":[1,2]}\n"},
           Case{R"(a "{\"k\": \"$MODEL\"}")", "a <{\"k\": \"org/m\"}>\n"},
           Case{"a $'x\\ty' $'it\\'s'", "a <x\ty> it's\n"},
           Case{"a $'\\x41'", "a ?<$'\\x41'>\n"},
           Case{"a $\"x\"", "a x\n"},
           Case{"a it\"'\"s", "a it's\n"},
       }) {
    expect_commands(each);
  }
}

TEST(ShellWords, BackslashNewlineJoinsLines) {
  for (const Case& each : {
           Case{"vllm serve \\\n  $MODEL \\\n  --x", "vllm serve org/m --x\n"},
           Case{"a b\\\nc", "a bc\n"},
           Case{"a \"b\\\nc\"", "a bc\n"},
           Case{"a 'b\\\nc'", "a <b\\\nc>\n"},
           Case{"a \\\n\nb", "a\nb\n"},
       }) {
    expect_commands(each);
  }
}

TEST(ShellWords, CommentsBeginOnlyWhereAWordDoes) {
  for (const Case& each : {
           Case{"# a\nb # c 'd\ne#f '#g'", "b\ne#f #g\n"},
           Case{"a;# b\nc", "a\nc\n"},
           Case{"a \\\n # b\n --c", "a\n--c\n"},
       }) {
    expect_commands(each);
  }
}

TEST(ShellWords, UnquotedExpansionsSplitAndEmptyOnesDisappear) {
  for (const Case& each : {
           Case{"a $MODEL ${MODEL} \"$MODEL\"", "a org/m org/m org/m\n"},
           Case{"a $FLAGS", "a --tp 2 --x\n"},
           Case{"a \"$FLAGS\"", "a <--tp 2  --x>\n"},
           Case{"a x$FLAGS'y'", "a x--tp 2 --xy\n"},
           Case{"a $EMPTY $UNSET \"$EMPTY\" x", "a <> x\n"},
           Case{"$EMPTY a", "a\n"},
           Case{"$EMPTY", ""},
           Case{"a $STAR", "a *.json\n"},
           Case{"a --model=$MODEL@$REV", "a --model=org/m@0123abc\n"},
           Case{"a $MODEL_X $MODEL.x $1st", "a org/m.x onest\n"},
           Case{"a $ \"$\" $%", "a $ $ $%\n"},
       }) {
    expect_commands(each);
  }
}

TEST(ShellWords, ParameterOperatorsFollowPosix) {
  for (const Case& each : {
           Case{"a ${UNSET:-x} ${EMPTY:-x} ${MODEL:-x}", "a x x org/m\n"},
           Case{"a ${UNSET-x} ${EMPTY-x}", "a x\n"},
           Case{"a ${UNSET:-x y} \"${UNSET:-x y}\" ${UNSET:-\"x y\"}", "a x y <x y> <x y>\n"},
           Case{"a ${UNSET:-${ALSO:-$MODEL}}", "a org/m\n"},
           Case{"a ${MODEL:+--model $MODEL} ${UNSET:+--x}", "a --model org/m\n"},
           Case{"a ${X:=new}; b $X", "a new\nb new\n"},
           Case{": ${MODEL:=other}; b $MODEL", ": org/m\nb org/m\n"},
           Case{"a ${MODEL:?is needed}", "a org/m\n"},
           Case{"a ${UNSET:?is needed}", "a ?<${UNSET:?is needed}>\n"},
           Case{"a ${#MODEL} ${#EMPTY}", "a 5 0\n"},
           Case{"a ${PATHS##*/} ${PATHS%/*} ${PATHS%%.*} ${PATHS#*.}", "a c.d.e /a/b /a/b/c d.e\n"},
           Case{"a ${PATHS%[a-z]}", "a ?<${PATHS%[a-z]}>\n"},
           Case{"a ${MODEL//\\//--}", "a ?<${MODEL//\\//--}>\n"},
           Case{"a \"${UNSET:-it's}\"", "a it's\n"},
           Case{"a ${!MODEL}", "a ?<${!MODEL}>\n"},
       }) {
    expect_commands(each);
  }
}

TEST(ShellWords, PositionalParameters) {
  for (const Case& each : {
           Case{"a \"$@\"", "a one <two words>\n"},
           Case{"a $@", "a one two words\n"},
           Case{"a \"$*\"", "a <one two words>\n"},
           Case{"a \"<$@>\"", "a <one <two words>>\n"},
           Case{"a $0 $1 ${2} $3 $#", "a run one two words 2\n"},
           Case{"shift; a \"$@\"", "shift\na <two words>\n"},
           Case{"set -- x \"$@\" y; a \"$@\"", "set -- x one <two words> y\na x one <two words> y\n"},
           Case{"set --; a \"$@\" b", "set --\na b\n"},
           Case{"set -eux; a $1", "set -eux\na one\n"},
           Case{"set -euo pipefail; a $1", "set -euo pipefail\na one\n"},
       }) {
    expect_commands(each);
  }
}

TEST(ShellWords, Arrays) {
  for (const Case& each : {
           Case{"A=(--model \"$MODEL\" 'x y')\na \"${A[@]}\"", "{A=<--model org/m x y>}\na --model org/m <x y>\n"},
           Case{"A=(b\n # comment\n c)\nA+=(d)\na ${A[@]} ${#A[@]} ${A[1]} $A",
                "{A=<b c>}\n{A=<b c d>}\na b c d 3 c b\n"},
           Case{"A=()\na \"${A[@]}\" b", "{A=<>}\na b\n"},
           Case{"a \"${A[@]}\" b", "a b\n"},
           Case{"A=($(x) y)\na \"${A[1]}\"", "x\n{A=?<$(x) y>}\na ?<${A[1]}>\n"},
           Case{"A[0]=x\na \"${A[@]}\"", "{A=x}\na ?<${A[@]}>\n"},
       }) {
    expect_commands(each);
  }
}

TEST(ShellWords, GlobsStayAndBraceListsAreUnknown) {
  for (const Case& each : {
           Case{"a *.safetensors '*.bin' [ab]?", "a *.safetensors *.bin [ab]?\n"},
           Case{"a {b,c}d", "a ?<{b,c}d>\n"},
           Case{"a $FLAGS{b,c}", "a ?<$FLAGS{b,c}>\n"},
           Case{"a {1..3}", "a ?<{1..3}>\n"},
           Case{"a {b} '{b,c}' \"{b,c}\" {}", "a {b} {b,c} {b,c} {}\n"},
       }) {
    expect_commands(each);
  }
}

TEST(ShellWords, SubstitutionsAreUnknownAndTheirCommandsListed) {
  for (const Case& each : {
           Case{"a $(b $MODEL) \"x$(c)\"", "b org/m\nc\na ?<$(b $MODEL)> ?<x$(c)>\n"},
           Case{"a `b \\`c\\``", "c\nb ?<`c`>\na ?<`b \\`c\\``>\n"},
           Case{"a $(b | (c; d)) $(case y in y) e ;; esac)",
                "b\nc\nd\ne\na ?<$(b | (c; d))> ?<$(case y in y) e ;; esac)>\n"},
           Case{"a $((1 + 2)) $(( $(b) ))", "a ?<$((1 + 2))> ?<$(( $(b) ))>\n"},
           Case{"a <(b) >(c)", "b\nc\na ?<<(b)> ?<>(c)>\n"},
           Case{"X=$(b); a $X", "b\n{X=?<$(b)>}\na ?<$X>\n"},
       }) {
    expect_commands(each);
  }
}

TEST(ShellWords, UnknownWordsSayWhy) {
  const ShellVariables variables = container();
  const std::string run_time = " is only known at run time";
  EXPECT_EQ(reason_of("a $SECRET", variables), "the value of $SECRET cannot be read from the manifest");
  EXPECT_EQ(reason_of("a ${SECRET:-x}", variables), "the value of $SECRET cannot be read from the manifest");
  EXPECT_EQ(reason_of("a $(nproc)", variables), "`$(nproc)`" + run_time);
  EXPECT_EQ(reason_of("X=$(nproc); a $X", variables), "`$(nproc)`" + run_time);
  EXPECT_EQ(reason_of("a $?", variables), "$?" + run_time);
  EXPECT_EQ(reason_of("a $LWS_GROUP_SIZE", variables), "$LWS_GROUP_SIZE" + run_time);
  EXPECT_EQ(reason_of("read M; a $M", variables), "$M is read at run time");
  EXPECT_EQ(reason_of("IFS=,; a $MODEL", variables), "the script changes how words are split (IFS)");
  EXPECT_EQ(reason_of("a ~/m", variables), "`~` is the home folder of the user that the container runs as");
  EXPECT_EQ(reason_of("a {b,c}", variables), "bash expands the braces in `{b,c}` to several words");
}

TEST(ShellWords, WithEnvFromAVariableThatIsNotSetIsUnknown) {
  ShellVariables open = container();
  open.open = true;
  EXPECT_EQ(commands_of("a $X $MODEL ${X:-y}; X=1; a $X", open), "a ?<$X> org/m ?<${X:-y}>\n{X=1}\na 1\n");
  EXPECT_EQ(reason_of("a \"$X\"", open), "$X may come from envFrom");
}

TEST(ShellWords, ArgumentsThatCannotBeReadAreUnknown) {
  ShellVariables variables;
  variables.positional = {"sh", std::nullopt, "x"};
  EXPECT_EQ(commands_of("a \"$@\" $2", variables), "a ?<$@> x x\n");
  EXPECT_EQ(reason_of("a $1", variables), "the value of $1 cannot be read from the manifest");
}

TEST(ShellWords, EachWordKnowsWhereItIsWritten) {
  const std::string script = "set -e\nhf download $FLAGS \\\n  --revision \"$REV\" # end";
  const models::ShellScript read = models::read_shell_script(script, container());
  ASSERT_EQ(read.commands.size(), 2U);
  std::string written;
  for (const models::ShellWord& word : read.commands[1].words) {
    written += script.substr(word.begin, word.end - word.begin) + "|";
  }
  EXPECT_EQ(written, "hf|download|$FLAGS|$FLAGS|$FLAGS|--revision|\"$REV\"|");
}

TEST(ShellWords, WordsOfEvalAndOfEscapedBackquotesPointToTheWholeOfIt) {
  const std::string script = "eval 'a b' c; `d \\`e\\``";
  std::string written;
  for (const models::ShellCommand& command : models::read_shell_script(script, {}).commands) {
    const models::ShellWord& word = command.words.front();
    written += script.substr(word.begin, word.end - word.begin) + "|";
  }
  EXPECT_EQ(written, "'a b' c|`d \\`e\\``|`d \\`e\\``|`d \\`e\\``|");
}

}  // namespace
}  // namespace warmgate
