// The syntax tree of a shell script: what the lexer and the parser hand to the reader. Nodes hold positions in the
// source text, never copies of it; the text must outlive them.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace warmgate::models {

// Bytes [begin, end) of a source text.
struct ShellSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct ShellSource {
  std::string_view text;
  // Text that is not part of the script itself (what `eval` or escaped backquotes run): where it stands in the script.
  std::optional<ShellSpan> place;

  [[nodiscard]] std::string_view at(ShellSpan span) const { return text.substr(span.begin, span.end - span.begin); }
  [[nodiscard]] ShellSpan place_of(ShellSpan span) const { return place.value_or(span); }
};

enum class ShellNodeKind {
  kSimple,      // words
  kTest,        // [[ words ]]
  kArithmetic,  // ((words[0]))
  kAndOr,       // children joined by operators
  kPipeline,    // children
  kGroup,       // { children }
  kSubshell,    // ( children ), or children in the background
  kBranches,    // if: conditions and bodies; the body of `else` has none. case: words[0] and patterns
  kWhile,       // while, until, for ((…)): alternatives[0]
  kFor,         // for name in words: children
  kFunction,    // name, children
};

struct ShellNode;

// The text between `<<EOF` and `EOF`, filled in when the lexer comes to it.
struct ShellHereDocument {
  ShellSpan body;
  std::string delimiter;
  bool quoted = false;      // nothing in it is expanded
  bool strip_tabs = false;  // <<-
};

// A redirection of standard input or output that is worth knowing; others are not kept.
struct ShellRedirection {
  enum class Kind { kHereDocument, kHereString, kOutput, kAppend };
  Kind kind = Kind::kOutput;
  ShellSpan word;                               // but for kHereDocument
  std::shared_ptr<ShellHereDocument> document;  // of kHereDocument
};

struct ShellAlternative {
  std::vector<ShellNode> condition;
  std::vector<ShellSpan> patterns;  // of `case`
  std::vector<ShellNode> body;
  bool falls_through = false;  // `;&`, `;;&`
};

struct ShellNode {
  ShellNodeKind kind = ShellNodeKind::kSimple;
  std::vector<ShellSpan> words;
  std::vector<ShellNode> children;
  std::vector<bool> if_succeeded;  // kAndOr: before children[i + 1], true for &&, false for ||
  std::vector<ShellAlternative> alternatives;
  std::vector<ShellRedirection> redirections;  // kSimple
  bool negated = false;                        // `!` stands in front
  bool over_words = true;                      // kFor: has a word list; without one it runs over "$@"
  std::string name;                            // kFor, kFunction
};

// `NAME=value`, `NAME+=value`, `NAME[i]=value`, `NAME=(…)` at the front of `word`.
struct ShellAssignmentForm {
  std::string_view name;
  std::size_t value_begin = 0;  // offset in the word
  bool append = false;
  bool indexed = false;
  bool array = false;
};
std::optional<ShellAssignmentForm> shell_assignment_form(std::string_view word);

bool is_shell_name(std::string_view text);
bool is_shell_name_character(char c);

}  // namespace warmgate::models
