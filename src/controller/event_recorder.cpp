#include "warmgate/controller/event_recorder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "warmgate/api/names.h"
#include "warmgate/base/text.h"
#include "warmgate/kube/time.h"

namespace warmgate::controller {
namespace {

using document::Json;
using Time = cluster::Clock::Steady::time_point;

const cluster::Resource kEvents{"", "v1", "events", "Event", true};

// pkg/apis/core/validation/events.go: NoteLengthLimit.
constexpr std::size_t kMaxMessage = 1024;
// A name is a DNS subdomain: 253 characters, of which the hash takes 17.
constexpr std::size_t kMaxBeginning = 230;
// Of one object, as client-go's spam filter (tools/record/events_cache.go): 25 at once, then one in 5 minutes.
constexpr double kBurst = 25;
constexpr double kSecondsPerEvent = 300;
// An Event lives for an hour (--event-ttl of the API server). What is still so after it may be told again.
constexpr std::chrono::minutes kRemembered{55};
// Bounds of what is remembered: beyond them it begins anew.
constexpr std::size_t kMaxKnown = 50'000;
constexpr std::size_t kMaxObjects = 50'000;

// FNV-1a, 64 bits: the same for every process and version. Fields are set apart by a zero byte.
class Hash {
 public:
  Hash& add(std::string_view text) {
    for (const char c : text) {
      add_byte(static_cast<unsigned char>(c));
    }
    add_byte(0);
    return *this;
  }
  [[nodiscard]] std::string hex() const {
    std::array<char, 16> digits{};
    digits.fill('0');
    std::array<char, 16> text{};
    const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value_, 16);
    std::copy_backward(text.data(), end, digits.end());
    return error == std::errc() ? std::string(digits.data(), digits.size()) : std::string();
  }

 private:
  void add_byte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3U; }
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

std::string type_of(const Note& note) { return note.type == Note::Type::kWarning ? "Warning" : "Normal"; }

std::string name_of(const Note& note) {
  Hash hash;
  hash.add(note.uid).add(note.regarding.kind).add(note.regarding.ns).add(note.regarding.name).add(type_of(note));
  hash.add(note.reason).add(note.message).add(note.occasion);
  return note.regarding.name.substr(0, kMaxBeginning) + "." + hash.hex();
}

// At most kMaxMessage bytes of valid UTF-8.
std::string bounded(std::string_view message) {
  std::string text = base::to_valid_utf8(message);
  if (text.size() <= kMaxMessage) {
    return text;
  }
  static constexpr std::string_view kCut = "…";
  std::size_t size = kMaxMessage - kCut.size();
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U) {
    --size;
  }
  text.resize(size);
  return text.append(kCut);
}

struct Budget {
  double tokens = kBurst;
  std::optional<Time> filled_at;
};

}  // namespace

Json event_of(const Note& note, const std::string& instance, WallTime now) {
  // Events of objects without a namespace live in "default" (client-go, makeEvent).
  const std::string ns = note.regarding.ns.empty() ? "default" : note.regarding.ns;
  Json regarding = {{"apiVersion", note.api_version},
                    {"kind", note.regarding.kind},
                    {"name", note.regarding.name},
                    {"uid", note.uid}};
  if (!note.regarding.ns.empty()) {
    regarding["namespace"] = note.regarding.ns;
  }
  const std::string component(api::kFieldManager);
  return {{"apiVersion", "v1"},
          {"kind", "Event"},
          {"metadata", {{"name", name_of(note)}, {"namespace", ns}}},
          {"involvedObject", std::move(regarding)},
          {"type", type_of(note)},
          {"reason", note.reason},
          {"message", bounded(note.message)},
          {"source", {{"component", component}}},
          {"reportingComponent", component},
          {"reportingInstance", instance},
          {"firstTimestamp", kube::to_time(now)},
          {"lastTimestamp", kube::to_time(now)},
          {"count", 1}};
}

struct EventRecorder::Impl {
  // False: it need not or may not be told.
  bool admit(const Note& note, const std::string& name) {
    const std::lock_guard lock(mutex);
    const Time now = clock.now();
    if (const auto found = known.find(name); found != known.end() && now - found->second < kRemembered) {
      telemetry.event("known");
      return false;
    }
    if (budgets.size() >= kMaxObjects) {
      budgets.clear();
    }
    Budget& budget = budgets[note.uid];
    if (budget.filled_at) {
      const std::chrono::duration<double> passed = now - *budget.filled_at;
      budget.tokens = std::min(kBurst, budget.tokens + passed.count() / kSecondsPerEvent);
    }
    budget.filled_at = now;
    if (budget.tokens < 1) {
      telemetry.event("limited");
      return false;
    }
    budget.tokens -= 1;
    return true;
  }

  void remember(const std::string& name) {
    const std::lock_guard lock(mutex);
    if (known.size() >= kMaxKnown) {
      known.clear();
    }
    known[name] = clock.now();
  }

  cluster::KubeApi& api;
  cluster::Clock& clock;
  Telemetry& telemetry;
  const std::string instance;
  const OnFailure on_failure;
  std::mutex mutex;
  std::map<std::string, Time> known;      // names of Events, and when they were told
  std::map<std::string, Budget> budgets;  // by the object's UID
};

EventRecorder::EventRecorder(cluster::KubeApi& api, cluster::Clock& clock, Telemetry& telemetry, std::string instance,
                             OnFailure on_failure)
    : impl_(new Impl{api, clock, telemetry, std::move(instance), std::move(on_failure), {}, {}, {}}) {}

EventRecorder::~EventRecorder() = default;

void EventRecorder::tell(const Note& note) {
  const Json event = event_of(note, impl_->instance, impl_->clock.wall_now());
  const std::string name = event["metadata"]["name"];
  if (!impl_->admit(note, name)) {
    return;
  }
  const auto told = impl_->api.create(kEvents, event["metadata"]["namespace"], event);
  if (told.ok() || told.error().reason == "AlreadyExists") {
    impl_->remember(name);
    impl_->telemetry.event("told");
    return;
  }
  impl_->telemetry.event("failed");
  if (impl_->on_failure) {
    impl_->on_failure(note, told.error());
  }
}

}  // namespace warmgate::controller
