// Reads shell scripts for tables of expectations.
#pragma once

#include <string>

#include "warmgate/models/shell.h"

namespace warmgate::testing {

// The commands of `script`, one per line: the words between spaces, a word that is empty or holds whitespace in <…>, an
// unknown one as ?<…>; assignments in front as {NAME=word}. Last, if there is one, "problem: …".
std::string commands_of(const std::string& script, const models::ShellVariables& variables = {});

// The reason of the only unknown word of `script`, or what is wrong with that assumption.
std::string reason_of(const std::string& script, const models::ShellVariables& variables = {});

}  // namespace warmgate::testing
