#include "warmgate/kube/environment.h"

#include <algorithm>
#include <utility>

#include "warmgate/base/text.h"

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
  for (const View& source : container.view["envFrom"].items()) {
    if (const View reference = source["secretRef"]) {
      sources_.push_back("Secret " + reference["name"].text());
    } else if (const View config_map = source["configMapRef"]) {
      sources_.push_back("ConfigMap " + config_map["name"].text());
    }
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
    EnvValue value = read(entry);
    const std::size_t length = value.value ? value.value->size() : 0;
    const bool grew = length > entry["value"].text().size();
    expanded += grew ? length : 0;
    if (grew && expanded > kMaxExpanded) {
      value = {std::nullopt, kTooLong, entry.pointer()};
    }
    changed_[entry["name"].text()] = std::move(value);
  }
  shared_ = std::make_shared<const Values>(std::exchange(changed_, {}));
}

EnvValue Environment::read(const View& entry) const {
  // The kubelet looks at valueFrom only where value is empty; the API server refuses both together.
  if (const View from = entry["valueFrom"]) {
    return {std::nullopt, origin_of(from), entry.pointer()};
  }
  // Each value sees the variables before it; an unreadable part makes the whole value unreadable.
  Expansion expansion = expand(entry["value"].text());
  if (expansion.unreadable.empty()) {
    return {std::move(expansion.text), "", entry.pointer()};
  }
  const EnvValue* part = find(expansion.unreadable.front());
  if (part == nullptr) {
    return {std::nullopt, base::join(sources_, " or "), entry.pointer()};
  }
  return {std::nullopt, part->value ? kTooLong : part->origin, entry.pointer()};
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
