#include "shell_reader.h"

#include <algorithm>

#include "shell_parser.h"

namespace warmgate::models {
namespace {

// Longer lists are not unrolled: each turn lists the body's commands again.
constexpr std::size_t kMaxTurns = 20;

constexpr const char* kBranchReason = "is set differently by branches of the script";
constexpr const char* kSuccessReason = "depends on whether another command of the script succeeds";
constexpr const char* kLoopReason = "changes in a loop of the script";

bool may_glob(const ShellValue& value) { return value.text.find_first_of("*?[") != std::string::npos; }

}  // namespace

std::vector<ShellCommand> ShellReader::read(const ShellSource& source) {
  run_text(source, {0, source.text.size()});
  for (std::size_t i = 0; i < defined_.size() && !budget_.exhausted(); ++i) {  // bodies may define more
    const Function function = defined_[i];
    if (called_.contains(function.body)) {
      continue;
    }
    subshell([&] {
      state_.make_unknown("@", "the script never calls the function that this stands in", {});
      run(function.source, *function.body);
    });
  }
  return std::move(commands_);
}

void ShellReader::run_text(const ShellSource& source, ShellSpan range) {
  const bool whole_script = trees_.empty();
  if (!whole_script && !budget_.spend(range.end - range.begin)) {
    return;
  }
  trees_.push_back(parse_shell(source, range, budget_).commands);
  if (whole_script) {
    budget_.restart();  // what was parsed before a limit is listed all the same
  }
  list(source, trees_.back());
}

void ShellReader::substitute(const ShellSource& source, ShellSpan commands) {
  subshell([&] { run_text(source, commands); });
}

void ShellReader::substitute_text(std::string commands, ShellSpan place) {
  if (budget_.spend(commands.size())) {
    const ShellSource source{texts_.emplace_back(std::move(commands)), place};
    substitute(source, {0, source.text.size()});
  }
}

bool ShellReader::list(const ShellSource& source, const std::vector<ShellNode>& nodes) {
  bool sure = true;
  for (const ShellNode& node : nodes) {
    if (budget_.exhausted()) {
      break;
    }
    sure = run(source, node);
  }
  return sure;
}

bool ShellReader::run(const ShellSource& source, const ShellNode& node) {
  const ShellBudget::Level level(budget_);
  if (!level.ok() || !budget_.step()) {
    return false;
  }
  switch (node.kind) {
    case ShellNodeKind::kSimple:
      return simple(source, node);
    case ShellNodeKind::kTest:
      test(source, node);
      return false;
    case ShellNodeKind::kArithmetic:
      expander_.run_arithmetic(source, node.words.front());
      return false;
    case ShellNodeKind::kAndOr:
      return and_or(source, node);
    case ShellNodeKind::kPipeline:
      for (const ShellNode& child : node.children) {
        subshell([&] { run(source, child); });
      }
      return false;
    case ShellNodeKind::kGroup:
      return list(source, node.children);
    case ShellNodeKind::kSubshell:
      subshell([&] { list(source, node.children); });
      return false;
    case ShellNodeKind::kBranches:
      branches(source, node);
      return false;
    case ShellNodeKind::kWhile:
      loop([&] {
        list(source, node.alternatives.front().condition);
        list(source, node.alternatives.front().body);
      });
      return false;
    case ShellNodeKind::kFor:
      for_loop(source, node);
      return false;
    case ShellNodeKind::kFunction: {
      const Function function{&node.children.front(), source};
      functions_[node.name] = function;
      if (seen_.insert(function.body).second) {
        defined_.push_back(function);
      }
      return true;
    }
  }
  return false;
}

void ShellReader::subshell(const Step& step) {
  state_.enter();
  step();
  state_.leave();
}

// Commands behind && run on the way where all before them succeeded; behind || on the other one.
bool ShellReader::and_or(const ShellSource& source, const ShellNode& node) {
  bool sure = run(source, node.children.front());
  bool conditional = false;
  const auto rejoin = [&] {
    if (conditional) {
      state_.join({state_.leave(), {}}, true, kSuccessReason);
    }
    conditional = false;
  };
  for (std::size_t i = 1; i < node.children.size() && !budget_.exhausted(); ++i) {
    const bool if_succeeded = node.if_succeeded[i - 1];
    if (if_succeeded && sure && !conditional) {
      sure = run(source, node.children[i]);
      continue;
    }
    if (!if_succeeded) {
      rejoin();
    }
    if (!conditional) {
      state_.enter();
      conditional = true;
    }
    run(source, node.children[i]);
    sure = false;
    if (!if_succeeded) {
      rejoin();
    }
  }
  rejoin();
  return sure;
}

void ShellReader::branches(const ShellSource& source, const ShellNode& node) {
  std::vector<ShellChanges> outcomes;
  std::set<std::string> doubtful;  // changed by an earlier condition, or by a branch that falls through
  bool falls_through = false;
  for (std::size_t i = 0; i < node.alternatives.size() && !budget_.exhausted(); ++i) {
    const ShellAlternative& alternative = node.alternatives[i];
    if (i == 0) {
      list(source, alternative.condition);
    }
    state_.enter();
    for (const std::string& name : doubtful) {
      state_.make_unknown(name, shell_variable_in_message(name).append(" ").append(kBranchReason), {});
    }
    if (i > 0) {
      list(source, alternative.condition);
      doubtful.merge(state_.changed());
    }
    list(source, alternative.body);
    if (alternative.falls_through) {
      falls_through = true;
      doubtful.merge(state_.changed());
    }
    outcomes.push_back(state_.leave());
  }
  if (!node.exhaustive || falls_through) {
    outcomes.emplace_back();
  }
  state_.join(outcomes, falls_through, kBranchReason);
}

// What a loop changes is not known where the next turn begins. So the first run only finds out what that is.
void ShellReader::loop(const Step& step) {
  state_.enter();
  ++rehearsals_;
  step();
  --rehearsals_;
  const ShellChanges rehearsed = state_.leave();
  if (rehearsals_ > 0) {  // an outer loop asks only for the names
    state_.join({rehearsed, {}}, true, kLoopReason);
    return;
  }
  state_.enter();
  for (const auto& [name, change] : rehearsed) {
    state_.make_unknown(name, shell_variable_in_message(name).append(" ").append(kLoopReason), {});
  }
  step();
  state_.join({state_.leave(), {}}, true, kLoopReason);
}

// Runs what a jump may leave early.
void ShellReader::turn(const Step& step, const std::string& reason) {
  const bool outer = jumped_;
  jumped_ = false;
  state_.enter();
  step();
  std::vector<ShellChanges> outcomes = {state_.leave()};
  if (jumped_) {
    outcomes.emplace_back();
  }
  state_.join(outcomes, jumped_, reason);
  jumped_ = outer;
}

void ShellReader::for_loop(const ShellSource& source, const ShellNode& node) {
  std::vector<std::pair<ShellValue, ShellSpan>> turns;
  bool known = true;
  const auto add = [&](ShellValue value, ShellSpan place) {
    known = known && value.known && !may_glob(value);
    turns.emplace_back(std::move(value), place);
  };
  if (node.over_words) {
    for (const ShellSpan word : node.words) {
      for (ShellValue& value : expander_.fields(source, word)) {
        add(std::move(value), source.place_of(word));
      }
    }
  } else {
    const ShellVariable& arguments = *state_.find("@");
    known = arguments.array;
    for (std::size_t i = 1; i < arguments.elements.size(); ++i) {
      add(arguments.elements[i], {});
    }
  }
  if (known && turns.empty()) {
    return;
  }
  if (!known || turns.size() > kMaxTurns) {
    loop([&] {
      state_.make_unknown(node.name, "$" + node.name + " " + kLoopReason, {});
      list(source, node.children);
    });
    return;
  }
  state_.enter();
  for (auto& [value, place] : turns) {
    state_.assign(node.name, {std::move(value)}, false, place);
    turn([&] { list(source, node.children); }, kLoopReason);
  }
  state_.join({state_.leave(), {}}, true, kLoopReason);
}

void ShellReader::test(const ShellSource& source, const ShellNode& node) {
  ShellCommand command;
  for (const ShellSpan span : node.words) {
    ShellValue value = expander_.value(source, span);
    const ShellSpan place = source.place_of(span);
    command.words.push_back({std::move(value.text), value.known, std::move(value.reason), place.begin, place.end});
  }
  emit(std::move(command));
}

ShellScript read_shell_script(std::string_view script, const ShellVariables& variables, const ShellLimits& limits) {
  if (script.size() > limits.max_script_bytes) {
    return {{}, "it is longer than " + std::to_string(limits.max_script_bytes) + " bytes"};
  }
  ShellBudget budget(limits);
  ShellScript result;
  result.commands = ShellReader(variables, budget).read({script, std::nullopt});
  result.problem = budget.problem();
  return result;
}

}  // namespace warmgate::models
