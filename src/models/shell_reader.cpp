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
  ended_ = false;
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

std::optional<std::string> ShellReader::substitute(const ShellSource& source, ShellSpan commands) {
  const std::size_t before = commands_.size();
  const std::size_t tree = trees_.size();
  subshell([&] { run_text(source, commands); });
  const bool single = commands_.size() == before + 1 && trees_.size() > tree && trees_[tree].size() == 1 &&
                      trees_[tree].front().kind == ShellNodeKind::kSimple;
  return single ? shell_output(commands_.back()) : std::nullopt;
}

std::optional<std::string> ShellReader::substitute_text(std::string commands, ShellSpan place) {
  if (!budget_.spend(commands.size())) {
    return std::nullopt;
  }
  const ShellSource source{texts_.emplace_back(std::move(commands)), place};
  return substitute(source, {0, source.text.size()});
}

ShellOutcome ShellReader::list(const ShellSource& source, const std::vector<ShellNode>& nodes) {
  ShellOutcome outcome = ShellOutcome::kSucceeds;
  for (const ShellNode& node : nodes) {
    if (budget_.exhausted() || ended_) {
      break;
    }
    outcome = run(source, node);
  }
  return outcome;
}

ShellOutcome ShellReader::run(const ShellSource& source, const ShellNode& node) {
  const ShellBudget::Level level(budget_);
  if (!level.ok() || !budget_.step()) {
    return ShellOutcome::kUnknown;
  }
  const ShellOutcome outcome = run_kind(source, node);
  // What a rehearsal finds out must hold for every turn of the loop.
  return rehearsals_ > 0 ? ShellOutcome::kUnknown : node.negated ? inverted(outcome) : outcome;
}

ShellOutcome ShellReader::run_kind(const ShellSource& source, const ShellNode& node) {
  switch (node.kind) {
    case ShellNodeKind::kSimple:
      return simple(source, node);
    case ShellNodeKind::kTest:
      return test(source, node);
    case ShellNodeKind::kArithmetic:
      expander_.run_arithmetic(source, node.words.front());
      return ShellOutcome::kUnknown;
    case ShellNodeKind::kAndOr:
      return and_or(source, node);
    case ShellNodeKind::kPipeline:
      for (const ShellNode& child : node.children) {
        subshell([&] { run(source, child); });
      }
      return ShellOutcome::kUnknown;
    case ShellNodeKind::kGroup:
      return list(source, node.children);
    case ShellNodeKind::kSubshell:
      subshell([&] { list(source, node.children); });
      return ShellOutcome::kUnknown;
    case ShellNodeKind::kBranches:
      return branches(source, node);
    case ShellNodeKind::kWhile:
      loop([&] {
        list(source, node.alternatives.front().condition);
        list(source, node.alternatives.front().body);
      });
      return ShellOutcome::kUnknown;
    case ShellNodeKind::kFor:
      for_loop(source, node);
      return ShellOutcome::kUnknown;
    case ShellNodeKind::kFunction: {
      const Function function{&node.children.front(), source};
      functions_[node.name] = function;
      if (seen_.insert(function.body).second) {
        defined_.push_back(function);
      }
      return ShellOutcome::kSucceeds;
    }
  }
  return ShellOutcome::kUnknown;
}

void ShellReader::subshell(const Step& step) {
  const bool outer = ended_;
  state_.enter();
  step();
  state_.leave();
  ended_ = outer;
}

// Commands behind && run on the way where all before them succeeded; behind || on the other one.
ShellOutcome ShellReader::and_or(const ShellSource& source, const ShellNode& node) {
  ShellOutcome outcome = run(source, node.children.front());
  bool conditional = false;
  const auto rejoin = [&] {
    if (conditional) {
      state_.join({state_.leave(), {}}, true, kSuccessReason);
    }
    conditional = false;
  };
  for (std::size_t i = 1; i < node.children.size() && !budget_.exhausted() && !ended_; ++i) {
    const bool if_succeeded = node.if_succeeded[i - 1];
    if (outcome != ShellOutcome::kUnknown) {
      const bool runs = if_succeeded == (outcome == ShellOutcome::kSucceeds);
      outcome = runs ? run(source, node.children[i]) : outcome;
      continue;
    }
    if (!if_succeeded) {
      rejoin();
    }
    const bool first = !conditional;
    if (first) {
      state_.enter();
      conditional = true;
    }
    run(source, node.children[i]);
    if (ended_ && first) {  // what it changed does not reach what follows
      state_.leave();
      conditional = false;
    }
    ended_ = false;
    if (!if_succeeded) {
      rejoin();
    }
  }
  rejoin();
  return outcome;
}

// Whether `alternative` is the one that runs; runs its condition.
ShellOutcome ShellReader::decide(const ShellSource& source, const ShellNode& node,
                                 const ShellAlternative& alternative) {
  if (node.words.empty()) {
    const ShellOutcome outcome = list(source, alternative.condition);
    return alternative.condition.empty() ? ShellOutcome::kSucceeds : outcome;
  }
  const ShellValue subject = expander_.value(source, node.words.front());
  ShellOutcome outcome = ShellOutcome::kFails;
  for (const ShellSpan pattern : alternative.patterns) {
    const ShellOutcome matches = shell_match(subject, expander_.value(source, pattern), source.at(pattern));
    if (matches == ShellOutcome::kSucceeds) {
      return matches;
    }
    outcome = matches == ShellOutcome::kUnknown ? matches : outcome;
  }
  return outcome;
}

ShellOutcome ShellReader::branches(const ShellSource& source, const ShellNode& node) {
  const bool falls_through = std::any_of(node.alternatives.begin(), node.alternatives.end(),
                                         [](const ShellAlternative& each) { return each.falls_through; });
  for (std::size_t i = 0; i < node.alternatives.size() && !budget_.exhausted(); ++i) {
    ShellOutcome outcome = decide(source, node, node.alternatives[i]);
    if (ended_) {
      return ShellOutcome::kUnknown;
    }
    if (falls_through || rehearsals_ > 0) {
      outcome = ShellOutcome::kUnknown;
    }
    if (outcome == ShellOutcome::kSucceeds) {
      return list(source, node.alternatives[i].body);
    }
    if (outcome == ShellOutcome::kUnknown) {
      doubtful_branches(source, node, i);
      return ShellOutcome::kUnknown;
    }
  }
  return ShellOutcome::kSucceeds;
}

void ShellReader::doubtful_branches(const ShellSource& source, const ShellNode& node, std::size_t first) {
  std::vector<ShellChanges> outcomes;
  std::set<std::string> doubtful;  // changed by an earlier condition, or by a branch that falls through
  bool falls_through = false;
  bool exhaustive = false;
  for (std::size_t i = first; i < node.alternatives.size() && !budget_.exhausted() && !exhaustive; ++i) {
    const ShellAlternative& alternative = node.alternatives[i];
    state_.enter();
    for (const std::string& name : doubtful) {
      state_.make_unknown(name, shell_variable_in_message(name).append(" ").append(kBranchReason), {});
    }
    const ShellOutcome runs = i == first ? ShellOutcome::kUnknown : decide(source, node, alternative);
    const bool is_else = node.words.empty() && alternative.condition.empty();
    exhaustive = runs == ShellOutcome::kSucceeds && (is_else || rehearsals_ == 0);
    if (!alternative.condition.empty()) {
      doubtful.merge(state_.changed());
    }
    const bool skipped = runs == ShellOutcome::kFails && !falls_through && rehearsals_ == 0;
    if (!skipped && !ended_) {
      list(source, alternative.body);
    }
    if (alternative.falls_through) {
      falls_through = true;
      doubtful.merge(state_.changed());
    }
    ShellChanges changes = state_.leave();
    if (!ended_ && !skipped) {
      outcomes.push_back(std::move(changes));
    }
    ended_ = false;
  }
  if (!exhaustive || falls_through) {
    outcomes.emplace_back();
  }
  ended_ = outcomes.empty();
  state_.join(outcomes, falls_through, kBranchReason);
}

// What a loop changes is not known where the next turn begins. So the first run only finds out what that is.
void ShellReader::loop(const Step& step) {
  state_.enter();
  ++rehearsals_;
  step();
  --rehearsals_;
  const ShellChanges rehearsed = state_.leave();
  ended_ = false;
  if (rehearsals_ > 0) {  // an outer loop asks only for the names
    state_.join({rehearsed, {}}, true, kLoopReason);
    return;
  }
  state_.enter();
  for (const auto& [name, change] : rehearsed) {
    state_.make_unknown(name, shell_variable_in_message(name).append(" ").append(kLoopReason), {});
  }
  step();
  ended_ = false;
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
    ended_ = false;
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
    ended_ = false;
  }
  state_.join({state_.leave(), {}}, true, kLoopReason);
}

ShellOutcome ShellReader::test(const ShellSource& source, const ShellNode& node) {
  ShellCommand command;
  for (const ShellSpan span : node.words) {
    ShellValue value = expander_.value(source, span);
    const ShellSpan place = source.place_of(span);
    command.words.push_back({std::move(value.text), value.known, std::move(value.reason), place.begin, place.end});
  }
  const ShellOutcome outcome = shell_test(command.words);
  emit(std::move(command));
  return outcome;
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
