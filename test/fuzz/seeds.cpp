// fuzz_seeds DIR FILE…: the manifests of the fixtures as seeds in DIR/manifest, and what their containers run in
// DIR/commands.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "warmgate/document/read.h"

namespace {

using namespace warmgate;
namespace fs = std::filesystem;

std::size_t written = 0;

void write(const fs::path& directory, const std::string& content) {
  std::ofstream(directory / ("seed" + std::to_string(written++)), std::ios::binary) << content;
}

// Every string with a space or a line break: scripts, and the few others do no harm.
void write_scripts(const document::Json& value, const fs::path& directory) {
  if (value.is_string()) {
    const std::string& text = value.get_ref<const std::string&>();
    if (text.find_first_of(" \n") != std::string::npos) {
      write(directory, "\1" + text);
    }
  } else if (value.is_structured()) {
    for (const document::Json& item : value) {
      write_scripts(item, directory);
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    std::cerr << "usage: fuzz_seeds DIR FILE...\n";
    return 2;
  }
  const fs::path root(arguments[1]);
  fs::create_directories(root / "manifest");
  fs::create_directories(root / "commands");
  for (int i = 2; i < count; ++i) {
    std::ifstream file(arguments[i], std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const fs::path path(arguments[i]);
    if (path.extension() == ".yaml" || path.extension() == ".json") {
      write(root / "manifest", text);
      const auto source = std::make_shared<document::SourceText>(path.string(), text);
      for (const document::Document& document : document::read_documents(source, {}).documents) {
        write_scripts(document.value(), root / "commands");
      }
    } else {
      write(root / "commands", "\1" + text);
    }
  }
  return 0;
}
