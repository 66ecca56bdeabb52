#include "pip_install.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "warmgate/base/text.h"

namespace warmgate::rules {
namespace {

using models::CommandLine;
using models::Word;

// Where the arguments of a `pip install` begin: pip install, python -m pip install, uv pip install; 0 for none.
std::size_t install_arguments(const std::vector<Word>& words) {
  std::vector<std::string> first;
  constexpr std::size_t kMost = 4;
  for (std::size_t i = 0; i < std::min(kMost, words.size()); ++i) {
    first.push_back(words[i].text.substr(words[i].text.rfind('/') + 1));
  }
  const auto is = [&](std::size_t i, std::string_view text) { return i < first.size() && first[i] == text; };
  std::size_t pip = 0;
  if (!first.empty() && first[0].starts_with("python") && is(1, "-m")) {
    pip = 2;
  } else if (is(0, "uv")) {
    pip = 1;
  }
  const bool named = pip < first.size() && (first[pip] == "pip" || first[pip] == "pip3");
  return named && is(pip + 1, "install") ? pip + 2 : 0;
}

MajorMinor parse_version(std::string_view text) {
  MajorMinor out{0, 0};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.first);
  if (error == std::errc() && end != text.data() + text.size() && *end == '.') {
    std::from_chars(end + 1, text.data() + text.size(), out.second);
  }
  return out;
}

MajorMinor after(const MajorMinor& version) { return {version.first, version.second + 1}; }

// One of "==1.22.0", ">=0.24", "<1", "~=0.36.0"
// (https://packaging.python.org/en/latest/specifications/version-specifiers/).
void apply(std::string_view clause, HubVersions& out) {
  const std::size_t digits = clause.find_first_of("0123456789");
  if (digits == std::string_view::npos) {
    return;
  }
  const std::string_view op = base::trim(clause.substr(0, digits));
  const std::string_view text = clause.substr(digits);
  const MajorMinor version = parse_version(text);
  const bool major_only = text.find('.') == std::string_view::npos || text.ends_with(".*");
  if (op == "==" || op == "===") {
    out.at_least = version;
    const bool any_minor = text.ends_with(".*") && std::count(text.begin(), text.end(), '.') == 1;
    out.below = any_minor ? MajorMinor{version.first + 1, 0} : after(version);
  } else if (op == "~=") {
    out.at_least = version;
    const bool patch = std::count(text.begin(), text.end(), '.') > 1;
    out.below = patch ? after(version) : MajorMinor{version.first + 1, 0};
  } else if (op == ">=" || op == ">") {
    out.at_least = version;
  } else if (op == "<") {
    // "<0.34.2" leaves 0.34.1.
    out.below =
        major_only || std::count(text.begin(), text.end(), '.') == 1 || text.ends_with(".0") ? version : after(version);
  } else if (op == "<=") {
    out.below = after(version);
  }
}

std::string package_of(std::string_view requirement) {
  std::string name = base::to_lower(requirement.substr(0, requirement.find_first_of("[<>=!~; @")));
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

// Packages that ask nothing of huggingface_hub's version.
bool is_indifferent(const std::string& package) {
  constexpr std::array<std::string_view, 8> kNames = {"hf-transfer", "hf-xet", "pip",      "setuptools",
                                                      "wheel",       "uv",     "requests", "tqdm"};
  return std::find(kNames.begin(), kNames.end(), package) != kNames.end();
}

// Options of pip that take a value; those that bring more packages count as one.
bool takes_value(std::string_view option) {
  constexpr std::array<std::string_view, 19> kOptions = {
      "-i",           "--index-url", "--extra-index-url", "-r",        "--requirement",  "-c",
      "--constraint", "-t",          "--target",          "--root",    "--prefix",       "-f",
      "--find-links", "--proxy",     "--timeout",         "--retries", "--trusted-host", "--cache-dir",
      "--python"};
  return std::find(kOptions.begin(), kOptions.end(), option) != kOptions.end();
}

bool brings_more(std::string_view option) {
  return option == "-r" || option == "--requirement" || option == "-c" || option == "--constraint" || option == "-e" ||
         option.starts_with("--requirement=") || option.starts_with("--constraint=");
}

// What one or several commands install.
struct Installed {
  std::optional<HubVersions> hub;
  bool upgrade = false;
  bool others = false;  // packages that may want another version
};

void read_requirement(const Word& word, Installed& out) {
  if (!word.known) {
    out.others = true;
    return;
  }
  const std::string package = package_of(word.text);
  if (package != "huggingface-hub") {
    out.others = out.others || !is_indifferent(package);
    return;
  }
  HubVersions hub;
  hub.requirement = word.text;
  std::string_view rest = word.text;
  rest = rest.substr(0, rest.find(';'));
  if (rest.find('@') != std::string_view::npos) {
    out.others = true;  // from somewhere else
  } else if (const std::size_t specifier = rest.find_first_of("<>=!~"); specifier != std::string_view::npos) {
    for (const std::string_view clause : base::split(rest.substr(specifier), ',')) {
      apply(clause, hub);
    }
  }
  out.hub = std::move(hub);
}

void read_command(const CommandLine& line, Installed& out) {
  const std::size_t begin = install_arguments(line.words);
  for (std::size_t i = begin; begin > 0 && i < line.words.size(); ++i) {
    const std::string& text = line.words[i].text;
    if (!text.starts_with('-')) {
      read_requirement(line.words[i], out);
      continue;
    }
    out.upgrade = out.upgrade || text == "-U" || text == "--upgrade";
    out.others = out.others || brings_more(text);
    if (takes_value(text)) {
      ++i;
    }
  }
}

// The official image of a Python that today's huggingface_hub runs on (3.9 or later), where it is not installed yet.
bool is_plain_python(std::string_view image) {
  if (image.find('@') != std::string_view::npos) {
    return false;
  }
  const std::size_t colon = image.rfind(':');
  const std::string_view repository = image.substr(0, colon);
  const bool official =
      repository == "python" || repository == "docker.io/python" || repository.ends_with("library/python");
  const std::string_view tag = colon == std::string_view::npos ? "" : image.substr(colon + 1);
  const bool numbered = !tag.empty() && tag.front() >= '0' && tag.front() <= '9';
  const bool only_major = tag == "3" || tag.starts_with("3-");
  constexpr MajorMinor kOldest{3, 9};
  return official && (!numbered || only_major || parse_version(tag) >= kOldest);
}

}  // namespace

std::optional<HubVersions> installed_hub(std::span<const CommandLine> before, std::string_view image) {
  Installed installed;
  for (const CommandLine& line : before) {
    read_command(line, installed);
  }
  if (installed.hub) {
    const bool plain = is_plain_python(image);
    installed.hub->newest = plain && !installed.others;
    installed.hub->likely_newest = (plain || installed.upgrade) && !installed.others;
  }
  return installed.hub;
}

}  // namespace warmgate::rules
