// Python programs in manifests (`python3 -c`, here-documents): which functions of libraries they call, with which
// arguments, as far as that can be known without running anything. Understood are literals, names bound to them,
// f-strings and sums of them, os.environ, dictionaries and lists of them, loops over such lists, and functions of the
// program itself. Everything else is unknown, never guessed. Pure functions; hostile input is bounded by PythonLimits
// and never throws.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/models/shell.h"

namespace warmgate::models {

struct PythonArgument {
  std::string name;              // "" of a positional one
  std::vector<ShellWord> words;  // its value: one word, or those of a list; of the places: bytes of the program
  bool list = false;
  bool unpacked = false;  // `*x` or `**x` of something unknown: any arguments
  std::string variable;   // the environment variable that is its whole value, or ""
};

// One call of a function that is imported from somewhere.
struct PythonCall {
  // The package and the function: "huggingface_hub.snapshot_download", "vllm.LLM". from_pretrained says of which kind
  // of class it is: "transformers.from_pretrained", "transformers.tokenizer.from_pretrained",
  // "transformers.config.from_pretrained".
  std::string function;
  std::vector<PythonArgument> arguments;  // in order; those that are None left out
  std::size_t begin = 0;                  // the call as written: bytes [begin, end) of the program
  std::size_t end = 0;
  // What the program had put into os.environ when the package, or one that brings huggingface_hub along, was imported:
  // huggingface_hub reads its variables then (constants.py at v1.22.0).
  std::map<std::string, ShellWord> environment_changes;
};

struct PythonLimits {
  std::size_t max_program_bytes = 1U << 20;
  std::size_t max_tokens = 200'000;
  std::size_t max_calls = 10'000;
  std::size_t max_steps = 400'000;  // statements and expressions
  std::size_t max_depth = 50;       // nested expressions, blocks and calls
  std::size_t max_total_bytes = 32U << 20;
};

struct PythonProgram {
  std::vector<PythonCall> calls;  // in the order in which they run; then those of functions that nothing calls
  std::optional<std::string> problem;
};

// `variables` is what the program starts with; its positional parameters are sys.argv. `unknown_parts`: why the text is
// not known wholly, "" when it is: strings with a `$` or a backquote in them are then unknown.
PythonProgram read_python_program(std::string_view program, const ShellVariables& variables,
                                  const std::string& unknown_parts = "", const PythonLimits& limits = {});

}  // namespace warmgate::models
