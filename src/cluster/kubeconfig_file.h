// KubeconfigFiles: one or more kubeconfig files as one, as kubectl merges them: of clusters, users and contexts with
// the same name the first counts, and so does the first current-context. Immutable.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config_node.h"
#include "warmgate/base/result.h"

namespace warmgate::cluster {

class KubeconfigFiles {
 public:
  // Files that do not exist are passed over, as kubectl does, unless it is the only one.
  static base::Result<KubeconfigFiles> load(const std::vector<std::string>& paths);

  [[nodiscard]] const std::string& current_context() const { return current_context_; }
  // What is under `section`[].name == `name`, its inner object; `section` is "clusters", "users" or "contexts".
  [[nodiscard]] std::optional<ConfigNode> find(std::string_view section, const std::string& name) const;
  [[nodiscard]] bool any(std::string_view section) const;
  // `"a", "b"`: for messages.
  [[nodiscard]] std::string names(std::string_view section) const;
  // The files that were read, for messages.
  [[nodiscard]] std::string description() const;

 private:
  using Section = std::map<std::string, ConfigNode, std::less<>>;

  base::Status add(const std::string& path, const std::string& text);
  base::Status add_section(const ConfigNode& root, std::string_view section, std::string_view member);

  std::map<std::string, Section, std::less<>> sections_;
  std::string current_context_;
  std::vector<std::string> paths_;
};

}  // namespace warmgate::cluster
