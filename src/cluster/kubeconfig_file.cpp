#include "kubeconfig_file.h"

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "small_file.h"
#include "warmgate/base/text.h"
#include "warmgate/document/pointer.h"
#include "warmgate/document/read.h"
#include "warmgate/document/source.h"

namespace warmgate::cluster {
namespace {

constexpr std::size_t kMaxFile = 8UL * 1024 * 1024;  // hundreds of clusters with their certificates
constexpr std::size_t kMaxNamesShown = 20;

}  // namespace

base::Result<KubeconfigFiles> KubeconfigFiles::load(const std::vector<std::string>& paths) {
  KubeconfigFiles files;
  for (const std::string& path : paths) {
    std::error_code ignored;
    if (paths.size() > 1 && !std::filesystem::exists(path, ignored)) {
      continue;
    }
    auto text = read_small_file(path, kMaxFile);
    if (!text) {
      return base::Error{"kubeconfig " + path + ": " + text.error().message +
                         "; name another one (KUBECONFIG, --kubeconfig)"};
    }
    auto added = files.add(path, *text);
    if (!added) {
      return added.error();
    }
  }
  if (files.paths_.empty()) {
    return base::Error{"kubeconfig: none of the files that KUBECONFIG names exists: " + base::join(paths, ", ")};
  }
  return files;
}

base::Status KubeconfigFiles::add(const std::string& path, const std::string& text) {
  paths_.push_back(path);
  if (base::trim(text).empty()) {
    return base::ok_status();  // kubectl takes an empty file for an empty configuration
  }
  document::Limits limits;
  limits.max_bytes = kMaxFile;
  auto document = document::read_single(std::make_shared<document::SourceText>(path, text), limits);
  if (!document) {
    return base::Error{"kubeconfig " + document.error().message};
  }
  const ConfigNode root(*document);
  if (!root.view().is_object()) {
    return root.error("a kubeconfig must be a mapping with clusters, users and contexts");
  }
  const std::string kind = root.view()["kind"].text();
  if (!kind.empty() && kind != "Config") {
    return root["kind"].error("kind must be Config, not " + base::one_line(kind, 60));
  }
  auto context = root.text("current-context");
  if (!context) {
    return context.error();
  }
  if (current_context_.empty()) {
    current_context_ = *context;
  }
  for (const auto& [section, member] : {std::pair<std::string_view, std::string_view>{"clusters", "cluster"},
                                        {"users", "user"},
                                        {"contexts", "context"}}) {
    auto added = add_section(root, section, member);
    if (!added) {
      return added.error();
    }
  }
  return base::ok_status();
}

base::Status KubeconfigFiles::add_section(const ConfigNode& root, std::string_view section, std::string_view member) {
  const ConfigNode list = root[section];
  if (list && !list.view().is_array()) {
    return list.error(std::string(section) + " must be a list");
  }
  std::set<std::string> seen;
  for (std::size_t i = 0; i < list.view().size(); ++i) {
    const ConfigNode entry = list[std::to_string(i)];
    auto name = entry.text("name");
    if (!name) {
      return name.error();
    }
    if (name->empty()) {
      return entry.error("an entry of " + std::string(section) + " has no name");
    }
    if (!seen.insert(*name).second) {
      return entry["name"].error("\"" + *name + "\" is twice among the " + std::string(section));
    }
    const ConfigNode inner = entry[member];
    if (inner && !inner.view().is_object()) {
      return inner.error(std::string(member) + " must be a mapping");
    }
    sections_[std::string(section)].emplace(*name, inner);
  }
  return base::ok_status();
}

std::optional<ConfigNode> KubeconfigFiles::find(std::string_view section, const std::string& name) const {
  const auto entries = sections_.find(section);
  if (entries == sections_.end()) {
    return std::nullopt;
  }
  const auto found = entries->second.find(name);
  return found == entries->second.end() ? std::nullopt : std::optional(found->second);
}

bool KubeconfigFiles::any(std::string_view section) const {
  const auto entries = sections_.find(section);
  return entries != sections_.end() && !entries->second.empty();
}

std::string KubeconfigFiles::names(std::string_view section) const {
  if (!any(section)) {
    return "none";
  }
  std::vector<std::string> quoted;
  for (const auto& [name, node] : sections_.find(section)->second) {
    if (quoted.size() == kMaxNamesShown) {
      quoted.emplace_back("...");
      break;
    }
    quoted.push_back("\"" + base::one_line(name, 100) + "\"");
  }
  return base::join(quoted, ", ");
}

std::string KubeconfigFiles::description() const { return base::join(paths_, ", "); }

}  // namespace warmgate::cluster
