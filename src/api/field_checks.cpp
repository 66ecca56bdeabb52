#include "field_checks.h"

#include <algorithm>

#include "warmgate/base/text.h"
#include "warmgate/kube/quantity.h"

namespace warmgate::api {

void FieldChecks::fail(const View& at, const std::string& what, std::string help) {
  errors_.push_back({at.pointer(), at.pointer() + " " + what, std::move(help)});
}

void FieldChecks::flag(const View& value) {
  if (value && !value.boolean()) {
    fail(value, "must be true or false");
  }
}

void FieldChecks::integer(const View& value, std::int64_t least, std::int64_t most) {
  const std::optional<std::int64_t> number = value.integer();
  if (value && (!number || *number < least || *number > most)) {
    fail(value, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
}

void FieldChecks::text(const View& value, std::size_t least, std::size_t most) {
  const std::size_t length = base::count_code_points(value.text());
  if (value && (!value.is_string() || length < least || length > most)) {
    fail(value, "must be a string of " + std::to_string(least) + " to " + std::to_string(most) + " characters");
  }
}

void FieldChecks::one_of(const View& value, std::span<const std::string_view> words) {
  if (value && std::find(words.begin(), words.end(), value.text()) == words.end()) {
    const std::vector<std::string> known(words.begin(), words.end());
    fail(value, "must be one of " + base::join(known, ", "));
  }
}

void FieldChecks::quantity(const View& value, std::int64_t least) {
  const std::optional<std::int64_t> whole = value.integer();
  const std::optional<std::int64_t> amount = whole ? whole : kube::parse_quantity(value.text());
  if (value && (!amount || *amount < least)) {
    fail(value, least > 0 ? "must be a quantity above zero" : "must be a quantity", "for example 64Gi");
  }
}

void FieldChecks::object(const View& value) {
  if (value && !value.is_object()) {
    fail(value, "must be a mapping");
  }
}

void FieldChecks::text_map(const View& value) {
  object(value);
  for (const auto& [name, member] : value.members()) {
    if (!member.is_string()) {
      fail(member, "must be a string", "put numbers and true or false in quotes");
    }
  }
}

bool FieldChecks::list(const View& value, std::size_t most) {
  if (value && (!value.is_array() || value.size() > most)) {
    fail(value, "must be a list of at most " + std::to_string(most) + " items");
    return false;
  }
  return true;
}

std::vector<FieldChecks::View> FieldChecks::objects(const View& value, std::size_t most) {
  std::vector<View> out;
  if (!list(value, most)) {
    return out;
  }
  for (View& item : value.items()) {
    if (item.is_object()) {
      out.push_back(std::move(item));
    } else {
      fail(item, "must be a mapping");
    }
  }
  return out;
}

void FieldChecks::lines(const View& value, std::size_t most, std::size_t most_length) {
  if (!list(value, most)) {
    return;
  }
  for (const View& item : value.items()) {
    const std::string line = item.text();
    if (line.empty() || base::count_code_points(line) > most_length ||
        line.find_first_of("\r\n") != std::string::npos) {
      fail(item, "must be a line of 1 to " + std::to_string(most_length) + " characters");
    }
  }
}

}  // namespace warmgate::api
