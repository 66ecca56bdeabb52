// Input discovery: paths given on a command line into texts. Directories are walked (names that start with a dot are
// left out, only .yaml, .yml and .json are read); what cannot be read is reported, never skipped in silence.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "warmgate/document/source.h"
#include "warmgate/lint/diagnostic.h"

namespace warmgate::lint {

struct Inputs {
  std::vector<std::shared_ptr<const document::SourceText>> texts;  // in the order given, directories sorted
  std::vector<Diagnostic> problems;
};

// "-" is standard input. Each file is read once, however many of the paths lead to it.
Inputs read_inputs(const std::vector<std::string>& paths);

}  // namespace warmgate::lint
