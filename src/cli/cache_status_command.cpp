#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <memory>

#include "cache_commands.h"
#include "cache_lines.h"
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
  std::string output = "table";
  [[nodiscard]] bool json() const { return output == "json"; }
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

// Whether there may be more.
bool append(const std::string& text) { return print(text, kClean) == kClean && !output_closed(); }

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
    return append(back + table);
  }

 private:
  const Terminal& terminal_;
  bool namespaces_;
  std::ptrdiff_t lines_ = 0;
};

int watch(const CommandClient& client, const CacheQuery& query, const StatusOptions& options) {
  const Terminal terminal;
  Redrawn redrawn(terminal, query.ns.empty());
  ChangedLines lines(options.json() ? cache_json : cache_line);
  const auto show = [&](const std::vector<CacheRow>& rows) {
    return terminal.can_redraw && !options.json() ? redrawn.show(rows) : append(lines.next(rows));
  };
  const base::Result<WatchEnd> end = watch_caches(
      {*client.api, *client.clock, query, options.until_ready, show, [](const std::string& text) { say(text); }});
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
    return watch(*client, query, options);
  }
  const base::Result<std::vector<CacheRow>> rows = read_caches(*client->api, query);
  if (!rows) {
    return fail(rows.error().message);
  }
  if (options.json()) {
    return print(caches_json(*rows), kClean);
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
      "  warmgate cache status -o json | jq -r '.modelCaches[] | select(.ready | not) | .name'\n"
      "\n"
      "On a terminal --watch draws over what it showed; elsewhere it adds a line for each change.\n"
      "-o json is one document {\"modelCaches\": [...]}; with --watch or --until-ready one object per line and "
      "change.\n"
      "Its fields are a contract: namespace, name, repo, revision, phase (of one that has gone: Deleted), ready, "
      "reason,\n"
      "message, claim, users; bytes.done, bytes.total, percent, bytesPerSecond, remainingSeconds, replacedBy and\n"
      "unusedSince where they are known.");
  CLI::Option* name = command->add_option("name", options->query.name, "One ModelCache; without it all")
                          ->type_name("NAME")
                          ->check(object_name_mistake);
  CLI::Option* ns =
      command->add_option("-n,--namespace", options->query.ns, "Namespace; that of the kubeconfig when it is left out")
          ->type_name("NAME")
          ->check(object_name_mistake);
  command->add_flag("-A,--all-namespaces", options->everywhere, "Those of every namespace")
      ->excludes(ns)
      ->excludes(name);
  command->add_flag("-w,--watch", options->watch, "Show them as they change");
  command->add_flag("--until-ready", options->until_ready,
                    "Watch until all of them are Ready (exit code 0), or one has failed (1)");
  command->add_option("-o,--output", options->output, "table, or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  add_connection_options(*command, options->cluster);
  command->callback([options, &run] { run = [options] { return run_status(*options); }; });
}

}  // namespace warmgate::cli
