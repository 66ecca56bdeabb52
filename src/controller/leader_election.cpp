#include "warmgate/controller/leader_election.h"

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <utility>

#include "warmgate/document/view.h"
#include "warmgate/kube/time.h"

namespace warmgate::controller {
namespace {

using cluster::ApiError;
using cluster::ApiResult;
using cluster::JsonPtr;
using document::Json;
using document::View;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Time = cluster::Clock::Steady::time_point;

const cluster::Resource kLeases{"coordination.k8s.io", "v1", "leases", "Lease", true};

// client-go's JitterFactor: of the pause between tries to acquire.
constexpr double kJitter = 1.2;
constexpr int kConflict = 409;
// What a Lease of others may say; more would keep everybody out for ever.
constexpr std::int64_t kLongestLease = 3600;

}  // namespace

struct LeaderElection::Impl {
  Impl(cluster::KubeApi& the_api, cluster::Clock& the_clock, LeaseOptions the_options)
      : api(the_api), clock(the_clock), options(std::move(the_options)), random(options.seed), tried_at(clock.now()) {}

  // One try to get the Lease, or to keep it; nullopt: it is ours.
  std::optional<ApiError> attempt(const std::stop_token& stop) {
    std::optional<ApiError> failure = ours() ? renew(stop) : get_and_take(stop);
    const std::lock_guard lock(mutex);
    tried_at = clock.now();
    return failure;
  }

  bool ours() const {
    const std::lock_guard lock(mutex);
    return seen_holder == options.identity;
  }

  // As client-go's fast path: the version tells whether anybody else wrote. Else it is looked at again.
  std::optional<ApiError> renew(const std::stop_token& stop) {
    const std::optional<ApiError> failure = write(*lease, stop);
    return failure && failure->status == kConflict ? get_and_take(stop) : failure;
  }

  std::optional<ApiError> get_and_take(const std::stop_token& stop) {
    const ApiResult<JsonPtr> got = api.get(kLeases, options.ns, options.name, stop);
    if (!got) {
      return got.error().not_found() ? create(stop) : std::optional(got.error());
    }
    see(*got);
    const std::string held_by = holder();
    if (!held_by.empty() && held_by != options.identity && clock.now() < observed_at + observed_duration()) {
      return ApiError{0, "Held", "the Lease is held by " + held_by};
    }
    return write(**got, stop);
  }

  // Remembers when the record last changed, by our own clock.
  void see(const JsonPtr& now) {
    const View spec = View(*now)["spec"];
    const std::string record = spec.json() == nullptr ? "" : spec.json()->dump();
    if (record != seen_record) {
      seen_record = record;
      observed_at = clock.now();
    }
    lease = now;
    const std::lock_guard lock(mutex);
    seen_holder = spec["holderIdentity"].text();
  }

  seconds observed_duration() const {
    const std::int64_t said = View(*lease)["spec"]["leaseDurationSeconds"].integer().value_or(options.duration.count());
    return seconds(std::clamp<std::int64_t>(said, 1, kLongestLease));
  }

  Json record_after(const Json& before, seconds duration, const std::string& identity) const {
    const View spec = View(before)["spec"];
    const std::string now = kube::to_micro_time(clock.wall_now());
    const bool same = spec["holderIdentity"].text() == identity;
    const std::int64_t transitions = spec["leaseTransitions"].integer().value_or(0);
    return {{"holderIdentity", identity},
            {"leaseDurationSeconds", duration.count()},
            {"acquireTime", same && spec["acquireTime"] ? spec["acquireTime"].text() : now},
            {"renewTime", now},
            {"leaseTransitions", same || identity.empty() ? transitions : transitions + 1}};
  }

  std::optional<ApiError> create(const std::stop_token& stop) {
    const Json fresh = {{"apiVersion", "coordination.k8s.io/v1"},
                        {"kind", "Lease"},
                        {"metadata", {{"name", options.name}, {"namespace", options.ns}}},
                        {"spec", record_after(Json::object(), options.duration, options.identity)}};
    const Time sent = clock.now();
    return settle(api.create(kLeases, options.ns, fresh, stop), sent, options.identity);
  }

  std::optional<ApiError> write(const Json& before, const std::stop_token& stop) {
    return write_record(before, record_after(before, options.duration, options.identity), stop);
  }

  // The version makes it fail when anybody else wrote meanwhile.
  std::optional<ApiError> write_record(const Json& before, const Json& record, const std::stop_token& stop) {
    const Json patch = {{"metadata", {{"resourceVersion", View(before)["metadata"]["resourceVersion"].text()}}},
                        {"spec", record}};
    const Time sent = clock.now();
    return settle(api.patch(kLeases, options.ns, options.name, cluster::PatchType::kMerge, patch, {}, stop), sent,
                  View(record)["holderIdentity"].text());
  }

  // A renewal that was interrupted may have come through all the same: then only the version has changed.
  std::optional<ApiError> look_and_free() {
    const ApiResult<JsonPtr> now = api.get(kLeases, options.ns, options.name);
    if (!now) {
      return now.error();
    }
    see(*now);
    return ours() ? write_record(**now, record_after(**now, seconds(1), ""), {}) : std::nullopt;
  }

  std::optional<ApiError> settle(const ApiResult<JsonPtr>& written, Time sent, const std::string& identity) {
    if (!written) {
      return written.error();
    }
    see(*written);
    const std::lock_guard lock(mutex);
    renewed_at = identity == options.identity ? std::optional(sent) : std::nullopt;
    return std::nullopt;
  }

  std::string holder() const {
    const std::lock_guard lock(mutex);
    return seen_holder;
  }

  void tell(const ApiError& error) const {
    if (options.on_trouble) {
      options.on_trouble(error.message);
    }
  }

  milliseconds pause_before_acquiring() {
    std::uniform_real_distribution<double> stretch(1, 1 + kJitter);
    return std::chrono::duration_cast<milliseconds>(options.retry * stretch(random));
  }

  cluster::KubeApi& api;
  cluster::Clock& clock;
  const LeaseOptions options;
  // Of the thread that calls acquire(), hold() and release() alone.
  std::mt19937 random;
  JsonPtr lease;  // as it was read or written last
  std::string seen_record;
  Time observed_at;
  mutable std::mutex mutex;
  std::string seen_holder;
  std::optional<Time> renewed_at;  // when the last renewal that succeeded was sent; nullopt: not ours
  Time tried_at;
};

LeaderElection::LeaderElection(cluster::KubeApi& api, cluster::Clock& clock, LeaseOptions options)
    : impl_(std::make_unique<Impl>(api, clock, std::move(options))) {}

LeaderElection::~LeaderElection() = default;

bool LeaderElection::acquire(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const std::optional<ApiError> failure = impl_->attempt(stop);
    if (!failure) {
      return true;
    }
    if (failure->reason != "Held") {
      impl_->tell(*failure);
    }
    impl_->clock.sleep_for(impl_->pause_before_acquiring(), stop);
  }
  return false;
}

LeaderElection::End LeaderElection::hold(const std::stop_token& stop) {
  Time good = impl_->clock.now();
  while (!stop.stop_requested()) {
    impl_->clock.sleep_for(impl_->options.retry, stop);
    if (stop.stop_requested()) {
      break;
    }
    const std::optional<ApiError> failure = impl_->attempt(stop);
    if (!failure) {
      good = impl_->clock.now();
      continue;
    }
    impl_->tell(*failure);
    if (failure->reason == "Held" || impl_->clock.now() - good >= impl_->options.renew_deadline) {
      const std::lock_guard lock(impl_->mutex);
      impl_->renewed_at.reset();
      return End::kLost;
    }
  }
  return End::kStopped;
}

void LeaderElection::release() {
  const bool held = surely_ours(milliseconds(0));
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->renewed_at.reset();
  }
  if (!held || !impl_->lease) {
    return;
  }
  // As client-go does: a second's duration, for who reads the Lease in between.
  const Json free = impl_->record_after(*impl_->lease, seconds(1), "");
  std::optional<ApiError> failure = impl_->write_record(*impl_->lease, free, {});
  if (failure && failure->status == kConflict) {
    failure = impl_->look_and_free();
  }
  if (failure) {
    impl_->tell(*failure);
  }
}

bool LeaderElection::surely_ours(milliseconds margin) const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->renewed_at && impl_->clock.now() + margin < *impl_->renewed_at + impl_->options.duration;
}

std::string LeaderElection::holder() const { return impl_->holder(); }

milliseconds LeaderElection::last_try() const {
  const std::lock_guard lock(impl_->mutex);
  return std::chrono::duration_cast<milliseconds>(impl_->clock.now() - impl_->tried_at);
}

}  // namespace warmgate::controller
