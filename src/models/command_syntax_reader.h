// The part of an engine file that says how its command line is read.
#pragma once

#include "engine_document.h"
#include "warmgate/models/command_syntax.h"

namespace warmgate::models {

// The members of `spec` that read_command_syntax knows.
const EngineDocument::Names& command_syntax_members();

// Of the roles in the order of the enumeration.
const EngineDocument::Names& role_names();

CommandSyntax read_command_syntax(EngineDocument& document, const EngineDocument::View& spec);

}  // namespace warmgate::models
