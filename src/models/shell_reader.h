// Walks over the syntax tree of a script in the order in which it would run and lists its commands.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shell_budget.h"
#include "shell_condition.h"
#include "shell_expand.h"
#include "shell_state.h"
#include "shell_syntax.h"
#include "warmgate/models/shell.h"

namespace warmgate::models {

class ShellReader : private ShellSubstitutions {
 public:
  ShellReader(const ShellVariables& variables, ShellBudget& budget)
      : budget_(budget), state_(variables, budget), expander_(state_, budget, *this) {}

  // Lists the commands of `source`, whose text must outlive the reader, and of functions that nothing calls.
  std::vector<ShellCommand> read(const ShellSource& source);

 private:
  struct Function {
    const ShellNode* body = nullptr;
    ShellSource source;
  };
  using Step = std::function<void()>;
  struct Words {
    std::vector<ShellWord> words;
    std::vector<ShellValue> values;
  };

  std::optional<std::string> substitute(const ShellSource& source, ShellSpan commands) override;
  std::optional<std::string> substitute_text(std::string commands, ShellSpan place) override;
  void run_text(const ShellSource& source, ShellSpan range);

  ShellOutcome list(const ShellSource& source, const std::vector<ShellNode>& nodes);
  ShellOutcome run(const ShellSource& source, const ShellNode& node);
  ShellOutcome run_kind(const ShellSource& source, const ShellNode& node);
  ShellOutcome and_or(const ShellSource& source, const ShellNode& node);
  ShellOutcome simple(const ShellSource& source, const ShellNode& node);
  ShellOutcome run_command(const ShellSource& source, const ShellNode& node, std::size_t assignments, Words words);

  void subshell(const Step& step);
  ShellOutcome branches(const ShellSource& source, const ShellNode& node);
  // What may run of the alternatives from `first` on, whose condition has run.
  void doubtful_branches(const ShellSource& source, const ShellNode& node, std::size_t first);
  ShellOutcome decide(const ShellSource& source, const ShellNode& node, const ShellAlternative& alternative);
  void loop(const Step& step);
  void turn(const Step& step, const std::string& reason);
  void for_loop(const ShellSource& source, const ShellNode& node);
  ShellOutcome test(const ShellSource& source, const ShellNode& node);

  // shell_simple.cpp
  Words expand_words(const ShellSource& source, const ShellNode& node, std::size_t first);
  std::vector<ShellAssignment> assign(const ShellSource& source, const ShellNode& node, std::size_t count, bool stay);
  ShellAssignment assign_one(const ShellSource& source, ShellSpan word);
  std::vector<ShellValue> array_elements(const ShellSource& source, ShellSpan inside);
  void declare_arrays(const ShellSource& source, const ShellNode& node, std::size_t first);
  void redirect(const ShellSource& source, const ShellNode& node, ShellCommand& command);
  bool call(const Words& words);
  bool evaluate(const std::vector<ShellWord>& words);
  void emit(ShellCommand command);

  ShellBudget& budget_;
  ShellState state_;
  ShellExpander expander_;
  std::vector<ShellCommand> commands_;
  std::map<std::string, Function> functions_;
  std::vector<Function> defined_;  // in the order of definition, each body once
  // By body, since a body that is run again defines its inner functions again.
  std::set<const ShellNode*> seen_;
  std::set<const ShellNode*> called_;
  std::set<const ShellNode*> running_;
  std::deque<std::string> texts_;  // what eval and backquotes run; functions may point into them
  std::deque<std::vector<ShellNode>> trees_;
  bool jumped_ = false;  // a return, break or continue was met: what follows it may not run
  bool ended_ = false;   // exec or exit was met: nothing that follows it in this shell runs
  int rehearsals_ = 0;   // > 0: a loop is run only to learn what it changes, nothing is listed
};

}  // namespace warmgate::models
