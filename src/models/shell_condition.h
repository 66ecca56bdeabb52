// What can be said of conditions without running anything: `[`, `[[`, `test`, the patterns of `case`, and of the output
// of the few commands that only repeat their words.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shell_state.h"
#include "warmgate/models/shell.h"

namespace warmgate::models {

enum class ShellOutcome { kUnknown, kSucceeds, kFails };

ShellOutcome inverted(ShellOutcome outcome);

// Of a command that begins with `[`, `[[` or `test`, compared with known strings or numbers; kUnknown for all others.
ShellOutcome shell_test(const std::vector<ShellWord>& words);

// Whether the pattern of a `case` matches; `written` is the pattern before expansion.
ShellOutcome shell_match(const ShellValue& subject, const ShellValue& pattern, std::string_view written);

// What $(command) stands for: of echo, cat with a here-document, basename, dirname and pwd.
std::optional<std::string> shell_output(const ShellCommand& command);

}  // namespace warmgate::models
