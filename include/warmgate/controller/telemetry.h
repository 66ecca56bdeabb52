// Telemetry: what the controller tells about its work, for metrics. Words come from closed sets. Implementations are
// thread-safe and quick.
#pragma once

#include <string_view>

namespace warmgate::controller {

class Telemetry {
 public:
  virtual ~Telemetry() = default;
  // Kinds: claim, pod. Results: ok, stale (what it rested on had changed), error, exception.
  virtual void reconciled(std::string_view kind, std::string_view result, double seconds) = 0;
  // See FencedApi::OnCall.
  virtual void api_call(std::string_view verb, std::string_view resource, int code) = 0;
  virtual void queue_waited(double seconds) = 0;
  // Results: told, known (told before), limited (too many of one object), failed.
  virtual void event(std::string_view result) = 0;
  virtual void download(double seconds) = 0;       // of a cache that has become ready
  virtual void gate_released(double seconds) = 0;  // of a Pod, since it was created
};

}  // namespace warmgate::controller
