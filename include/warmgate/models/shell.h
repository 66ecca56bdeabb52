// Shell words: what commands a POSIX/bash script would run, with which words, as far as that can be known without
// running it. A value that cannot be known (command substitution, an unset variable of a container with envFrom, a
// loop variable) makes its word unknown; it is never guessed. Pure functions; hostile input is bounded by
// ShellLimits and never throws.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace warmgate::models {

struct ShellWord {
  std::string text;  // after quote removal and expansion; for an unknown word what could be expanded, with
                     // the unknown parts as written ("$(date)", "${MODEL}")
  bool known = true;
  std::string unknown_reason;  // e.g. "$MODEL is not set in the container", "`$(date)` is only known at run time"
  std::size_t begin = 0;       // the word as written in the script: bytes [begin, end)
  std::size_t end = 0;
  bool absent = false;  // unknown, and most likely no word at all: $MODEL, which only the image could set
};

struct ShellAssignment {
  std::string name;
  ShellWord value;
};

// One simple command: `A=1 B=2 word word…` with redirections apart. `words` may be empty (assignments only).
struct ShellCommand {
  std::vector<ShellAssignment> assignments;
  std::vector<ShellWord> words;
  // The variables exported to the command when it runs: the container's environment as changed by `export`, and by
  // plain assignments to variables that were already exported; the command's own assignments included.
  std::map<std::string, ShellWord> environment_changes;
  std::optional<ShellWord> input;        // standard input that the script holds: a here-document or a here-string
  std::optional<ShellWord> output;       // the file that standard output goes to
  bool appends = false;                  // of output: `>>`
  std::optional<std::string> directory;  // where it runs, absolute; nullopt: not known
};

// What the script starts with. A name that maps to nullopt is set to something that cannot be read.
struct ShellVariables {
  std::map<std::string, std::optional<std::string>> values;
  bool open = false;          // true: variables that are not listed may be set as well (envFrom), so they are unknown;
                              // false: a variable that is not listed is unset and expands to nothing
  bool image_unseen = false;  // true: the image may set them, though most likely it does not. Words they stand in are
                              // unknown (absent, where nothing else is in the word); ${VAR:-x} still is x
  std::optional<std::string> directory;                // where the script begins, absolute
  std::vector<std::optional<std::string>> positional;  // $0, $1, … of `sh -c script $0 $1 …`; nullopt as above
};

struct ShellLimits {
  std::size_t max_script_bytes = 1U << 20;
  std::size_t max_commands = 10'000;
  std::size_t max_depth = 50;                 // nested expansions and groups
  std::size_t max_expanded_bytes = 1U << 20;  // of one word, all expansions included
  std::size_t max_total_bytes = 32U << 20;    // of all words and environments together
};

struct ShellScript {
  // In the order of the text; those of functions, branches and loops included, unless they surely do not run.
  std::vector<ShellCommand> commands;
  std::optional<std::string> problem;  // why reading stopped early (unbalanced quote, a limit); commands so far stay
};

// Reads `script` as sh or bash would: quotes, backslash-newline, comments, `;` `&` `&&` `||` `|` newlines, ( ) { },
// if/then/elif/else/fi, for/while/until/do/done, case/in/esac, functions, here-documents, redirections, assignments,
// export, $VAR ${VAR} ${VAR:-x} ${VAR-x} ${VAR:=x} ${VAR:?x} ${VAR:+x} ${#VAR} ${VAR%x} ${VAR#x} $1 "$@" $*, $((…)),
// $(…) and backquotes. `eval` with known words is read as a script again. A variable assigned in the script has that
// value from there on; one assigned in a branch or a loop is unknown afterwards, unless every branch gives it the same
// value. Where `[`, `[[`, `test` or `case` compare what is known, only the branch that runs is read; what follows
// `exec program` or `exit` is not.
ShellScript read_shell_script(std::string_view script, const ShellVariables& variables, const ShellLimits& limits = {});

}  // namespace warmgate::models
