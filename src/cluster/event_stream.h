// EventStream: the body of a watch, in chunks as they come, cut into lines and read as events. Used by one thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "api_error.h"
#include "warmgate/cluster/kube_api.h"

namespace warmgate::cluster {

class EventStream {
 public:
  // The references must outlive the stream.
  EventStream(const CallName& call, std::size_t max_event_bytes, const KubeApi::OnEvent& on_event);

  // False: an ERROR event, or what cannot be read; then error() says so, and nothing more may be fed.
  [[nodiscard]] bool feed(std::string_view chunk);

  [[nodiscard]] const std::optional<ApiError>& error() const { return error_; }
  // The text ended in the middle of an event.
  [[nodiscard]] bool incomplete() const { return !line_.empty(); }

 private:
  bool take_line(std::string_view line);
  bool fail(const std::string& why);

  const CallName& call_;
  const std::size_t max_event_bytes_;
  const KubeApi::OnEvent& on_event_;
  std::string line_;  // the beginning of a line whose end has not come yet
  std::optional<ApiError> error_;
};

}  // namespace warmgate::cluster
