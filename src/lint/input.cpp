#include "warmgate/lint/input.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <utility>

#include "warmgate/document/read.h"
#include "warmgate/rules/rule.h"

namespace warmgate::lint {
namespace {

namespace fs = std::filesystem;

Diagnostic problem(const std::string& rule, const std::string& file, const std::string& message,
                   const std::string& help) {
  Diagnostic diagnostic;
  diagnostic.rule = rule;
  diagnostic.slug = rules::find_rule(rule)->info.slug;
  diagnostic.message = message;
  diagnostic.help = help;
  diagnostic.file = file;
  return diagnostic;
}

class Discovery {
 public:
  void add(const std::string& path) {
    if (path == "-") {
      if (!std::exchange(stdin_read_, true)) {
        read_stdin();
      }
      return;
    }
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found) {
      unreadable(path, "there is no file or directory of this name", "check the path");
    } else if (error) {
      unreadable(path, error.message(), "check the permissions of the path");
    } else if (status.type() == fs::file_type::directory) {
      walk(path, {});
    } else {
      read_file(path);
    }
  }

  Inputs result() && { return std::move(inputs_); }

 private:
  void unreadable(const std::string& path, const std::string& why, const std::string& help) {
    inputs_.problems.push_back(problem("WG007", path, "cannot be read: " + why, help));
  }

  void read_file(const std::string& path) {
    // A file that is named twice, or named and in a directory, is one file. A pipe has no real path.
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    if (!error && !files_.insert(real).second) {
      return;
    }
    errno = 0;
    std::ifstream stream(path, std::ios::binary);
    if (!stream) {
      unreadable(path, std::strerror(errno), "check the permissions of the file");
      return;
    }
    read_stream(stream, path);
  }

  void read_stdin() {
    errno = 0;
    read_stream(std::cin, "<stdin>");
    // std::cin takes a failure (closed, a directory) for the end; C's stdin below it knows better.
    if (std::ferror(stdin) != 0) {
      inputs_.texts.pop_back();
      unreadable("<stdin>", std::strerror(errno), "pipe a manifest into it, or name files");
    }
  }

  void read_stream(std::istream& stream, const std::string& name) {
    // One byte more than the limit tells that there is more, without reading an endless file.
    const std::size_t limit = document::Limits().max_bytes + 1;
    constexpr std::size_t kChunk = 1U << 16;
    std::string text;
    std::string chunk(kChunk, '\0');
    while (text.size() < limit && stream) {
      stream.read(chunk.data(), static_cast<std::streamsize>(std::min(chunk.size(), limit - text.size())));
      text.append(chunk, 0, static_cast<std::size_t>(stream.gcount()));
    }
    if (stream.bad()) {
      unreadable(name, "reading failed before its end", "check the file system and the permissions of the file");
      return;
    }
    inputs_.texts.push_back(std::make_shared<document::SourceText>(name, std::move(text)));
  }

  // `parents`: the real paths of the directories above, to notice links that lead back.
  void walk(const std::string& directory, std::set<fs::path> parents) {
    std::error_code error;
    const fs::path real = fs::canonical(directory, error);
    if (!error && !parents.insert(real).second) {
      unreadable(directory, "the directory is a link to one of its own parents, " + real.string(),
                 "remove the link or name the files");
      return;
    }
    std::vector<fs::path> entries;
    for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
      entries.push_back(it->path());
    }
    if (error) {
      unreadable(directory, error.message(), "check the permissions of the directory");
      return;
    }
    std::sort(entries.begin(), entries.end());
    for (const fs::path& entry : entries) {
      visit(entry, parents);
    }
  }

  void visit(const fs::path& entry, const std::set<fs::path>& parents) {
    if (entry.filename().string().starts_with('.')) {
      return;
    }
    std::error_code error;
    const fs::file_type type = fs::status(entry, error).type();
    const std::string extension = entry.extension().string();
    const bool manifest = extension == ".yaml" || extension == ".yml" || extension == ".json";
    if (type == fs::file_type::directory) {
      walk(entry.string(), parents);
    } else if (manifest && type == fs::file_type::regular) {
      read_file(entry.string());
    } else if (manifest) {
      const std::string why = type == fs::file_type::not_found ? "it is a link to nothing"
                              : error                          ? error.message()
                                                               : "it is neither a file nor a directory";
      unreadable(entry.string(), why, "remove or repair it");
    }
  }

  Inputs inputs_;
  std::set<fs::path> files_;  // their real paths
  bool stdin_read_ = false;
};

}  // namespace

Inputs read_inputs(const std::vector<std::string>& paths) {
  Discovery discovery;
  for (const std::string& path : paths) {
    discovery.add(path);
  }
  return std::move(discovery).result();
}

}  // namespace warmgate::lint
