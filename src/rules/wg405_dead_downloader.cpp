#include <algorithm>
#include <array>
#include <set>

#include "pip_install.h"
#include "rules.h"
#include "use_commands.h"
#include "wording.h"

namespace warmgate::rules {
namespace {

using models::CommandLine;

// huggingface_hub setup.py: `hf` came with 0.34.0, `huggingface-cli` went with 1.0.0. From 1.11.0 on it is there again,
// prints that it is gone, and exits with 1 (cli/deprecated_cli.py).
constexpr MajorMinor kOldGone{1, 0};
constexpr MajorMinor kNewCame{0, 34};

enum class Program { kNone, kOld, kNew };

Program program_of(const CommandLine& line) {
  constexpr std::array<std::string_view, 7> kCommands = {"download",   "login",        "whoami", "upload",
                                                         "scan-cache", "delete-cache", "repo"};
  const bool used =
      line.words.size() > 1 && std::find(kCommands.begin(), kCommands.end(), line.words[1].text) != kCommands.end();
  const std::string name = line.words.empty() ? "" : line.words[0].text.substr(line.words[0].text.rfind('/') + 1);
  if (!used) {
    return Program::kNone;
  }
  return name == "huggingface-cli" ? Program::kOld : name == "hf" ? Program::kNew : Program::kNone;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

Finding finding(const kube::Container& container, const CommandLine& line, const std::string& program,
                const std::string& message, const std::string& help) {
  const bool init = container.kind == kube::ContainerKind::kInit;
  return {.rule = "WG405",
          .message =
              (init ? "init container \"" : "container \"") + container.name() + "\" runs " + program + ", " + message,
          .help = help,
          .container = container.name(),
          .subject = program,
          .location = line.words.front().location,
          .at_most = std::nullopt};
}

std::optional<Finding> judge_old(const kube::Container& container, const CommandLine& line, const HubVersions& hub) {
  const bool by_number = hub.at_least && *hub.at_least >= kOldGone;
  const bool reaches = !hub.below || *hub.below > kOldGone;
  if (!by_number && !(hub.likely_newest && reaches)) {
    return std::nullopt;
  }
  std::string help = "write: " + as_one_line(replaced(line.script_line, "huggingface-cli", "hf"));
  if (line.words[1].text == "login") {
    help = "remove it: the hf command takes the token from HF_TOKEN";
  } else if (help.find("--local-dir-use-symlinks") != std::string::npos) {
    help += " (without --local-dir-use-symlinks, which is gone too)";
  }
  Finding out =
      finding(container, line, "huggingface-cli",
              "which huggingface_hub has no longer from 1.0 on, and \"" + hub.requirement +
                  "\" of this script installs " + (by_number ? "such a version" : "the newest") + ": the command fails",
              help);
  if (!by_number && !hub.newest) {
    out.at_most = api::Action::kWarn;
  }
  return out;
}

std::optional<Finding> judge_new(const kube::Container& container, const CommandLine& line, const HubVersions& hub) {
  if (!hub.below || *hub.below > kNewCame) {
    return std::nullopt;
  }
  return finding(container, line, "hf",
                 "which huggingface_hub has from 0.34 on, but \"" + hub.requirement +
                     "\" of this script installs an older version: the command is not found",
                 "install huggingface_hub 0.34 or later, or write: " +
                     as_one_line(replaced(line.script_line, "hf ", "huggingface-cli ")));
}

bool may_download(const kube::Container& container) {
  for (const char* list : {"command", "args"}) {
    for (const std::string& text : container.view[list].strings()) {
      if (text.find("install") != std::string::npos && text.find("hugging") != std::string::npos) {
        return true;
      }
    }
  }
  return false;
}

void check_container(const kube::Container& container, const std::vector<CommandLine>& lines,
                     std::vector<Finding>& findings) {
  std::set<Program> used;
  for (const CommandLine& line : lines) {
    used.insert(program_of(line));
  }
  if (used.contains(Program::kOld) && used.contains(Program::kNew)) {
    return;  // one stands in for the other
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Program program = program_of(lines[i]);
    const std::optional<HubVersions> hub =
        program == Program::kNone ? std::nullopt : installed_hub(std::span(lines).first(i), container.image());
    if (!hub) {
      continue;
    }
    if (std::optional<Finding> found =
            program == Program::kOld ? judge_old(container, lines[i], *hub) : judge_new(container, lines[i], *hub)) {
      findings.push_back(std::move(*found));
      return;
    }
  }
}

void check(const RuleContext& context, std::vector<Finding>& findings) {
  for (const models::TemplateReading& reading : context.readings) {
    UseCommands commands(context.knowledge, reading);
    for (const kube::Container& container : kube::containers(reading.pod.spec)) {
      if (may_download(container)) {
        check_container(container, commands.of_container(container.name()).lines, findings);
      }
    }
  }
}

}  // namespace

const Rule kWG405_DeadDownloader = {
    .info =
        {.id = "WG405",
         .slug = "dead-downloader",
         .default_action = api::Action::kDeny,
         .summary = "a download command that the installed version of huggingface_hub does not have",
         .why = "huggingface-cli went with huggingface_hub 1.0: up to 1.10 the shell does not find it, from 1.11 on it "
                "prints that it is gone and exits with 1. A script that installs the newest version and calls the old "
                "command worked until it was released, and fails since.",
         .bad = "image: python:3.12-slim\nargs:\n  - pip install huggingface_hub && huggingface-cli download "
                "Qwen/Qwen3-32B\n",
         .good = "image: python:3.12-slim\nargs:\n  - pip install huggingface_hub==1.22.0 && hf download "
                 "Qwen/Qwen3-32B\n",
         .misses =
             "Images that bring their own huggingface_hub: which version that is stands in no manifest. A version is "
             "known only where the same script installs it: with a number that decides, or unpinned in a plain "
             "python image. With --upgrade in another image it is a warning at most, and other packages in the script "
             "may hold the version down, so nothing is said then."},
    .check = check,
};

}  // namespace warmgate::rules
