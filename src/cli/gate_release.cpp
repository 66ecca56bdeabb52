#include "gate_release.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

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
// After so many calls in a row without any answer (each took 20 s) nobody is there.
constexpr int kMaxUnanswered = 3;

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

// Only this gate, only of this Pod: the tests fail when either is another by now.
Json release_patch(const GatedPod& pod) {
  const std::string gate = "/spec/schedulingGates/" + std::to_string(pod.gate);
  return Json::array({{{"op", "test"}, {"path", "/metadata/uid"}, {"value", pod.uid}},
                      {{"op", "test"}, {"path", gate + "/name"}, {"value", api::kGate}},
                      {{"op", "remove"}, {"path", gate}}});
}

// One look at the Pods, and one try for each of them.
class Round {
 public:
  Round(cluster::KubeApi& api, GatesReleased& all, const std::function<void(const std::string& pod)>& tell)
      : api_(api), all_(all), tell_(tell) {}

  void release(const std::vector<GatedPod>& gated) {
    for (const GatedPod& pod : gated) {
      if (unanswered_ == kMaxUnanswered) {
        all_.given_up = true;
        failures.emplace(pod.id(), "not tried");
        continue;
      }
      release(pod);
    }
  }

  std::map<std::string, std::string> failures;  // by the Pod's id

 private:
  void release(const GatedPod& pod) {
    const auto patched =
        api_.patch(controller::pods(), pod.ns, pod.name, cluster::PatchType::kJson, release_patch(pod), {});
    unanswered_ = patched || patched.error().status != 0 ? 0 : unanswered_ + 1;
    if (patched) {
      ++all_.released;
      tell_(pod.id());
    } else if (patched.error().not_found()) {
      ++all_.gone;
    } else {
      failures.emplace(pod.id(), patched.error().message);
    }
  }

  cluster::KubeApi& api_;
  GatesReleased& all_;
  const std::function<void(const std::string& pod)>& tell_;
  int unanswered_ = 0;
};

}  // namespace

base::Result<GatesReleased> release_gates(cluster::KubeApi& api, const GateRelease& what,
                                          const std::function<void(const std::string& pod)>& tell) {
  GatesReleased all;
  std::map<std::string, std::string> failures;
  for (int i = 0; i < kRounds && (i == 0 || !failures.empty()) && !all.given_up; ++i) {
    const auto gated = list_gated(api, what);
    if (!gated && i == 0) {
      return base::Error{gated.error().message};
    }
    if (!gated) {
      break;
    }
    if (what.dry_run) {
      std::for_each(gated->begin(), gated->end(), [&](const GatedPod& pod) { tell(pod.id()); });
      all.released = gated->size();
      return all;
    }
    Round round(api, all, tell);
    round.release(*gated);
    failures = std::move(round.failures);
  }
  for (const auto& [pod, why] : failures) {
    std::string line = pod;
    all.failures.push_back(line.append(": ").append(why));
  }
  return all;
}

}  // namespace warmgate::cli
