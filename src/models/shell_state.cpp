#include "shell_state.h"

#include <algorithm>
#include <array>
#include <utility>

namespace warmgate::models {
namespace {

// Set by the shell, the container runtime, the kubelet or a controller although no manifest lists them: expanding them
// to nothing would be a guess. A name that ends with `_` or begins with one stands for a prefix or a suffix.
constexpr std::array<std::string_view, 36> kSetElsewhere = {"PATH",
                                                            "HOME",
                                                            "HOSTNAME",
                                                            "PWD",
                                                            "OLDPWD",
                                                            "USER",
                                                            "UID",
                                                            "EUID",
                                                            "PPID",
                                                            "SHELL",
                                                            "SHLVL",
                                                            "TERM",
                                                            "RANDOM",
                                                            "SECONDS",
                                                            "LINENO",
                                                            "OPTARG",
                                                            "OPTIND",
                                                            "REPLY",
                                                            "PYTHONPATH",
                                                            "LD_PRELOAD",
                                                            "CUDA_HOME",
                                                            "VIRTUAL_ENV",
                                                            "LD_LIBRARY_PATH",
                                                            "JOB_COMPLETION_INDEX",
                                                            "BASH_",
                                                            "EPOCH",
                                                            "RAY_",
                                                            "FQ_RAY_IP",
                                                            "LWS_",
                                                            "KUBERNETES_",
                                                            "NVIDIA_",
                                                            "MASTER_ADDR",
                                                            "RANK",
                                                            "WORLD_SIZE",
                                                            "_SERVICE_HOST",
                                                            "_SERVICE_PORT"};

bool matches(std::string_view pattern, std::string_view name) {
  return pattern.ends_with('_')     ? name.starts_with(pattern)
         : pattern.starts_with('_') ? name.ends_with(pattern)
                                    : name == pattern;
}

// What walking over one more exported variable costs against ShellLimits::max_total_bytes; about a node of a map.
constexpr std::size_t kBytesPerVisit = 64;

std::size_t size_of(const ShellVariable& variable) {
  std::size_t bytes = 0;
  for (const ShellValue& value : variable.elements) {
    bytes += sizeof(ShellValue) + value.text.size();
  }
  return bytes;
}

}  // namespace

std::string shell_variable_in_message(const std::string& name) {
  return name == "@" ? "the list of arguments" : "$" + name;
}

ShellState::ShellState(const ShellVariables& variables, ShellBudget& budget)
    : budget_(budget), image_unseen_(variables.image_unseen) {
  for (const auto& [name, value] : variables.values) {
    if (name == "IFS" || name == "@") {
      continue;  // shells do not take IFS from the environment; "@" is ours
    }
    ShellVariable variable;
    variable.exported = true;
    variable.elements.push_back(
        value ? ShellValue{*value, true, "", false}
              : ShellValue{"", false, "the value of $" + name + " cannot be read from the manifest", false});
    budget.spend(value ? value->size() : 0);
    variables_[name] = std::move(variable);
  }
  ShellVariable arguments;
  arguments.array = true;
  for (const std::optional<std::string>& argument : variables.positional) {
    const std::string name = std::to_string(arguments.elements.size());
    arguments.elements.push_back(
        argument ? ShellValue{*argument, true, "", false}
                 : ShellValue{"", false, "the value of $" + name + " cannot be read from the manifest", false});
  }
  if (arguments.elements.empty()) {
    arguments.elements.push_back({"", false, "$0 is only known at run time", false});
  }
  variables_["@"] = std::move(arguments);
  if (variables.directory) {
    ShellVariable directory;
    directory.elements.push_back({*variables.directory, true, "", false});
    variables_["PWD"] = std::move(directory);
  }
  open_reason_ = variables.open ? "may come from envFrom" : "";
}

const ShellVariable* ShellState::find(const std::string& name) const {
  const auto found = variables_.find(name);
  const bool exported_only = found != variables_.end() && !found->second.set && !found->second.changed;
  return found == variables_.end() || exported_only ? nullptr : &found->second;
}

std::optional<std::string> ShellState::may_be_set_elsewhere(const std::string& name) const {
  const bool listed = std::any_of(kSetElsewhere.begin(), kSetElsewhere.end(),
                                  [&](std::string_view pattern) { return matches(pattern, name); });
  if (listed) {
    return "$" + name + " is only known at run time";
  }
  return open_reason_.empty() ? std::nullopt : std::optional("$" + name + " " + open_reason_);
}

std::optional<ShellVariable> ShellState::current(const std::string& name) const {
  const auto found = variables_.find(name);
  return found == variables_.end() ? std::nullopt : std::optional(found->second);
}

void ShellState::put(const std::string& name, std::optional<ShellVariable> value) {
  if (!frames_.empty()) {
    auto [saved, first] = frames_.back().try_emplace(name);
    const std::optional<ShellVariable> before = current(name);
    if (first) {
      saved->second.before = before;
      budget_.spend(before ? size_of(*before) : 0);  // frames nest, so one variable may be kept many times
    } else if (before.has_value() != value.has_value() || (before && !before->same_value(*value))) {
      saved->second.repeatedly = true;
    }
  }
  if (!value) {
    variables_.erase(name);
    return;
  }
  if (value->exported && value->changed) {
    once_exported_.insert(name);
  }
  variables_[name] = std::move(*value);
}

void ShellState::assign(const std::string& name, std::vector<ShellValue> elements, bool array, ShellSpan place) {
  const auto before = variables_.find(name);
  ShellVariable variable;
  variable.exported = export_all_ || (before != variables_.end() && before->second.exported);
  variable.elements = std::move(elements);
  for (ShellValue& value : variable.elements) {
    if (!value.known) {
      value.text.clear();  // where it is used, the use is quoted, not this
    }
  }
  variable.array = array;
  variable.changed = true;
  variable.place = place;
  put(name, std::move(variable));
}

void ShellState::make_unknown(const std::string& name, std::string reason, ShellSpan place) {
  assign(name, {{"", false, std::move(reason), false}}, false, place);
}

void ShellState::unset(const std::string& name) {
  ShellVariable variable;
  variable.set = false;
  variable.changed = true;
  const ShellVariable* before = find(name);
  variable.exported = before != nullptr && before->exported;  // the container sets it; a command no longer sees it
  put(name, std::move(variable));
}

void ShellState::export_variable(const std::string& name) {
  std::optional<ShellVariable> variable = current(name);
  if (variable && variable->exported) {
    return;
  }
  if (variable) {
    variable->changed = true;
  } else {
    variable.emplace().set = false;  // a later assignment will be exported
  }
  variable->exported = true;
  put(name, std::move(variable));
}

void ShellState::enter() { frames_.emplace_back(); }

ShellChanges ShellState::leave() {
  std::map<std::string, Saved> frame = std::move(frames_.back());
  frames_.pop_back();
  ShellChanges changes;
  for (auto& [name, saved] : frame) {
    changes[name] = {current(name), saved.repeatedly};
    if (saved.before) {
      variables_[name] = std::move(*saved.before);
    } else {
      variables_.erase(name);
    }
  }
  return changes;
}

std::set<std::string> ShellState::changed() const {
  std::set<std::string> names;
  for (const auto& [name, saved] : frames_.back()) {
    names.insert(name);
  }
  return names;
}

void ShellState::join(const std::vector<ShellChanges>& alternatives, bool partly, const std::string& reason) {
  std::set<std::string> names;
  for (const ShellChanges& changes : alternatives) {
    for (const auto& [name, change] : changes) {
      names.insert(name);
    }
  }
  for (const std::string& name : names) {
    const std::optional<ShellVariable> before = current(name);
    std::optional<ShellVariable> agreed;
    bool agree = true;
    bool exported = false;
    for (std::size_t i = 0; i < alternatives.size(); ++i) {
      const auto found = alternatives[i].find(name);
      const std::optional<ShellVariable>& value = found == alternatives[i].end() ? before : found->second.value;
      agree = agree && !(partly && found != alternatives[i].end() && found->second.repeatedly);
      agree = agree && (i == 0 || value.has_value() == agreed.has_value()) &&
              (i == 0 || !value || value->same_value(*agreed));
      exported = exported || (value && value->exported);
      if (i == 0) {
        agreed = value;
      }
    }
    if (agree) {
      put(name, std::move(agreed));
      continue;
    }
    make_unknown(name, shell_variable_in_message(name).append(" ").append(reason), {});
    if (exported) {
      export_variable(name);
    }
  }
}

void ShellState::enter_call() { calls_.push_back({frames_.size(), {}}); }

void ShellState::leave_call() {
  Call call = std::move(calls_.back());
  calls_.pop_back();
  for (auto& [name, local] : call.locals) {
    put(name, std::move(local.before));
    // The caller's variable did not change.
    if (!frames_.empty() && local.record) {
      frames_.back()[name] = std::move(*local.record);
    } else if (!frames_.empty()) {
      frames_.back().erase(name);
    }
  }
}

void ShellState::make_local(const std::string& name) {
  if (calls_.empty()) {
    return;
  }
  Call& call = calls_.back();
  const auto [local, first] = call.locals.try_emplace(name);
  if (!first) {
    return;
  }
  local->second.before = current(name);
  if (call.frames > 0) {
    const auto& frame = frames_[call.frames - 1];
    const auto record = frame.find(name);
    local->second.record = record == frame.end() ? std::nullopt : std::optional(record->second);
  }
}

std::optional<std::string> ShellState::directory() const {
  const ShellVariable* variable = find("PWD");
  if (variable == nullptr || variable->elements.size() != 1 || !variable->elements.front().known) {
    return std::nullopt;
  }
  budget_.spend(variable->elements.front().text.size());
  return variable->elements.front().text;
}

std::map<std::string, ShellWord> ShellState::environment_changes() const {
  std::map<std::string, ShellWord> changes;
  for (const std::string& name : once_exported_) {
    const ShellVariable* variable = find(name);
    if (!budget_.spend(kBytesPerVisit)) {
      break;
    }
    if (variable == nullptr || !variable->exported || !variable->changed) {
      continue;
    }
    ShellWord word{"", false, "$" + name + " is unset by the script", variable->place.begin, variable->place.end};
    if (variable->set && !variable->elements.empty()) {
      const ShellValue& value = variable->elements.front();
      word.text = value.text;
      word.known = value.known;
      word.unknown_reason = value.reason;
    }
    if (!budget_.spend(sizeof(ShellWord) + word.text.size() + word.unknown_reason.size())) {
      break;
    }
    changes[name] = std::move(word);
  }
  return changes;
}

}  // namespace warmgate::models
