#include "gate_release.h"

#include <algorithm>
#include <condition_variable>
#include <iterator>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "warmgate/api/names.h"
#include "warmgate/base/text.h"
#include "warmgate/controller/plan.h"
#include "warmgate/document/view.h"

namespace warmgate::cli {
namespace {

using document::Json;
using document::View;

// What is wrong is tried again with what the Pods are by then: another gate may have been taken off a Pod meanwhile.
constexpr int kRounds = 3;
// After so many calls in a row without any answer (each took 20 s), for each that runs at once, nobody is there.
constexpr std::size_t kMaxUnanswered = 3;

struct GatedPod {
  std::string ns;
  std::string name;
  std::string uid;
  std::size_t gate = 0;  // its place in spec.schedulingGates
  [[nodiscard]] std::string id() const { return ns + "/" + name; }
};

std::optional<GatedPod> gated_pod(const Json& pod) {
  const View root(pod);
  const View gates = root["spec"]["schedulingGates"];
  for (std::size_t i = 0; i < gates.size(); ++i) {
    if (gates.at(i)["name"].text() == api::kGate) {
      const View metadata = root["metadata"];
      return GatedPod{metadata["namespace"].text(), metadata["name"].text(), metadata["uid"].text(), i};
    }
  }
  return std::nullopt;
}

cluster::ApiResult<std::vector<GatedPod>> list_gated(cluster::KubeApi& api, const GateRelease& what) {
  std::vector<GatedPod> gated;
  cluster::ListOptions options;
  options.ns = what.ns;
  // A gated Pod has never been scheduled. The label is not asked for: a gate without it must go too.
  options.field_selector = "status.phase=Pending";
  options.on_restart = [&] { gated.clear(); };
  const cluster::ApiResult<std::string> listed = api.list(controller::pods(), options, [&](Json&& pod) {
    std::optional<GatedPod> one = gated_pod(pod);
    const bool wanted =
        one && (what.pods.empty() || std::find(what.pods.begin(), what.pods.end(), one->name) != what.pods.end());
    if (wanted) {
      gated.push_back(std::move(*one));
    }
  });
  if (!listed) {
    return listed.error();
  }
  return gated;
}

std::vector<std::string> unknown_of(const std::vector<std::string>& named, const std::vector<GatedPod>& gated) {
  std::vector<std::string> unknown;
  std::copy_if(named.begin(), named.end(), std::back_inserter(unknown), [&](const std::string& name) {
    return std::none_of(gated.begin(), gated.end(), [&](const GatedPod& pod) { return pod.name == name; });
  });
  return unknown;
}

// Only this gate, only of this Pod: the tests fail when either is another by now.
Json release_patch(const GatedPod& pod) {
  const std::string gate = "/spec/schedulingGates/" + std::to_string(pod.gate);
  return Json::array({{{"op", "test"}, {"path", "/metadata/uid"}, {"value", pod.uid}},
                      {{"op", "test"}, {"path", gate + "/name"}, {"value", api::kGate}},
                      {{"op", "remove"}, {"path", gate}}});
}

struct Tried {
  enum class Result { kReleased, kGone, kFailed, kNotTried };
  Result result = Result::kNotTried;
  std::string why;
};

// One try for each Pod, several at once.
class Round {
 public:
  Round(cluster::KubeApi& api, const std::vector<GatedPod>& gated, std::size_t at_once)
      : api_(api), gated_(gated), tried_(gated.size()), unanswered_before_end_(kMaxUnanswered * at_once) {
    const std::size_t workers = std::min(at_once, gated.size());
    workers_.reserve(workers);
    for (std::size_t i = 0; i < workers; ++i) {
      workers_.emplace_back([this] { work(); });
    }
  }

  // What became of the i-th Pod. Blocks until it has been tried, or will not be.
  Tried result(std::size_t i) {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return tried_[i].has_value(); });
    return *tried_[i];
  }

 private:
  void work() {
    for (;;) {
      std::unique_lock lock(mutex_);
      if (next_ == gated_.size()) {
        return;
      }
      const std::size_t mine = next_++;
      Tried tried;
      if (unanswered_ < unanswered_before_end_) {
        lock.unlock();
        tried = release(gated_[mine]);
        lock.lock();
      }
      tried_[mine] = std::move(tried);
      done_.notify_all();
    }
  }

  Tried release(const GatedPod& pod) {
    const auto patched =
        api_.patch(controller::pods(), pod.ns, pod.name, cluster::PatchType::kJson, release_patch(pod), {});
    const bool answered = patched || patched.error().status != 0;
    {
      const std::lock_guard lock(mutex_);
      unanswered_ = answered ? 0 : unanswered_ + 1;
    }
    if (patched) {
      return {Tried::Result::kReleased, ""};
    }
    return {patched.error().not_found() ? Tried::Result::kGone : Tried::Result::kFailed, patched.error().message};
  }

  cluster::KubeApi& api_;
  const std::vector<GatedPod>& gated_;
  std::mutex mutex_;  // of what follows
  std::condition_variable done_;
  std::vector<std::optional<Tried>> tried_;
  std::size_t next_ = 0;
  std::size_t unanswered_ = 0;  // calls in a row
  const std::size_t unanswered_before_end_;
  std::vector<std::jthread> workers_;  // last: they use all of the above
};

using Failures = std::map<std::string, std::string>;  // by the Pod's id

Failures release_all(cluster::KubeApi& api, const std::vector<GatedPod>& gated, std::size_t at_once,
                     const std::function<void(const std::string& pod)>& tell, GatesReleased& all) {
  Failures failures;
  Round round(api, gated, at_once);
  for (std::size_t i = 0; i < gated.size(); ++i) {
    const Tried tried = round.result(i);
    switch (tried.result) {
      case Tried::Result::kReleased:
        ++all.released;
        tell(gated[i].id());
        break;
      case Tried::Result::kGone:
        ++all.gone;
        break;
      case Tried::Result::kFailed:
        failures.emplace(gated[i].id(), tried.why);
        break;
      case Tried::Result::kNotTried:
        all.given_up = true;
        failures.emplace(gated[i].id(), "not tried");
        break;
    }
  }
  return failures;
}

}  // namespace

base::Result<GatesReleased> release_gates(cluster::KubeApi& api, const GateRelease& what,
                                          const std::function<void(const std::string& pod)>& tell) {
  GatesReleased all;
  Failures failures;
  for (int i = 0; i < kRounds && (i == 0 || !failures.empty()) && !all.given_up; ++i) {
    const auto gated = list_gated(api, what);
    if (!gated && i == 0) {
      return base::Error{gated.error().message};
    }
    if (!gated) {
      break;
    }
    if (i == 0) {
      all.unknown = unknown_of(what.pods, *gated);
    }
    if (what.dry_run) {
      std::for_each(gated->begin(), gated->end(), [&](const GatedPod& pod) { tell(pod.id()); });
      all.released = gated->size();
      return all;
    }
    failures = release_all(api, *gated, what.at_once, tell, all);
  }
  for (const auto& [pod, why] : failures) {
    std::string line = pod;
    all.failures.push_back(line.append(": ").append(why));
  }
  return all;
}

}  // namespace warmgate::cli
