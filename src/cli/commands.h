// The sub-commands of `warmgate`. Each adds itself to the parser; the chosen one sets `run`.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace warmgate::cli {

// Exit codes, the same for every command.
inline constexpr int kClean = 0;      // nothing at or above --fail-on
inline constexpr int kFindings = 1;   // findings at or above --fail-on; an object that would be refused
inline constexpr int kFailure = 2;    // wrong usage, or Warmgate could not do its work
inline constexpr int kLostLease = 3;  // of `controller`: another one may lead now

using Run = std::function<int()>;

void add_serve(CLI::App& app, Run& run);
void add_controller(CLI::App& app, Run& run);
void add_lint(CLI::App& app, Run& run);
void add_mutate(CLI::App& app, Run& run);
void add_inspect(CLI::App& app, Run& run);
void add_explain(CLI::App& app, Run& run);
void add_policy(CLI::App& app, Run& run);
void add_cache(CLI::App& app, Run& run);
void add_gates(CLI::App& app, Run& run);
void add_version(CLI::App& app, Run& run);

// "warmgate: <message>" on standard error.
void say(const std::string& message);
// The same; returns kFailure.
int fail(const std::string& message);
// Writes to standard output; kFailure (with a message) when that does not take everything, else `code`. A reader that
// went away (`| head`) is no failure.
int print(const std::string& text, int code);
// Standard output took something no more: what would go on writing may end.
bool output_closed();

}  // namespace warmgate::cli
