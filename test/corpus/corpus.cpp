#include "corpus/corpus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "support/paths.h"
#include "support/world.h"
#include "warmgate/document/read.h"
#include "warmgate/lint/linter.h"
#include "warmgate/lint/report.h"

namespace warmgate::testing {
namespace {

namespace fs = std::filesystem;
using document::Json;

// The member, or nothing where the truth leaves it open.
std::optional<std::string> open_text(const Json& use, const std::string& member) {
  const std::string text = use.value(member, "either");
  return text == "either" ? std::nullopt : std::optional(text);
}

std::optional<bool> open_truth(const Json& use, const std::string& member) {
  const auto found = use.find(member);
  if (found == use.end()) {
    return true;
  }
  return found->is_boolean() ? std::optional(found->get<bool>()) : std::nullopt;
}

Use truth_of(const Json& use) {
  static const std::set<std::string> kMembers{"object",   "container", "engine", "verb",       "role",     "repo",
                                              "revision", "pinned",    "local",  "verifiable", "optional", "note"};
  for (const auto& [member, value] : use.items()) {
    EXPECT_TRUE(kMembers.contains(member)) << member;
  }
  Use truth;
  truth.object = use.at("object").get<std::string>();
  truth.container = open_text(use, "container");
  truth.verb = open_text(use, "verb");
  truth.role = open_text(use, "role");
  truth.repo = open_text(use, "repo");
  truth.revision = use.value("revision", "");
  truth.pinned = use.value("pinned", false);
  truth.local = use.value("local", false);
  truth.verifiable = open_truth(use, "verifiable");
  truth.optional = use.value("optional", false);
  return truth;
}

Use claim_of(const Json& line) {
  Use claim;
  claim.object = line.at("object").at("kind").get<std::string>() + "/" + line["object"].at("name").get<std::string>();
  claim.container = line.at("container").get<std::string>();
  claim.verb = line.at("verb").get<std::string>();
  claim.role = line.at("role").get<std::string>();
  claim.repo = line.at("repo").get<std::string>();
  claim.revision = line.at("revision").get<std::string>();
  claim.pinned = line.at("pinned").get<bool>();
  claim.local = line.at("local").get<bool>();
  claim.verifiable = line.at("verifiable").get<bool>();
  return claim;
}

template <typename T>
bool open_or_equal(const std::optional<T>& truth, const std::optional<T>& claim) {
  return !truth || truth == claim;
}

}  // namespace

std::string corpus_root() {
  const fs::path root = fs::path(source_dir()) / ".." / "shared" / "corpus";
  std::error_code ignored;
  return fs::is_directory(root, ignored) ? root.string() : "";
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string to_text(const Use& use) {
  std::string text = use.object + " container \"" + use.container.value_or("*") + "\" " + use.verb.value_or("*") + " " +
                     use.role.value_or("*") + " \"" + use.repo.value_or("*") + "\"";
  if (!use.revision.empty()) {
    text += "@" + use.revision;
  }
  text += use.pinned ? ", pinned" : "";
  text += use.local ? ", local" : "";
  text += use.verifiable.value_or(true) ? "" : ", not verifiable";
  return text;
}

std::vector<FileTruth> all_truths() {
  std::vector<FileTruth> truths;
  for (const auto& entry : fs::directory_iterator(fs::path(source_dir()) / "test" / "corpus" / "truth")) {
    const auto source =
        std::make_shared<document::SourceText>(entry.path().filename().string(), read_text(entry.path().string()));
    const auto document = document::read_single(source, {});
    if (!document.ok()) {
      ADD_FAILURE() << document.error().message;
      continue;
    }
    for (const Json& file : document.value().value()) {
      FileTruth truth{file.at("path").get<std::string>(), file.value("unreadable", false), {}};
      const Json& uses = file.at("uses");
      std::transform(uses.begin(), uses.end(), std::back_inserter(truth.uses), truth_of);
      truths.push_back(std::move(truth));
    }
  }
  std::sort(truths.begin(), truths.end(), [](const FileTruth& a, const FileTruth& b) { return a.path < b.path; });
  return truths;
}

bool agrees(const Use& truth, const Use& claim) {
  if (truth.object != claim.object || !open_or_equal(truth.container, claim.container) ||
      !open_or_equal(truth.verb, claim.verb) || !open_or_equal(truth.role, claim.role) ||
      !open_or_equal(truth.verifiable, claim.verifiable)) {
    return false;
  }
  if (claim.verifiable == false && claim.repo == "") {
    return !claim.pinned;
  }
  const bool same_model =
      open_or_equal(truth.repo, claim.repo) && truth.revision == claim.revision && truth.pinned == claim.pinned;
  return same_model && (claim.verifiable == false || truth.local == claim.local);
}

Claims inspect(const std::string& name, const std::string& text) {
  lint::Inputs inputs;
  inputs.texts.push_back(std::make_shared<document::SourceText>(name, text));
  const lint::Bundle bundle = lint::read_bundle(inputs, {}, {});
  Claims claims{{}, bundle.problems.empty()};
  std::istringstream lines(lint::format_inspection(bundle, knowledge(), false));
  for (std::string line; std::getline(lines, line);) {
    claims.uses.push_back(claim_of(json(line)));
  }
  return claims;
}

}  // namespace warmgate::testing
