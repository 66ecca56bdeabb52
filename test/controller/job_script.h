// The scripts that the controller's Jobs run, run as a container would run them: by sh, with the Job's variables, in a
// folder of the test's own. Programs that they call (hf, pip) are fakes of the test.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "cli/program.h"
#include "controller/job_input.h"
#include "support/temp_directory.h"

namespace warmgate::testing {

class JobScript {
 public:
  // `job` is what download_job or removal_job made.
  explicit JobScript(const document::Json& job) {
    const document::Json& container = job["spec"]["template"]["spec"]["containers"][0];
    script_ = folder_.write("script.sh", container["args"][0]);
    for (const document::Json& item : container["env"]) {
      if (item.contains("value")) {
        variables_[item["name"]] = expanded(item["value"]);
      }
    }
    std::filesystem::create_directories(folder_.path("cache"));
    std::filesystem::create_directories(folder_.path("work"));
    std::filesystem::create_directories(folder_.path("here"));
    for (const char* name : {"HOME", "TMPDIR", "WARMGATE_WORK"}) {
      variables_[name] = folder_.path("work");
    }
    variables_["HF_HOME"] = folder_.path("cache");
    variables_["WARMGATE_TERMINATION_LOG"] = folder_.path("termination");
    variables_["PATH"] = folder_.path("bin") + ":/usr/bin:/bin";
    variables_["FOLDER"] = folder_.path();
  }

  void set(const std::string& name, const std::string& value) { variables_[name] = value; }

  // A program on the PATH, in sh; FOLDER is the test's folder.
  void program(const std::string& name, const std::string& text) const {
    const std::string path = folder_.write("bin/" + name, "#!/bin/sh\n" + text);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }

  // `around` is sh in which "$@" is the command.
  [[nodiscard]] Ran run(const std::string& around = "\"$@\"") const {
    std::string command = "cd \"" + folder_.path("here") + "\"\nset -- env -i";
    for (const auto& [name, value] : variables_) {
      command.append(" ").append(quoted(std::string(name).append("=").append(value)));
    }
    command.append(" sh ").append(script_).append("\n").append(around);
    return testing::run(command);
  }

  [[nodiscard]] const TempDirectory& folder() const { return folder_; }
  // "" when it is not there.
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream file(folder_.path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] std::string termination() const { return read("termination"); }
  // Files and links below the folder `name`, sorted.
  [[nodiscard]] std::vector<std::string> files(const std::string& name) const {
    std::vector<std::string> out;
    const std::filesystem::path root = folder_.path(name);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (entry.is_symlink() || !entry.is_directory()) {
        out.push_back(entry.path().lexically_relative(root));
      }
    }
    std::sort(out.begin(), out.end());
    return out;
  }

 private:
  // As the kubelet does it, of variables that are not references.
  static std::string expanded(std::string value) {
    for (std::size_t at = value.find("$$"); at != std::string::npos; at = value.find("$$", at + 1)) {
      value.erase(at, 1);
    }
    return value;
  }

  static std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
      out.append(c == '\'' ? "'\\''" : std::string(1, c));
    }
    return out + "'";
  }

  TempDirectory folder_;
  std::string script_;
  std::map<std::string, std::string> variables_;
};

}  // namespace warmgate::testing
