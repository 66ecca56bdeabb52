#include "event_stream.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "warmgate/base/text.h"
#include "warmgate/document/read.h"
#include "warmgate/document/view.h"

namespace warmgate::cluster {
namespace {

std::optional<EventType> event_type(std::string_view text) {
  static constexpr std::pair<std::string_view, EventType> kTypes[] = {{"ADDED", EventType::kAdded},
                                                                      {"MODIFIED", EventType::kModified},
                                                                      {"DELETED", EventType::kDeleted},
                                                                      {"BOOKMARK", EventType::kBookmark}};
  for (const auto& [name, type] : kTypes) {
    if (text == name) {
      return type;
    }
  }
  return std::nullopt;
}

}  // namespace

EventStream::EventStream(const CallName& call, std::size_t max_event_bytes, const KubeApi::OnEvent& on_event)
    : call_(call), max_event_bytes_(max_event_bytes), on_event_(on_event) {}

bool EventStream::fail(const std::string& why) {
  error_ = local_error(call_, why);
  return false;
}

bool EventStream::feed(std::string_view chunk) {
  while (!chunk.empty()) {
    const std::size_t end = chunk.find('\n');
    const std::string_view part = chunk.substr(0, end);
    if (part.size() > max_event_bytes_ - line_.size()) {
      return fail("the watch sent an event of more than " + std::to_string(max_event_bytes_) + " bytes");
    }
    if (end == std::string_view::npos) {
      line_ += part;
      return true;
    }
    chunk.remove_prefix(end + 1);
    // The usual event is whole within its chunk and need not be copied.
    const std::string joined = line_.empty() ? std::string() : std::exchange(line_, {}) + std::string(part);
    if (!take_line(joined.empty() ? part : std::string_view(joined))) {
      return false;
    }
  }
  return true;
}

bool EventStream::take_line(std::string_view line) {
  if (base::trim(line).empty()) {
    return true;
  }
  document::Limits limits;
  limits.max_bytes = max_event_bytes_;
  auto event = document::parse_json(line, limits);
  if (!event) {
    return fail("the watch sent what is no event: " + event.error().message);
  }
  const document::View view(*event);
  const std::string type = view["type"].text();
  if (!view["object"].is_object()) {
    return fail("the watch sent an event without an object");
  }
  document::Json object = std::move(event.value()["object"]);
  if (type == "ERROR") {
    error_ = status_error(call_, object, 0);
    return false;
  }
  const std::optional<EventType> known = event_type(type);
  if (!known) {
    return fail("the watch sent an event of the unknown type \"" + base::one_line(type, 40) + "\"");
  }
  on_event_(*known, std::move(object));
  return true;
}

}  // namespace warmgate::cluster
