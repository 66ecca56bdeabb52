#include "warmgate/api/cache_rules.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "policy_fields.h"
#include "warmgate/document/write.h"
#include "warmgate/kube/duration.h"
#include "warmgate/kube/quantity.h"

namespace warmgate::api {
namespace {

using document::View;

constexpr std::array<std::string_view, 4> kMissingNames = {"allow", "warn", "deny", "create"};
constexpr std::array<std::string_view, 2> kAfterHoldNames = {"release", "keep"};
constexpr std::string_view kNever = "never";
constexpr std::size_t kMaxGlobs = 256;

template <class Names, class Choice>
bool set_choice(const View& value, const Names& names, Choice& out) {
  const auto* found = std::find(names.begin(), names.end(), value.text());
  if (found == names.end()) {
    return false;
  }
  out = static_cast<Choice>(found - names.begin());
  return true;
}

bool set_gates(const View& value, CacheRules& rules) {
  rules.gates = value.boolean().value_or(false);
  return value.boolean().has_value();
}

bool set_missing(const View& value, CacheRules& rules) { return set_choice(value, kMissingNames, rules.missing); }

bool set_after_hold(const View& value, CacheRules& rules) {
  return set_choice(value, kAfterHoldNames, rules.after_hold);
}

bool set_max_hold(const View& value, CacheRules& rules) {
  const auto duration = kube::parse_duration(value.text());
  rules.max_hold = duration.value_or(rules.max_hold);
  return duration && duration->count() > 0;
}

bool set_delete_unused(const View& value, CacheRules& rules) {
  rules.delete_unused_after = kube::parse_duration(value.text());
  return rules.delete_unused_after || value.text() == kNever;
}

bool set_globs(const View& value, std::vector<std::string>& globs) {
  globs = value.strings();
  return value.is_array() && globs.size() == value.size() && globs.size() <= kMaxGlobs;
}

bool set_images(const View& value, CacheRules& rules) { return set_globs(value, rules.images); }

bool set_endpoints(const View& value, CacheRules& rules) { return set_globs(value, rules.endpoints); }

bool set_storage_class(const View& value, CacheRules& rules) {
  rules.create.storage_class = value.string();
  return rules.create.storage_class.has_value();
}

bool set_size(const View& value, CacheRules& rules) {
  rules.create.bytes = kube::parse_quantity(value.text());
  return rules.create.bytes && *rules.create.bytes > 0;
}

bool set_access_modes(const View& value, CacheRules& rules) {
  constexpr std::array<std::string_view, 4> kModes = {"ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod",
                                                      "ReadOnlyMany"};
  rules.create.access_modes = value.strings();
  const std::vector<std::string>& modes = rules.create.access_modes;
  return !modes.empty() && modes.size() == value.size() &&
         std::all_of(modes.begin(), modes.end(),
                     [&](const auto& mode) { return std::find(kModes.begin(), kModes.end(), mode) != kModes.end(); });
}

std::string list(const std::vector<std::string>& strings) { return document::to_json(document::Json(strings)); }

// A field, where it stands in the section, how it is read (false: it is no such value) and written ("": not at all).
struct Field {
  std::string_view parent;  // "" or "create"
  std::string_view name;
  bool (*set)(const View& value, CacheRules& rules);
  std::string_view wanted;
  std::string_view example;
  std::string (*text)(const CacheRules& rules);
};

constexpr std::string_view kDurationExample = "for example 90m or 24h";

constexpr std::array<Field, 10> kFields = {{
    {"", "gates", set_gates, "must be true or false", "",
     [](const CacheRules& rules) { return std::string(rules.gates ? "true" : "false"); }},
    {"", "missing", set_missing, "is no choice", "use one of allow, warn, deny, create",
     [](const CacheRules& rules) { return std::string(to_string(rules.missing)); }},
    {"create", "storageClassName", set_storage_class, "must be the name of a StorageClass",
     "leave it out for the cluster's default",
     [](const CacheRules& rules) {
       return rules.create.storage_class ? document::to_json(document::Json(*rules.create.storage_class)) : "";
     }},
    {"create", "size", set_size, "must be an amount of bytes", "for example 500Gi; leave it out for the model's size",
     [](const CacheRules& rules) {
       return rules.create.bytes ? "\"" + std::to_string(*rules.create.bytes) + "\"" : "";
     }},
    {"create", "accessModes", set_access_modes, "must list access modes", "for example [ReadWriteMany]",
     [](const CacheRules& rules) { return list(rules.create.access_modes); }},
    {"", "maxHold", set_max_hold, "must be a duration", kDurationExample,
     [](const CacheRules& rules) { return kube::format_duration(rules.max_hold); }},
    {"", "afterHold", set_after_hold, "is no choice", "use one of release, keep",
     [](const CacheRules& rules) { return std::string(to_string(rules.after_hold)); }},
    {"", "images", set_images, "must list patterns of images", "for example [\"registry.example.com/*\"]",
     [](const CacheRules& rules) { return list(rules.images); }},
    {"", "endpoints", set_endpoints, "must list patterns of URLs", "for example [\"https://hf-mirror.example.com\"]",
     [](const CacheRules& rules) { return list(rules.endpoints); }},
    {"", "deleteUnusedAfter", set_delete_unused, "must be a duration or never", "for example 168h",
     [](const CacheRules& rules) {
       return rules.delete_unused_after ? kube::format_duration(*rules.delete_unused_after) : std::string(kNever);
     }},
}};

View value_of(const Field& field, const View& section) {
  return field.parent.empty() ? section[field.name] : section[field.parent][field.name];
}

}  // namespace

std::string_view to_string(MissingCache choice) { return kMissingNames.at(static_cast<std::size_t>(choice)); }

std::string_view to_string(AfterHold choice) { return kAfterHoldNames.at(static_cast<std::size_t>(choice)); }

void check_cache_rules(const View& section, std::vector<FieldError>& errors) {
  std::vector<std::string> members;
  std::vector<std::string> created;
  for (const Field& field : kFields) {
    (field.parent.empty() ? members : created).emplace_back(field.name);
  }
  members.emplace_back("create");
  check_members(section, members, errors);
  check_members(section["create"], created, errors);
  CacheRules unused;
  for (const Field& field : kFields) {
    const View value = value_of(field, section);
    if (value && !field.set(value, unused)) {
      errors.push_back(
          {value.pointer(), value.pointer() + " " + std::string(field.wanted), std::string(field.example)});
    }
  }
}

void lay_over(CacheRules& rules, const View& section) {
  for (const Field& field : kFields) {
    if (const View value = value_of(field, section)) {
      field.set(value, rules);
    }
  }
}

std::string to_yaml(const CacheRules& rules, std::string_view indent, const View* section) {
  std::string out;
  std::string_view parent;
  for (const Field& field : kFields) {
    const std::string text = field.text(rules);
    if (text.empty() || (section != nullptr && !value_of(field, *section))) {
      continue;
    }
    if (field.parent != parent && !field.parent.empty()) {
      out.append(indent).append(field.parent).append(":\n");
    }
    parent = field.parent;
    out.append(indent).append(parent.empty() ? "" : "  ").append(field.name).append(": ").append(text).append("\n");
  }
  return out;
}

}  // namespace warmgate::api
