// Walks over the logical lines of a Python program in the order in which they would run and lists its calls. In three
// files: python_reader.cpp has the statements, python_expression.cpp the expressions, python_call.cpp what calls do.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "python_lexer.h"
#include "shell_syntax.h"
#include "warmgate/models/python.h"

namespace warmgate::models {

struct PythonValue {
  // kOther: a number, True, False. kPath: something imported, text is its dotted path. kInstance: what calling that
  // path returns. kFunction: one of the program, text is its number.
  enum class Kind { kUnknown, kText, kOther, kNone, kList, kDict, kPath, kInstance, kFunction };
  Kind kind = Kind::kUnknown;
  std::string text;  // of kUnknown: why
  std::vector<PythonValue> items;
  std::vector<std::string> keys;  // of kDict
  ShellSpan place;
  std::string variable;  // the environment variable it comes from

  [[nodiscard]] bool is(Kind other) const { return kind == other; }
  bool operator==(const PythonValue& other) const {
    return kind == other.kind && text == other.text && items == other.items && keys == other.keys;
  }
};

class PythonReader {
 public:
  PythonReader(std::string_view program, const ShellVariables& variables, std::string unknown_parts,
               const PythonLimits& limits);

  PythonProgram read();

 private:
  using Kind = PythonValue::Kind;
  using Step = std::function<void()>;
  // A logical line without its newline: tokens [first, last). Its block are the lines up to `block_end`.
  struct Line {
    std::size_t first = 0;
    std::size_t last = 0;
    std::size_t column = 0;
    std::size_t block_end = 0;
  };
  struct Parameter {
    std::string name;
    std::size_t default_begin = 0;  // a token; 0: none
    std::size_t default_end = 0;
    bool rest = false;  // *args, **kwargs
  };
  struct Function {
    std::size_t line = 0;
    std::vector<Parameter> parameters;
    bool called = false;
  };
  struct Argument {
    std::string name;
    PythonValue value;
    bool unpacked = false;
  };
  class Level;

  // Statements.
  void find_lines();
  void split_line(std::size_t first, std::size_t last);
  void find_blocks();
  void run_lines(std::size_t first, std::size_t last);
  std::size_t run_line(std::size_t index);
  bool run_block_statement(std::string_view word, std::size_t index);
  void import_names(bool from);
  void define(std::size_t index);
  void conditionally(const Step& step, const char* reason);
  void branch(std::size_t index);
  void for_loop(std::size_t index);
  void forget_assigned(std::size_t first, std::size_t last, const char* reason);
  void assignment(std::size_t equals);
  void assign_to(std::size_t first, std::size_t last, const PythonValue& value);
  void run_uncalled();

  // Expressions, from the token `at_` on.
  PythonValue expression();
  PythonValue alternatives();
  PythonValue operators();
  PythonValue operand();
  PythonValue atom();
  PythonValue strings();
  PythonValue name();
  PythonValue parenthesis();
  PythonValue list();
  PythonValue braces();
  PythonValue attribute(PythonValue value, const std::string& variable);
  PythonValue subscript(PythonValue value);
  void comprehension();
  void rest_of_line();
  std::optional<std::string> string_value(const PythonToken& token, PythonValue& whole);
  std::optional<std::string> format(std::string_view text, std::size_t begin, PythonValue& whole);
  PythonValue field(std::string_view text, std::size_t begin);
  PythonValue combine(std::string_view operation, PythonValue left, const PythonValue& right);

  // Calls.
  PythonValue call(PythonValue callee, std::size_t begin);
  std::vector<Argument> arguments();
  std::optional<PythonValue> call_known(const std::string& path, const std::vector<Argument>& given);
  void call_function(std::size_t number, const std::vector<Argument>& given);
  void emit(const std::string& path, const std::vector<Argument>& given, std::size_t begin);
  PythonArgument to_argument(const Argument& given) const;
  PythonValue environment(const std::string& name, const PythonValue* otherwise);
  void set_environment(const std::string& name, const PythonValue& value);
  PythonValue argv(const PythonValue& index);
  std::map<std::string, ShellWord> environment_changes();
  void freeze_environment(const std::string& package);

  [[nodiscard]] bool at_operator(std::string_view text) const;
  [[nodiscard]] bool at_name(std::string_view text) const;
  [[nodiscard]] bool done() const { return at_ >= end_ || exhausted_; }
  [[nodiscard]] const PythonToken& token() const { return (*tokens_)[at_]; }
  void advance() { at_ += at_ < end_ ? 1 : 0; }
  bool take_operator(std::string_view text);
  [[nodiscard]] ShellSpan place(std::size_t begin, std::size_t end) const { return {base_ + begin, base_ + end}; }
  PythonValue unknown(std::string reason, ShellSpan where = {}) const;
  void set(const std::string& variable, PythonValue value);
  bool step();
  bool spend(std::size_t bytes);
  void exhaust(std::string problem);

  std::string_view program_;
  const ShellVariables& variables_;
  const std::string unknown_parts_;
  const PythonLimits limits_;
  PythonProgram out_;

  PythonTokens read_;
  std::vector<Line> lines_;
  const std::vector<PythonToken>* tokens_;  // of the program, or of a field of an f-string
  std::size_t at_ = 0;
  std::size_t end_ = 0;
  std::size_t base_ = 0;  // where tokens_ begin in the program

  std::map<std::string, PythonValue> names_;  // variables; "os.environ[NAME]" for what the program puts there
  std::vector<Function> functions_;
  std::set<std::size_t> defined_;  // lines
  std::set<std::size_t> running_;
  std::set<std::string> globals_;                                   // names that functions assign outside of themselves
  std::vector<std::string> stars_;                                  // packages of `from x import *`
  std::map<std::string, std::map<std::string, ShellWord>> frozen_;  // by package
  bool ended_ = false;  // return, raise: what follows in this block does not run
  int class_depth_ = 0;

  std::size_t steps_ = 0;
  std::size_t bytes_ = 0;
  std::size_t depth_ = 0;
  bool exhausted_ = false;
};

class PythonReader::Level {
 public:
  explicit Level(PythonReader& reader) : reader_(reader), ok_(++reader.depth_ <= reader.limits_.max_depth) {
    if (!ok_) {
      reader.exhaust("it nests more than " + std::to_string(reader.limits_.max_depth) + " levels deep");
    }
  }
  ~Level() { --reader_.depth_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  PythonReader& reader_;
  bool ok_;
};

}  // namespace warmgate::models
