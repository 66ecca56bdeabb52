// Environment: the variables of a container as its manifest tells them, with $(VAR) expanded exactly as the kubelet
// does it. Immutable, thread-safe, owns its strings.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmgate/kube/object.h"
#include "warmgate/kube/pod.h"

namespace warmgate::kube {

struct EnvValue {
  std::optional<std::string> value;  // nullopt: set, but not readable from the manifest
  std::string origin;          // of an unreadable one: "ConfigMap settings", "Secret hf-token", "a field of the Pod"
  std::string pointer;         // of the env or envFrom entry; "" for a value that the image or Warmgate's data set
  std::string reference = {};  // of a value that a known ConfigMap has: the pointer of what names it there

  // Where to look for it in the manifest.
  [[nodiscard]] std::string place() const {
    return !reference.empty() ? reference : pointer + (value && !pointer.empty() ? "/value" : "");
  }
};

struct Expansion {
  std::string text;
  std::vector<std::string> unreadable;  // variables whose value cannot be read; their $(NAME) stays in the text
};

class Environment {
 public:
  Environment() = default;
  // The container's env and envFrom, with the ConfigMaps that are known (Container::config). A later entry of the same
  // name wins; env wins over envFrom.
  explicit Environment(const Container& container);

  // Adds what the image brings: used only where the manifest does not set the name.
  void add_image_default(const std::string& name, const std::string& value);
  // Replaces or adds a value (a shell's `export`).
  void set(const std::string& name, EnvValue value);

  [[nodiscard]] const EnvValue* find(std::string_view name) const;
  // The readable value.
  [[nodiscard]] std::optional<std::string> value(std::string_view name) const;
  // True with an envFrom that is not known: names that find() does not know may be set all the same.
  [[nodiscard]] bool open() const { return !sources_.empty(); }
  // What envFrom names, for messages: "Secret hf-token-secret".
  [[nodiscard]] const std::vector<std::string>& sources() const { return sources_; }
  using Values = std::map<std::string, EnvValue, std::less<>>;
  [[nodiscard]] Values all() const;

  // $(NAME) as in command and args: a name that is not set stays as it is, $$ is an escaped $. With envFrom an unknown
  // name counts as unreadable when it is written like a variable (capitals, digits, _): `$(nproc)` in a script is a
  // command. What would make the text longer than 128 KiB is not put in and counts as unreadable too.
  // (k8s.io/kubernetes third_party/forked/golang/expansion/expand.go)
  [[nodiscard]] Expansion expand(std::string_view text) const;

 private:
  void add_source(const View& source, const PodConfig* config);
  void add_config_map(const Object& config_map, const View& source);
  // nullopt: the entry sets nothing.
  [[nodiscard]] std::optional<EnvValue> read(const View& entry, const PodConfig* config) const;

  // Every command of a script has an environment of its own, thousands may have one origin: copies share it.
  std::shared_ptr<const Values> shared_;
  Values changed_;  // wins
  std::vector<std::string> sources_;
};

}  // namespace warmgate::kube
