#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <memory>

#include "commands.h"
#include "warmgate/lint/rule_pages.h"
#include "warmgate/rules/rule.h"

namespace warmgate::cli {
namespace {

struct ExplainOptions {
  std::string rule;
  bool all = false;
  std::string format = "text";
  std::string output_dir;
};

int unknown_rule(const std::string& name) {
  return fail("there is no rule \"" + name + "\"; " + rules::hint_for_unknown_rule(name));
}

std::string page(const rules::RuleInfo& info, const std::string& format) {
  return format == "markdown" ? lint::rule_page_markdown(info) : lint::rule_page_text(info);
}

int write_pages(const std::string& directory, const std::string& format) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  for (const rules::Rule* rule : rules::all_rules()) {
    const std::string path = directory + "/" + std::string(rule->info.id) + "-" + std::string(rule->info.slug) +
                             (format == "markdown" ? ".md" : ".txt");
    std::ofstream file(path, std::ios::binary);
    file << page(rule->info, format);
    file.close();
    if (!file) {
      return fail(path + ": cannot be written; check that the directory exists and is writable");
    }
  }
  return kClean;
}

int run_explain(const ExplainOptions& options) {
  if (!options.output_dir.empty()) {
    return write_pages(options.output_dir, options.format);
  }
  if (options.format == "table") {
    return print(lint::rule_table_markdown(), kClean);
  }
  if (options.rule.empty() && !options.all) {
    return print(lint::rule_list_text(), kClean);
  }
  std::string out;
  for (const rules::Rule* rule : rules::all_rules()) {
    if (options.all || rule == rules::find_rule(options.rule)) {
      out += (out.empty() ? "" : "\n") + page(rule->info, options.format);
    }
  }
  return out.empty() ? unknown_rule(options.rule) : print(out, kClean);
}

}  // namespace

void add_explain(CLI::App& app, Run& run) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* command =
      app.add_subcommand("explain", "Explain a rule: what it finds, why it hurts, what to write instead");
  command->add_option("rule", options->rule, "Id (WG101) or slug (unpinned-revision); without it all rules are listed")
      ->type_name("RULE");
  command->add_flag("--all", options->all, "Every rule");
  command->add_option("-f,--format", options->format, "text, markdown, or table (a Markdown table of all rules)")
      ->check(CLI::IsMember({"text", "markdown", "table"}))
      ->capture_default_str();
  command->add_option("--output-dir", options->output_dir, "Write a page per rule into this directory")
      ->type_name("DIR");
  command->callback([options, &run] { run = [options] { return run_explain(*options); }; });
}

}  // namespace warmgate::cli
