#include "warmgate/kube/environment.h"

#include <algorithm>
#include <utility>

#include "warmgate/base/text.h"
#include "warmgate/kube/pod_config.h"

namespace warmgate::kube {
namespace {

// Linux gives a process no longer string (MAX_ARG_STRLEN in include/uapi/linux/binfmts.h). Without a bound, thirty
// variables that each name the one before twice would fill the memory.
constexpr std::size_t kMaxText = std::size_t{128} * 1024;
// And no more than this for all together (three quarters of _STK_LIM, 8 MiB, in fs/exec.c).
constexpr std::size_t kMaxExpanded = std::size_t{6} * 1024 * 1024;
constexpr const char* kTooLong = "an expansion longer than a process can be given";

std::string origin_of(const View& value_from) {
  if (const View reference = value_from["secretKeyRef"]) {
    return "Secret " + reference["name"].text();
  }
  if (const View reference = value_from["configMapKeyRef"]) {
    return "ConfigMap " + reference["name"].text();
  }
  return "a field of the Pod";
}

// Names that an envFrom source may well define. `$(nproc)` inside a shell script is a command, not a variable.
bool looks_like_variable(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
  });
}

}  // namespace

Environment::Environment(const Container& container) {
  const PodConfig* config = container.config.get();
  for (const View& source : container.view["envFrom"].items()) {
    add_source(source, config);
  }
  if (const std::string hidden = container.hidden(); !hidden.empty()) {
    sources_.push_back(hidden);
  }
  std::vector<View> entries;
  for (const View& list : container.extras ? container.extras->env : std::vector<View>()) {
    const std::vector<View> more = list.items();
    entries.insert(entries.end(), more.begin(), more.end());
  }
  const std::vector<View> own = container.view["env"].items();
  entries.insert(entries.end(), own.begin(), own.end());
  std::size_t expanded = 0;
  for (const View& entry : entries) {
    std::optional<EnvValue> set = read(entry, config);
    if (!set) {
      continue;
    }
    EnvValue& value = *set;
    const std::size_t length = value.value && value.reference.empty() ? value.value->size() : 0;
    const bool grew = length > entry["value"].text().size();
    expanded += grew ? length : 0;
    if (grew && expanded > kMaxExpanded) {
      value = {std::nullopt, kTooLong, entry.pointer()};
    }
    changed_[entry["name"].text()] = std::move(*set);
  }
  shared_ = std::make_shared<const Values>(std::exchange(changed_, {}));
}

// Of a ConfigMap that is known its values count, but not where a later one that is not known may set the same names.
void Environment::add_source(const View& source, const PodConfig* config) {
  if (const View reference = source["secretRef"]) {
    sources_.push_back("Secret " + reference["name"].text());
  } else if (const View named = source["configMapRef"]) {
    const std::shared_ptr<const Object> known = config != nullptr ? config->find(named["name"].text()) : nullptr;
    if (known) {
      add_config_map(*known, source);
    } else {
      changed_.clear();
      sources_.push_back("ConfigMap " + named["name"].text());
    }
  }
}

void Environment::add_config_map(const Object& config_map, const View& source) {
  const std::string prefix = source["prefix"].text();
  for (const auto& [key, value] : config_map.root()["data"].members()) {
    changed_[prefix + key] = {value.string(), config_map.display_name(), source.pointer(),
                              source["configMapRef"]["name"].pointer()};
  }
}

std::optional<EnvValue> Environment::read(const View& entry, const PodConfig* config) const {
  // The kubelet looks at valueFrom only where value is empty; the API server refuses both together.
  if (const View from = entry["valueFrom"]) {
    const View reference = from["configMapKeyRef"];
    const std::shared_ptr<const Object> known = config != nullptr ? config->find(reference["name"].text()) : nullptr;
    if (!reference || !known) {
      return EnvValue{std::nullopt, origin_of(from), entry.pointer()};
    }
    std::optional<std::string> text = ConfigKey{known, reference["key"].text()}.text();
    if (!text && reference["optional"].boolean().value_or(false)) {
      return std::nullopt;
    }
    return EnvValue{std::move(text), origin_of(from), entry.pointer(), reference["key"].pointer()};
  }
  // Each value sees the variables before it; an unreadable part makes the whole value unreadable.
  Expansion expansion = expand(entry["value"].text());
  if (expansion.unreadable.empty()) {
    return EnvValue{std::move(expansion.text), "", entry.pointer()};
  }
  const EnvValue* part = find(expansion.unreadable.front());
  if (part == nullptr) {
    return EnvValue{std::nullopt, base::join(sources_, " or "), entry.pointer()};
  }
  return EnvValue{std::nullopt, part->value ? kTooLong : part->origin, entry.pointer()};
}

void Environment::add_image_default(const std::string& name, const std::string& value) {
  if (find(name) == nullptr) {
    changed_.emplace(name, EnvValue{value, "", ""});
  }
}

void Environment::set(const std::string& name, EnvValue value) { changed_[name] = std::move(value); }

const EnvValue* Environment::find(std::string_view name) const {
  if (const auto found = changed_.find(name); found != changed_.end()) {
    return &found->second;
  }
  if (!shared_) {
    return nullptr;
  }
  const auto found = shared_->find(name);
  return found == shared_->end() ? nullptr : &found->second;
}

Environment::Values Environment::all() const {
  Values values = changed_;
  if (shared_) {
    values.insert(shared_->begin(), shared_->end());
  }
  return values;
}

std::optional<std::string> Environment::value(std::string_view name) const {
  const EnvValue* found = find(name);
  return found == nullptr ? std::nullopt : found->value;
}

Expansion Environment::expand(std::string_view text) const {
  Expansion out;
  // Known beforehand, so that many `$(` that nothing closes do not each search the rest of the text.
  const std::size_t last_close = text.rfind(')');
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 == text.size()) {
      out.text += text[i];
      continue;
    }
    if (text[i + 1] == '$') {
      out.text += '$';
      ++i;
      continue;
    }
    if (text[i + 1] != '(' || last_close == std::string_view::npos || last_close < i + 2) {
      out.text += text[i];
      continue;
    }
    const std::size_t close = text.find(')', i + 2);
    const std::string_view name = text.substr(i + 2, close - i - 2);
    const EnvValue* variable = find(name);
    if (variable != nullptr && variable->value && out.text.size() + variable->value->size() <= kMaxText) {
      out.text += *variable->value;
    } else {
      out.text += text.substr(i, close - i + 1);
      if (variable != nullptr || (open() && looks_like_variable(name))) {
        out.unreadable.emplace_back(name);
      }
    }
    i = close;
  }
  return out;
}

}  // namespace warmgate::kube
