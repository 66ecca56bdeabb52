#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>

#include "cache_commands.h"
#include "cache_watch.h"
#include "cluster_access.h"
#include "warmgate/base/text.h"

namespace warmgate::cli {
namespace {

struct StatusOptions {
  ClusterOptions cluster;
  CacheQuery query;
  bool everywhere = false;
  bool watch = false;
  bool until_ready = false;
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// As setlocale decides about the characters of a terminal (LC_ALL, LC_CTYPE, LANG; the first that is not empty).
bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string value = base::to_lower(variable(name));
    if (!value.empty()) {
      return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
    }
  }
  return false;
}

// Standard output: a terminal that can be written over, or something that is appended to.
struct Terminal {
  Terminal() : is_one(::isatty(STDOUT_FILENO) != 0), can_redraw(is_one && variable("TERM") != "dumb") {}

  // Asked each time: windows change.
  [[nodiscard]] TableStyle style(bool namespaces) const {
    TableStyle style;
    style.namespaces = namespaces;
    style.utf8 = is_one && speaks_utf8();
    winsize size{};
    if (is_one && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
      style.width = size.ws_col;
    }
    return style;
  }
  // One line is the cursor's own.
  [[nodiscard]] static std::size_t max_lines() {
    winsize size{};
    const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    return known && size.ws_row > 2 ? size.ws_row - 1U : 0;
  }

  bool is_one;
  bool can_redraw;
};

// Draws the table over the one before.
class Redrawn {
 public:
  Redrawn(const Terminal& terminal, bool namespaces) : terminal_(terminal), namespaces_(namespaces) {}

  bool show(const std::vector<CacheRow>& rows) {
    TableStyle style = terminal_.style(namespaces_);
    style.max_lines = Terminal::max_lines();
    const std::string table = cache_table(rows, style);
    // ECMA-48: cursor up, and erase from there to the end.
    const std::string back = lines_ == 0 ? "" : "\x1b[" + std::to_string(lines_) + "A\x1b[J";
    lines_ = std::count(table.begin(), table.end(), '\n');
    return print(back + table, kClean) == kClean && !output_closed();
  }

 private:
  const Terminal& terminal_;
  bool namespaces_;
  std::ptrdiff_t lines_ = 0;
};

// A line for each ModelCache at first, and for each that changed.
class Appended {
 public:
  bool show(const std::vector<CacheRow>& rows) {
    std::map<std::string, std::string> now;
    std::string text;
    for (const CacheRow& row : rows) {
      const std::string id = row.ns + "/" + row.name;
      std::string line = cache_line(row) + "\n";
      const auto before = lines_.find(id);
      text += before == lines_.end() || before->second != line ? line : "";
      now.emplace(id, std::move(line));
    }
    for (const auto& [id, line] : lines_) {
      text += now.contains(id) ? std::string() : std::string(id).append(" deleted\n");
    }
    lines_ = std::move(now);
    return print(text, kClean) == kClean && !output_closed();
  }

 private:
  std::map<std::string, std::string> lines_;
};

int watch(const CommandClient& client, const CacheQuery& query, bool until_ready) {
  const Terminal terminal;
  Redrawn redrawn(terminal, query.ns.empty());
  Appended appended;
  const auto show = [&](const std::vector<CacheRow>& rows) {
    return terminal.can_redraw ? redrawn.show(rows) : appended.show(rows);
  };
  const base::Result<WatchEnd> end =
      watch_caches({*client.api, *client.clock, query, until_ready, show, [](const std::string& text) { say(text); }});
  if (!end) {
    return fail(end.error().message);
  }
  switch (*end) {
    case WatchEnd::kReady:
    case WatchEnd::kNobodyLooks:
      return kClean;
    case WatchEnd::kFailed:
      return kFindings;
    case WatchEnd::kDeleted:
      say("there is no ModelCache left to wait for");
      return kFindings;
  }
  return kFailure;
}

int run_status(const StatusOptions& options) {
  const base::Result<CommandClient> client = connect_command(options.cluster);
  if (!client) {
    return fail(client.error().message);
  }
  CacheQuery query = options.query;
  if (query.ns.empty() && !options.everywhere) {
    query.ns = client->ns;
  }
  if (options.watch || options.until_ready) {
    return watch(*client, query, options.until_ready);
  }
  const base::Result<std::vector<CacheRow>> rows = read_caches(*client->api, query);
  if (!rows) {
    return fail(rows.error().message);
  }
  if (rows->empty()) {
    return print("There are no ModelCaches in " + (query.ns.empty() ? "the cluster" : "namespace " + query.ns) + ".\n",
                 kClean);
  }
  TableStyle style = Terminal().style(query.ns.empty());
  style.width = 0;  // what is drawn once may wrap
  return print(cache_table(*rows, style), kClean);
}

}  // namespace

void add_cache_status(CLI::App& cache, Run& run) {
  auto options = std::make_shared<StatusOptions>();
  CLI::App* command = cache.add_subcommand(
      "status",
      "Show ModelCaches: how far their downloads are, who uses them, and what keeps them from being Ready\n"
      "\n"
      "  warmgate cache status                         those of the namespace\n"
      "  warmgate cache status -A --watch              all, until Ctrl-C\n"
      "  warmgate cache status qwen --until-ready      for scripts: exit code 0 when it is Ready, 1 when it failed\n"
      "\n"
      "On a terminal --watch draws over what it showed; elsewhere it adds a line for each change. For programs:\n"
      "kubectl get modelcaches -o json.");
  CLI::Option* name =
      command->add_option("name", options->query.name, "One ModelCache; without it all")->type_name("NAME");
  CLI::Option* ns =
      command->add_option("-n,--namespace", options->query.ns, "Namespace; that of the kubeconfig when it is left out")
          ->type_name("NAME");
  command->add_flag("-A,--all-namespaces", options->everywhere, "Those of every namespace")
      ->excludes(ns)
      ->excludes(name);
  command->add_flag("-w,--watch", options->watch, "Show them as they change");
  command->add_flag("--until-ready", options->until_ready,
                    "Watch until all of them are Ready (exit code 0), or one has failed (1)");
  add_connection_options(*command, options->cluster);
  command->callback([options, &run] { run = [options] { return run_status(*options); }; });
}

}  // namespace warmgate::cli
