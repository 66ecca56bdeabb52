// Command lines: what a container runs, as lists of words that still know where they were written. The kubelet's $(VAR)
// is expanded, wrappers (exec, env, tini, python -u) are stripped, `sh -c` scripts are read as shell and `python -c`
// programs as Python, also those in here-documents, in files that a script writes and runs, and in mounted ConfigMaps
// that are known (kube::Container::config). Owns its strings.
//
// Three kinds of line are not commands but stand for what a command does, so that engine files can describe them:
//   python-call PACKAGE.FUNCTION ARGUMENT… --name VALUE…       a call in a Python program (models/python.h)
//   hub-clone ORG/NAME [--revision R] [--local-dir DIR]        `git clone` from the Hub, with what is checked out later
//   hub-file ORG/NAME --revision R [--local-dir DIR]           curl or wget of …/resolve/R/…
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "warmgate/kube/environment.h"
#include "warmgate/kube/object.h"
#include "warmgate/kube/pod.h"
#include "warmgate/models/engine.h"

namespace warmgate::models {

// A place in the workload, or in `object`: the value at `pointer`, or `length` bytes from `offset` of the string there.
struct Location {
  std::string pointer;
  std::size_t offset = 0;
  std::size_t length = 0;                                // 0: the whole value
  bool at_key = false;                                   // show the member's key rather than its value
  std::shared_ptr<const kube::Object> object = nullptr;  // a ConfigMap that the workload mounts
};

struct Word {
  std::string text;
  bool known = true;
  std::string unknown_reason;
  Location location;
  bool absent = false;  // unknown, and most likely not there at all (ShellWord)
};

struct CommandLine {
  std::vector<Word> words;
  kube::Environment environment;  // as the command sees it
  std::string script_line;        // the line as written, when it is one of an `sh -c` script (injection never edits
                                  // those); else ""
  std::optional<std::string> directory;  // where it runs, absolute; nullopt: where the image says
  // It is submitted to the container (kube::Submission): a Pod by itself does not tell that it runs it.
  bool submitted = false;
  std::string moved = {};  // the field for which another Pod may run it; "" for none
};

// `path` as the command takes it: a relative one lies in its working folder, and is unknown where that is.
Word absolute_path(Word path, const CommandLine& line);

struct Commands {
  std::vector<CommandLine> lines;
  // Why what the container runs is not known, or not wholly: a script file, an unbalanced quote. "" when it is known.
  std::string unreadable;
  Location unreadable_at;
};

// `image` brings entrypoint and environment, when the image is known.
Commands read_commands(const kube::Container& container, const std::optional<ImageMatch>& image);

}  // namespace warmgate::models
