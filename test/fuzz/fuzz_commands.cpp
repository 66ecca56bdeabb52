// libFuzzer: any text as the script of a container. It goes through the shell reader, through the Python reader and, as
// `sh -c` and `python3 -c`, through everything that reads command lines. The first byte chooses what the variables are.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "warmgate/models/command_line.h"
#include "warmgate/models/python.h"
#include "warmgate/models/shell.h"

namespace {

using namespace warmgate;

models::ShellVariables variables(unsigned choice) {
  models::ShellVariables out;
  out.values = {{"MODEL", "org/m"}, {"FLAGS", "--a b  'c"}, {"SECRET", std::nullopt}, {"EMPTY", ""}};
  out.positional = {"sh", "one", std::nullopt, "two words"};
  out.open = (choice & 1U) != 0;
  out.image_unseen = (choice & 2U) != 0;
  if ((choice & 4U) != 0) {
    out.directory = "/work";
  }
  return out;
}

void read_container(const char* program, const std::string& text) {
  document::Json json = {{"name", "c"}, {"image", "vllm/vllm-openai"}};
  json["env"] = document::Json::array({{{"name", "MODEL"}, {"value", "org/m"}}, {{"name", "CODE"}, {"value", text}}});
  json["command"] = document::Json::array({program, "-c", text, "one", "$(CODE)"});
  const kube::Container container{document::View(json), kube::ContainerKind::kMain};
  models::read_commands(container, std::nullopt);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const models::ShellVariables start = variables(data[0]);
  for (const models::ShellCommand& command : models::read_shell_script(text, start).commands) {
    for (const models::ShellWord& word : command.words) {
      if (word.begin > word.end || word.end > text.size() || (!word.known && word.unknown_reason.empty())) {
        __builtin_trap();  // every word stands somewhere, and an unknown one says why
      }
    }
  }
  for (const models::PythonCall& call : models::read_python_program(text, start).calls) {
    if (call.begin > call.end || call.end > text.size()) {
      __builtin_trap();
    }
  }
  read_container("sh", text);
  read_container("python3", text);
  return 0;
}
