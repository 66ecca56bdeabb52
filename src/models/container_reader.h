// Reads what one container runs: its argv, the shell scripts and Python programs in it, and the files that they write
// and then run, or that known ConfigMaps have. In four files: command_line.cpp has argv and shells,
// container_python.cpp the Python programs, container_download.cpp what fetches from the Hub without its client,
// container_submission.cpp what is submitted.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "warmgate/kube/pod_config.h"
#include "warmgate/models/command_line.h"
#include "warmgate/models/python.h"
#include "warmgate/models/shell.h"
#include "wrappers.h"

namespace warmgate::models {

// A command on its way to becoming a CommandLine.
struct Invocation {
  std::vector<Word> words;
  kube::Environment environment;
  std::string script_line;  // as written in the script it comes from, "" for a container's own argv
  int nesting = 0;          // how many scripts it stands in
  std::optional<Word> input;
  std::optional<std::string> directory;
};

class ContainerReader {
 public:
  ContainerReader(const kube::Container& container, Commands& out)
      : container_(container), mounts_(container), out_(out) {}

  void read(Invocation command);
  // `environment` is the container's.
  void read_submission(const kube::Submission& submission, const kube::Environment& environment);

 private:
  void unreadable(const std::string& reason, const Location& at);
  // False when one more script, or one as long as `text`, is too much.
  bool may_read(const Word& script, int nesting);

  static void strip(Invocation& command);
  void read_shell(const ShellInvocation& shell, const Invocation& command);
  void read_shell_text(const Word& script, const std::vector<Word>& positional, const Invocation& command);
  void read_shell_command(const ShellCommand& command, const Word& script, const Invocation& outer);
  // True when `name` is a file that a script has written or a ConfigMap has, which is then read.
  bool run_file(const Word& name, const std::vector<Word>& positional, const Invocation& command);
  // Of `name` at `path`; nullptr: not known.
  std::shared_ptr<const Word> file_at(const std::string& name, const std::string& path);
  void write_file(const ShellCommand& command, const Word& script);

  // container_python.cpp. True when `command` is Python with its program at hand.
  bool read_python(const Invocation& command);
  void read_program(const Word& program, const std::vector<Word>& positional, const Invocation& command);
  void add_call(const PythonCall& call, const Word& program, const Invocation& command);
  bool run_process(const PythonCall& call, const Word& program, const Invocation& command);

  // container_download.cpp. True when `command` was one of them.
  bool read_download(const Invocation& command);
  bool read_git(const Invocation& command);
  void clone(const std::vector<Word>& positional, const std::optional<Word>& branch,
             const std::optional<std::string>& directory, const Invocation& command);
  void check_out(const Word& revision, const std::optional<std::string>& directory);
  void add_download(const char* program, const Word& url, const Word& repo, const std::optional<Word>& revision,
                    Word target, const Invocation& command);

  static std::string path_of(const std::string& name, const std::optional<std::string>& directory);
  void add_line(CommandLine line);

  const kube::Container& container_;
  const kube::MountsByPath mounts_;
  Commands& out_;
  std::size_t script_bytes_ = 0;
  // What scripts wrote, and what was read of ConfigMaps, by path; nullptr: not known. A script may write the file that
  // it stands in.
  std::map<std::string, std::shared_ptr<const Word>> files_;
  std::set<std::string> running_;  // the paths of the files that are being read
  // The lines of out_ that clone from the Hub, by the folder they made; nullopt: a clone from elsewhere.
  std::map<std::string, std::optional<std::size_t>> clones_;
};

// What a script or a program in `environment` starts with.
ShellVariables variables_of(const kube::Environment& environment, const std::vector<Word>& positional);

// Where the variable that is the whole of a value is set, when its value is `value`; else `otherwise`.
Location place_of(const kube::Environment& environment, const std::optional<std::string>& variable,
                  const std::string& value, Location otherwise);

// Bytes [begin, end) of the text of `script`, in the object.
Location place_in(const Word& script, std::size_t begin, std::size_t end);

// `word` of the text of `script`.
Word word_of(const ShellWord& word, const Word& script);

}  // namespace warmgate::models
