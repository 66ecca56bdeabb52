#include "warmgate/kube/field_path.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "warmgate/base/text.h"
#include "warmgate/document/field_reader.h"

namespace warmgate::kube {
namespace {

using document::View;

constexpr std::string_view kHowToWrite =
    " is no path of a field: write members with dots between them, [] for every item of a list, * for every member, "
    "[\"a.b/c\"] for a name with dots";

View item_at(const View& list, const std::string& key) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  return error == std::errc() && end == key.data() + key.size() ? list.at(index) : View();
}

// Takes `["name"]` from the front; nullopt when it is not closed.
std::optional<std::string> take_quoted(std::string_view& rest) {
  constexpr std::string_view kClose = "\"]";
  const std::size_t close = rest.find(kClose, 2);
  if (close == std::string_view::npos || close == 2) {
    return std::nullopt;
  }
  std::string name(rest.substr(2, close - 2));
  rest.remove_prefix(close + kClose.size());
  return name;
}

}  // namespace

base::Result<FieldPath> FieldPath::parse(std::string_view text) {
  Parsed parsed{std::string(text), {}};
  const base::Error error{"\"" + parsed.text + "\"" + std::string(kHowToWrite)};
  std::string_view rest = text;
  while (!rest.empty()) {
    if (rest.starts_with("[]")) {
      parsed.steps.push_back({Wildcard::kItems, ""});
      rest.remove_prefix(2);
      continue;
    }
    if (rest.starts_with("[\"")) {
      std::optional<std::string> name = take_quoted(rest);
      if (!name) {
        return error;
      }
      parsed.steps.push_back({Wildcard::kNone, std::move(*name)});
      continue;
    }
    if (!parsed.steps.empty()) {
      if (!rest.starts_with('.')) {
        return error;
      }
      rest.remove_prefix(1);
    }
    const std::string name(rest.substr(0, rest.find_first_of(".[")));
    if (name.empty() || name.find_first_of("]\"/ ") != std::string::npos) {
      return error;
    }
    rest.remove_prefix(name.size());
    parsed.steps.push_back({name.find('*') == std::string::npos ? Wildcard::kNone : Wildcard::kMembers, name});
  }
  if (parsed.steps.empty()) {
    return error;
  }
  FieldPath path;
  path.parsed_ = std::make_shared<const Parsed>(std::move(parsed));
  return path;
}

bool FieldPath::has_step(std::size_t index, const Step& step) const {
  return parsed_ && index < parsed_->steps.size() && parsed_->steps[index] == step;
}

// Each place one step further; `key` is the one item or member that a wildcard stands for.
void FieldPath::advance(const Step& step, const std::string* key, std::vector<FieldPlace>& places) const {
  std::vector<FieldPlace> next;
  const auto add = [&](const FieldPlace& from, std::string name, View view) {
    next.push_back({*this, from.keys, std::move(view)});
    next.back().keys.push_back(std::move(name));
  };
  for (FieldPlace& place : places) {
    if (step.wildcard == Wildcard::kNone) {
      place.view = place.view[step.name];
      next.push_back(std::move(place));
    } else if (key != nullptr) {
      add(place, *key, step.wildcard == Wildcard::kItems ? item_at(place.view, *key) : place.view[*key]);
    } else if (step.wildcard == Wildcard::kItems) {
      std::size_t index = 0;
      for (View& item : place.view.items()) {
        add(place, std::to_string(index++), std::move(item));
      }
    } else {
      for (auto& [name, member] : place.view.members()) {
        if (base::glob_match(step.name, name)) {
          add(place, name, std::move(member));
        }
      }
    }
  }
  places = std::move(next);
}

std::vector<FieldPlace> FieldPath::places(const View& root, const FieldPlace& within) const {
  if (empty()) {
    return {};
  }
  std::vector<FieldPlace> places;
  places.push_back({*this, {}, root});
  bool together = true;
  std::size_t wildcards = 0;
  for (std::size_t i = 0; i < parsed_->steps.size(); ++i) {
    const Step& step = parsed_->steps[i];
    together = together && within.path.has_step(i, step);
    const bool wild = step.wildcard != Wildcard::kNone;
    const bool bound = wild && together && wildcards < within.keys.size();
    advance(step, bound ? &within.keys[wildcards] : nullptr, places);
    wildcards += wild ? 1 : 0;
  }
  return places;
}

View FieldPath::find(const View& root, const FieldPlace& within) const {
  const std::vector<FieldPlace> found = places(root, within);
  return found.empty() ? View() : found.front().view;
}

FieldPath path_at(document::FieldReader& reader, const document::View& value) {
  const std::string text = reader.text(value);
  if (text.empty()) {
    return {};
  }
  base::Result<FieldPath> path = FieldPath::parse(text);
  if (!path) {
    reader.fail(value, path.error().message);
    return {};
  }
  return std::move(path).value();
}

}  // namespace warmgate::kube
