#include "python_reader.h"

#include <algorithm>
#include <array>
#include <utility>

namespace warmgate::models {
namespace {

constexpr std::array<std::string_view, 13> kBlocks = {"if",      "elif", "else", "for",   "while", "try",  "except",
                                                      "finally", "with", "def",  "class", "async", "match"};
constexpr std::size_t kMaxTurns = 20;  // of a loop; each lists the calls of its body again

constexpr const char* kBranchReason = "is set in a branch of the program";
constexpr const char* kLoopReason = "changes in a loop of the program";

template <std::size_t N>
bool one_of(const std::array<std::string_view, N>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// What opens and closes brackets, for finding what stands outside of them.
int nesting(const PythonToken& token) {
  if (token.kind != PythonTokenKind::kOperator) {
    return 0;
  }
  return token.text == "(" || token.text == "[" || token.text == "{"   ? 1
         : token.text == ")" || token.text == "]" || token.text == "}" ? -1
                                                                       : 0;
}

// = and +=, but no comparison.
bool assigns(const PythonToken& token) {
  constexpr std::array<std::string_view, 5> kOthers = {"==", "!=", "<=", ">=", ":="};
  return token.kind == PythonTokenKind::kOperator && token.text.ends_with('=') && !one_of(kOthers, token.text);
}

std::size_t size_of(const PythonValue& value) {
  std::size_t size = sizeof(PythonValue) + value.text.size();
  for (const PythonValue& item : value.items) {
    size += size_of(item);
  }
  return size;
}

}  // namespace

PythonReader::PythonReader(std::string_view program, const ShellVariables& variables, std::string unknown_parts,
                           const PythonLimits& limits)
    : program_(program),
      variables_(variables),
      unknown_parts_(std::move(unknown_parts)),
      limits_(limits),
      read_(read_python_tokens(program, limits.max_tokens)),
      tokens_(&read_.tokens) {}

PythonProgram PythonReader::read() {
  out_.problem = read_.problem;
  find_lines();
  run_lines(0, lines_.size());
  run_uncalled();
  return std::move(out_);
}

void PythonReader::exhaust(std::string problem) {
  exhausted_ = true;
  if (!out_.problem) {
    out_.problem = std::move(problem);
  }
}

bool PythonReader::step() {
  if (!exhausted_ && ++steps_ > limits_.max_steps) {
    exhaust("it takes too many steps to read");
  }
  return !exhausted_;
}

bool PythonReader::spend(std::size_t bytes) {
  if (!exhausted_ && bytes > limits_.max_total_bytes - bytes_) {
    exhaust("its values are longer than " + std::to_string(limits_.max_total_bytes) + " bytes together");
  }
  bytes_ += exhausted_ ? 0 : bytes;
  return !exhausted_;
}

void PythonReader::set(const std::string& variable, PythonValue value) {
  if (spend(size_of(value))) {
    names_[variable] = std::move(value);
  }
}

void PythonReader::find_lines() {
  std::size_t first = 0;
  for (std::size_t i = 0; i < read_.tokens.size(); ++i) {
    if (read_.tokens[i].kind == PythonTokenKind::kNewline) {
      split_line(first, i);
      first = i + 1;
    }
  }
  find_blocks();
}

// `a; b` and `if x: y` are several lines.
void PythonReader::split_line(std::size_t first, std::size_t last) {
  const std::vector<PythonToken>& tokens = read_.tokens;
  std::size_t column = tokens[first].column;
  bool header = tokens[first].kind == PythonTokenKind::kName && one_of(kBlocks, tokens[first].text);
  int depth = 0;
  bool lambda = false;
  std::size_t begin = first;
  const auto end_at = [&](std::size_t i) {
    if (i > begin) {
      lines_.push_back({begin, i, column, 0});
    }
    begin = i + 1;
  };
  for (std::size_t i = first; i < last; ++i) {
    depth += nesting(tokens[i]);
    lambda = lambda || tokens[i].text == "lambda";
    if (depth > 0 || tokens[i].kind != PythonTokenKind::kOperator) {
      continue;
    }
    if (tokens[i].text == ";") {
      end_at(i);
    } else if (tokens[i].text == ":" && header && !lambda) {
      end_at(i);
      header = false;
      ++column;
    } else if (tokens[i].text == ":") {
      lambda = false;
    }
  }
  end_at(last);
}

void PythonReader::find_blocks() {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    while (!open.empty() && lines_[open.back()].column >= lines_[i].column) {
      lines_[open.back()].block_end = i;
      open.pop_back();
    }
    open.push_back(i);
  }
  for (const std::size_t line : open) {
    lines_[line].block_end = lines_.size();
  }
}

void PythonReader::run_lines(std::size_t first, std::size_t last) {
  const Level level(*this);
  for (std::size_t i = first; i < last && level.ok() && !ended_ && step();) {
    i = run_line(i);
  }
}

// The index of the line to go on with.
std::size_t PythonReader::run_line(std::size_t index) {
  const Line line = lines_[index];
  tokens_ = &read_.tokens;
  base_ = 0;
  at_ = line.first;
  end_ = line.last;
  std::string_view word = token().kind == PythonTokenKind::kName ? token().text : "";
  if (word == "async" && at_ + 1 < end_) {
    advance();
    word = token().text;
  }
  if (run_block_statement(word, index)) {
    return line.block_end;
  }
  if (word == "import" || word == "from") {
    advance();
    import_names(word == "from");
    return index + 1;
  }
  if (word == "global" || word == "nonlocal") {
    for (++at_; at_ < end_; ++at_) {
      globals_.insert(std::string(token().text));
    }
    return index + 1;
  }
  if (word == "return" || word == "raise") {
    advance();
    rest_of_line();
    ended_ = true;
    return index + 1;
  }
  int depth = 0;
  spend(line.last - line.first);
  for (std::size_t i = line.first; i < line.last; ++i) {
    depth += nesting(read_.tokens[i]);
    if (depth == 0 && assigns(read_.tokens[i])) {
      assignment(i);
      return index + 1;
    }
  }
  rest_of_line();
  return index + 1;
}

bool PythonReader::run_block_statement(std::string_view word, std::size_t index) {
  const Line line = lines_[index];
  const auto body = [&] { run_lines(index + 1, line.block_end); };
  if (word == "def") {
    define(index);
  } else if (word == "class") {
    ++class_depth_;
    body();
    --class_depth_;
  } else if (word == "if" || word == "elif" || word == "else" || word == "except" || word == "while") {
    branch(index);
  } else if (word == "for") {
    for_loop(index);
  } else if (word == "try" || word == "finally") {
    body();
  } else if (word == "with") {
    advance();
    rest_of_line();
    forget_assigned(index, index + 1, "is bound by `with`");
    body();
  } else if (line.block_end > index + 1 && !word.empty()) {
    conditionally(body, kBranchReason);  // match, case
  } else {
    return false;
  }
  return true;
}

// import a.b as c, d; from a import b as c, d
void PythonReader::import_names(bool from) {
  const auto dotted = [&] {
    std::string path;
    while (!done() && (token().kind == PythonTokenKind::kName || token().text == "." || token().text == "...") &&
           !at_name("import") && !at_name("as")) {
      path += token().text;
      advance();
    }
    return path;
  };
  const std::string module = from ? dotted() : "";
  at_ += from && at_name("import") ? 1 : 0;
  while (!done()) {
    if (at_operator("*") && from) {
      stars_.push_back(module);
      freeze_environment(module);
    }
    const std::size_t begin = token().begin;
    const std::string path = dotted();
    if (path.empty()) {
      advance();
      continue;
    }
    const std::string package = path.substr(0, path.find('.'));
    std::string bound = from ? path : package;
    std::string target = package;
    if (from) {
      target = module;
      target.append(".").append(path);
    }
    if (at_name("as") && at_ + 1 < end_) {
      advance();
      bound = std::string(token().text);
      target = from ? target : path;
      advance();
    }
    freeze_environment(from ? module : path);
    PythonValue value;
    value.kind = Kind::kPath;
    value.text = std::move(target);
    value.place = place(begin, begin);
    set(bound, std::move(value));
  }
}

void PythonReader::define(std::size_t index) {
  advance();
  if (done() || !defined_.insert(index).second) {
    return;
  }
  Function function;
  function.line = index;
  const std::string name(token().text);
  advance();
  int depth = 0;
  bool expects_name = true;
  for (; at_ < end_; ++at_) {
    depth += nesting(token());
    if (depth == 0) {
      break;
    }
    const bool outer = depth == 1 && token().kind == PythonTokenKind::kOperator;
    if (expects_name && token().kind == PythonTokenKind::kName && depth == 1) {
      const std::string_view before = (*tokens_)[at_ - 1].text;
      function.parameters.push_back({std::string(token().text), 0, 0, before == "*" || before == "**"});
      expects_name = false;
    } else if (outer && token().text == ",") {
      expects_name = true;
    } else if (outer && token().text == "=" && !function.parameters.empty()) {
      function.parameters.back().default_begin = at_ + 1;
    }
    if (!function.parameters.empty() && function.parameters.back().default_begin > 0 && at_ > 0) {
      function.parameters.back().default_end = outer && token().text == "," ? at_ : at_ + 1;
    }
  }
  PythonValue value;
  value.kind = Kind::kFunction;
  value.text = std::to_string(functions_.size());
  functions_.push_back(std::move(function));
  if (class_depth_ == 0) {
    set(name, std::move(value));
  }
}

// What `step` changes is not known afterwards, since it may not have run.
void PythonReader::conditionally(const Step& step, const char* reason) {
  for (const auto& [name, value] : names_) {
    if (!spend(size_of(value))) {
      return;
    }
  }
  const std::map<std::string, PythonValue> before = names_;
  step();
  if (std::exchange(ended_, false)) {
    names_ = before;
    return;
  }
  for (auto& [name, value] : names_) {
    const auto old = before.find(name);
    if (old == before.end() ? !value.is(Kind::kPath) && !value.is(Kind::kFunction) : !(old->second == value)) {
      value = unknown(name + " " + reason);
    }
  }
}

void PythonReader::branch(std::size_t index) {
  const Line line = lines_[index];
  const bool main_guard = end_ - at_ == 4 && (*tokens_)[at_ + 1].text == "__name__" &&
                          (*tokens_)[at_ + 2].text == "==" && (*tokens_)[at_ + 3].text == "__main__";
  advance();
  rest_of_line();
  if (main_guard) {
    run_lines(index + 1, line.block_end);
    return;
  }
  forget_assigned(index, index + 1, kBranchReason);
  if (read_.tokens[line.first].text == "while") {
    forget_assigned(index + 1, line.block_end, kLoopReason);
  }
  conditionally([&] { run_lines(index + 1, line.block_end); }, kBranchReason);
}

void PythonReader::for_loop(std::size_t index) {
  const Line line = lines_[index];
  const std::size_t target = ++at_;
  while (!done() && !at_name("in")) {
    advance();
  }
  const bool simple = at_ == target + 1;
  advance();
  const PythonValue items = done() ? unknown("") : expression();
  const std::string name(read_.tokens[std::min(target, line.last - 1)].text);
  const auto body = [&] { run_lines(index + 1, line.block_end); };
  if (simple && items.is(Kind::kList) && items.items.size() <= kMaxTurns) {
    conditionally(
        [&] {
          for (const PythonValue& item : items.items) {
            set(name, item);
            conditionally(body, kLoopReason);
          }
        },
        kLoopReason);
    return;
  }
  forget_assigned(index, line.block_end, kLoopReason);
  conditionally(body, kLoopReason);
}

// The names that the lines [first, last) assign, or bind with `as` and `for`, become unknown.
void PythonReader::forget_assigned(std::size_t first, std::size_t last, const char* reason) {
  for (std::size_t i = first; i < last && spend(lines_[i].last - lines_[i].first); ++i) {
    bool binds = false;
    for (std::size_t t = lines_[i].first; t < lines_[i].last; ++t) {
      const PythonToken& each = read_.tokens[t];
      const bool named = each.kind == PythonTokenKind::kName;
      binds = (binds || each.text == "for" || each.text == "as") && each.text != "in" && each.text != ":";
      const bool assigned = t + 1 < lines_[i].last && assigns(read_.tokens[t + 1]);
      if (named && (assigned || (binds && each.text != "for" && each.text != "as"))) {
        set(std::string(each.text), unknown(std::string(each.text) + " " + reason));
      }
    }
  }
}

// `a = b = value`, `a: type = value`, `a += value`; `equals` is the first of them.
void PythonReader::assignment(std::size_t equals) {
  std::vector<std::pair<std::size_t, std::size_t>> targets = {{at_, equals}};
  const bool plain = read_.tokens[equals].text == "=";
  std::size_t value_begin = equals + 1;
  int depth = 0;
  for (std::size_t i = value_begin; i < end_ && plain; ++i) {
    depth += nesting(read_.tokens[i]);
    if (depth == 0 && read_.tokens[i].kind == PythonTokenKind::kOperator && read_.tokens[i].text == "=") {
      targets.emplace_back(value_begin, i);
      value_begin = i + 1;
    }
  }
  at_ = value_begin;
  PythonValue value = done() ? unknown("") : expression();
  if (!done()) {  // a tuple
    value = unknown("it is one of several values");
    rest_of_line();
  }
  if (!plain) {
    const std::string name(read_.tokens[targets.front().first].text);
    const auto before = names_.find(name);
    const bool sum = read_.tokens[equals].text == "+=" && before != names_.end();
    value = sum ? combine("+", before->second, value) : unknown(name + " is computed by the program");
  }
  for (const auto& [first, last] : targets) {
    assign_to(first, last, value);
  }
}

void PythonReader::assign_to(std::size_t first, std::size_t last, const PythonValue& value) {
  const std::vector<PythonToken>& tokens = read_.tokens;
  const bool single = last == first + 1 || (last > first + 1 && tokens[first + 1].text == ":");
  if (single && tokens[first].kind == PythonTokenKind::kName) {
    set(std::string(tokens[first].text), value);
    return;
  }
  // os.environ["NAME"], or an element of something
  if (last > first + 3 && tokens[last - 1].text == "]" && tokens[last - 3].text == "[") {
    at_ = first;
    end_ = last - 3;
    const PythonValue of = expression();
    const PythonToken& key = tokens[last - 2];
    if (of.is(Kind::kPath) && of.text == "os.environ") {
      if (key.kind == PythonTokenKind::kString) {
        set_environment(std::string(key.text), value);
      }
      return;
    }
  }
  for (std::size_t i = first; i < last && step(); ++i) {
    if (tokens[i].kind == PythonTokenKind::kName && names_.contains(std::string(tokens[i].text))) {
      const std::string name(tokens[i].text);
      const bool member = i > first && tokens[i - 1].text == ".";
      const bool imported = names_[name].is(Kind::kPath);
      if (!member && !imported) {
        set(name, unknown(name + " is changed by the program"));
      }
    } else if (tokens[i].kind == PythonTokenKind::kName) {
      set(std::string(tokens[i].text), unknown(std::string(tokens[i].text) + " is computed by the program"));
    }
  }
}

// What nothing in the program calls may be called by what imports it: its arguments are unknown.
void PythonReader::run_uncalled() {
  for (std::size_t i = 0; i < functions_.size() && !exhausted_; ++i) {  // bodies may define more
    if (!functions_[i].called) {
      ended_ = false;
      call_function(i, {});
    }
  }
}

PythonProgram read_python_program(std::string_view program, const ShellVariables& variables,
                                  const std::string& unknown_parts, const PythonLimits& limits) {
  if (program.size() > limits.max_program_bytes) {
    return {{}, "it is longer than " + std::to_string(limits.max_program_bytes) + " bytes"};
  }
  return PythonReader(program, variables, unknown_parts, limits).read();
}

}  // namespace warmgate::models
