// What reading one script may cost, and the first thing that went wrong with it. Shared by all parts of the reader.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "warmgate/models/shell.h"

namespace warmgate::models {

class ShellBudget {
 public:
  explicit ShellBudget(const ShellLimits& limits) : limits_(limits) {}

  [[nodiscard]] const ShellLimits& limits() const { return limits_; }
  [[nodiscard]] const std::optional<std::string>& problem() const { return problem_; }

  // Something is wrong with the script; reading goes on where it can. The first problem stays.
  void note(std::string problem) {
    if (!problem_) {
      problem_ = std::move(problem);
    }
  }

  // Takes back what was noted since problem() was `before`.
  void forget(std::optional<std::string> before) { problem_ = exhausted_ ? problem_ : std::move(before); }

  // A limit is reached: reading stops.
  void exhaust(std::string problem) {
    note(std::move(problem));
    exhausted_ = true;
  }
  [[nodiscard]] bool exhausted() const { return exhausted_; }

  // Parsing and running count apart, so that what could be parsed is still listed.
  void restart() {
    exhausted_ = false;
    steps_ = 0;
    bytes_ = 0;
  }

  // One more command is parsed or run. False when that is one too many.
  bool step();

  // `bytes` more are scanned or written. False when that is too many.
  bool spend(std::size_t bytes);

  // One level of nesting, for as long as it lives. All kinds of nesting share one count, since they share one stack.
  class Level {
   public:
    explicit Level(ShellBudget& budget) : budget_(budget), ok_(++budget.depth_ <= budget.limits_.max_depth) {
      if (!ok_) {
        budget.exhaust("it nests more than " + std::to_string(budget.limits_.max_depth) + " levels deep");
      }
    }
    ~Level() { --budget_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    [[nodiscard]] bool ok() const { return ok_; }

   private:
    ShellBudget& budget_;
    bool ok_;
  };

 private:
  ShellLimits limits_;
  std::optional<std::string> problem_;
  bool exhausted_ = false;
  std::size_t steps_ = 0;
  std::size_t bytes_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace warmgate::models
