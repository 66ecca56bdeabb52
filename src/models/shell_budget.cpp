#include "shell_budget.h"

namespace warmgate::models {
namespace {

// A command is visited once to be parsed and a few times more for each loop and substitution it stands in.
constexpr std::size_t kStepsPerCommand = 20;

}  // namespace

bool ShellBudget::step() {
  if (exhausted_) {
    return false;
  }
  if (++steps_ > limits_.max_commands * kStepsPerCommand) {
    exhaust("it takes too many steps to read");
  }
  return !exhausted_;
}

bool ShellBudget::spend(std::size_t bytes) {
  if (exhausted_) {
    return false;
  }
  if (bytes > limits_.max_total_bytes - bytes_) {
    exhaust("its commands are longer than " + std::to_string(limits_.max_total_bytes) + " bytes together");
    return false;
  }
  bytes_ += bytes;
  return true;
}

}  // namespace warmgate::models
