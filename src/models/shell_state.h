// The shell's variables while a script is read, with what is known of them. Changes made in a branch can be taken back
// and compared with those of the other branches.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "shell_budget.h"
#include "shell_syntax.h"
#include "warmgate/models/shell.h"

namespace warmgate::models {

// A string, or why it cannot be known.
struct ShellValue {
  std::string text;
  bool known = true;
  std::string reason;
  bool several = false;  // unknown, and possibly several words or none: an unquoted expansion
  bool absent = false;   // unknown, and most likely no word at all (ShellWord)

  bool operator==(const ShellValue&) const = default;
};

struct ShellVariable {
  std::vector<ShellValue> elements;  // one, or those of an array; the positional parameters are the array "@"
  bool set = true;
  bool array = false;
  bool exported = false;
  bool changed = false;  // differs from what the container starts with
  ShellSpan place;       // of the last value in the script

  [[nodiscard]] bool same_value(const ShellVariable& other) const {
    return set == other.set && elements == other.elements && exported == other.exported;
  }
};

struct ShellChange {
  std::optional<ShellVariable> value;
  bool repeatedly = false;  // more than one value on the way to this one
};
using ShellChanges = std::map<std::string, ShellChange>;

// "$NAME", or what people call the positional parameters.
std::string shell_variable_in_message(const std::string& name);

class ShellState {
 public:
  ShellState(const ShellVariables& variables, ShellBudget& budget);

  // nullptr: never set, so it is unset unless `may_be_set_elsewhere` says otherwise.
  [[nodiscard]] const ShellVariable* find(const std::string& name) const;

  // Why a variable that the script does not set may have a value all the same.
  [[nodiscard]] std::optional<std::string> may_be_set_elsewhere(const std::string& name) const;
  void open(std::string reason) { open_reason_ = std::move(reason); }
  [[nodiscard]] bool image_unseen() const { return image_unseen_; }

  // A plain assignment: an exported variable stays exported.
  void assign(const std::string& name, std::vector<ShellValue> elements, bool array, ShellSpan place);
  void make_unknown(const std::string& name, std::string reason, ShellSpan place);
  void unset(const std::string& name);
  void export_variable(const std::string& name);
  void export_all(bool on) { export_all_ = on; }  // set -a

  // From enter() to leave() changes are recorded, then undone and handed back.
  void enter();
  ShellChanges leave();
  // The variables changed since the last enter().
  [[nodiscard]] std::set<std::string> changed() const;
  // One of `alternatives` happened: variables they agree on take that value, others become unknown. With `partly`
  // each may also have happened in part.
  void join(const std::vector<ShellChanges>& alternatives, bool partly, const std::string& reason);

  // From enter_call() to leave_call() a function runs; its local variables and arguments end with it.
  void enter_call();
  void leave_call();
  void make_local(const std::string& name);

  // $PWD, which `cd` sets.
  [[nodiscard]] std::optional<std::string> directory() const;

  // The changed variables that a command run now would see.
  [[nodiscard]] std::map<std::string, ShellWord> environment_changes() const;

 private:
  struct Saved {
    std::optional<ShellVariable> before;
    bool repeatedly = false;
  };

  // What a local variable hides, and whether the frame around the call had recorded it as changed.
  struct Local {
    std::optional<ShellVariable> before;
    std::optional<Saved> record;
  };
  struct Call {
    std::size_t frames = 0;
    std::map<std::string, Local> locals;
  };

  void put(const std::string& name, std::optional<ShellVariable> value);
  [[nodiscard]] std::optional<ShellVariable> current(const std::string& name) const;

  ShellBudget& budget_;
  std::map<std::string, ShellVariable> variables_;
  std::vector<std::map<std::string, Saved>> frames_;
  std::vector<Call> calls_;
  std::set<std::string> once_exported_;  // a superset of what environment_changes() lists
  std::string open_reason_;
  bool image_unseen_;
  bool export_all_ = false;
};

}  // namespace warmgate::models
