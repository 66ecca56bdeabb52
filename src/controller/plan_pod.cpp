#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "cache_state.h"
#include "created_cache.h"
#include "warmgate/api/names.h"
#include "warmgate/base/text.h"
#include "warmgate/controller/observed.h"
#include "warmgate/document/pointer.h"
#include "warmgate/kube/duration.h"
#include "warmgate/kube/time.h"

namespace warmgate::controller {
namespace {

using api::CacheRules;
using api::WaitedFor;
using document::Json;
using document::View;
using std::chrono::duration_cast;
using std::chrono::seconds;

// A ModelCache and a Pod that were made together can reach us in the wrong order.
constexpr seconds kSettled{60};
constexpr std::size_t kShortRevision = 12;  // as in the columns of a ModelCache
constexpr const char* kOtherModel = "OtherModel";
constexpr std::size_t kMaxTold = 500;  // of a condition's message in an event, which holds 1024 bytes

// A Pod that has our gate.
struct Waiting {
  const kube::Object& pod;
  std::size_t gate = 0;  // its place in spec.schedulingGates
  WallTime since;        // when it was created
  std::optional<std::string> annotation;
};

std::optional<Waiting> waiting(const kube::Object& pod, WallTime now) {
  const View root = pod.root();
  const View gates = root["spec"]["schedulingGates"];
  if (is_being_deleted(pod)) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < gates.size(); ++i) {
    if (gates.at(i)["name"].text() == api::kGate) {
      return Waiting{pod, i, created_at(pod).value_or(now),
                     root["metadata"]["annotations"][api::kWaitsForAnnotation].string()};
    }
  }
  return std::nullopt;
}

enum class State { kReady, kWaiting, kFailed, kMissing };

// What a Pod needs to know of one that it waits for.
struct Seen {
  State state = State::kMissing;
  std::string reason;
  std::string message;   // "" when it would be another one at every look
  std::string occasion;  // what makes the same reason another event
  WallTime ready_at;     // of kReady
};

std::string model(const WaitedFor& waited) { return waited.repo + "@" + waited.revision.substr(0, kShortRevision); }

std::string label(const WaitedFor& waited) { return "ModelCache/" + waited.cache + " (" + model(waited) + ")"; }

const kube::Object* find(const std::vector<kube::Object>& caches, const std::string& name) {
  const auto found =
      std::find_if(caches.begin(), caches.end(), [&](const kube::Object& cache) { return cache.key().name == name; });
  return found == caches.end() ? nullptr : &*found;
}

// Of one that exists and is for this model.
Seen look_at_status(const kube::Object& cache) {
  Seen seen;
  seen.state = cache.root()["status"]["phase"].text() == "Failed" ? State::kFailed : State::kWaiting;
  seen.reason = "Pending";
  if (const View ready = find_condition(cache, "Ready")) {
    seen.reason = ready["reason"].string().value_or(seen.reason);
    seen.message = ready["message"].text();
    if (ready["status"].text() == "True") {
      seen.state = State::kReady;
      seen.ready_at = kube::read_time(ready["lastTransitionTime"].text()).value_or(WallTime());
    }
  }
  // How far a download has come is another text every few seconds; the ModelCache tells it.
  if (seen.state == State::kWaiting && seen.reason == "Downloading") {
    seen.message.clear();
  }
  return seen;
}

Seen look_at(const WaitedFor& waited, const std::vector<kube::Object>& caches) {
  const kube::Object* object = find(caches, waited.cache);
  if (object == nullptr) {
    return {};
  }
  const std::string uid = uid_of(*object);
  const std::optional<api::ModelCache> cache = api::read_model_cache(*object);
  if (!cache || cache->repo != waited.repo || cache->revision != waited.revision) {
    const std::string other = cache ? cache->repo + "@" + cache->revision : "nothing that can be read";
    return {
        State::kFailed, kOtherModel, "the ModelCache of that name is for " + base::one_line(other, kMaxTold), uid, {}};
  }
  if (is_being_deleted(*object)) {
    return {State::kWaiting, "Deleting", "it is being deleted", uid, {}};
  }
  Seen seen = look_at_status(*object);
  seen.message = base::one_line(seen.message, kMaxTold);
  seen.occasion = uid + "/" + annotation(*object, api::kRetryAnnotation);
  return seen;
}

class Planner {
 public:
  Planner(const Waiting& pod, const ObservedPod& observed, const CacheRules& rules, WallTime now)
      : pod_(pod), observed_(observed), rules_(rules), now_(now), ns_(pod.pod.key().ns) {}

  Plan plan() {
    if (!rules_.gates) {
      release("GateReleased", Note::Type::kNormal,
              "released: modelCaches.gates of the CachePolicy is false for namespace " + ns_);
      return std::move(plan_);
    }
    const std::optional<std::vector<WaitedFor>> all =
        pod_.annotation ? api::parse_waits_for(*pod_.annotation) : std::nullopt;
    all ? wait_for(*all) : wait_for_nothing();
    return std::move(plan_);
  }

 private:
  void wait_for(const std::vector<WaitedFor>& all) {
    bool ready = true;
    WallTime ready_at = pod_.since;
    for (const WaitedFor& waited : all) {
      const Seen seen = look_at(waited, observed_.caches);
      ready = ready && seen.state == State::kReady;
      ready_at = std::max(ready_at, seen.ready_at);
      if (seen.state != State::kReady) {
        blocking_.append(blocking_.empty() ? "" : ", ").append(label(waited));
      }
      tell(waited, seen);
    }
    if (ready) {
      release("GateReleased", Note::Type::kNormal, ready_message(all, ready_at));
    } else {
      hold();
    }
  }

  // Nothing tells when it may start. Somebody else's gate of our name, or an annotation that was edited.
  void wait_for_nothing() {
    const std::string what = "annotation " + std::string(api::kWaitsForAnnotation) +
                             (pod_.annotation ? " cannot be read" : " is missing") +
                             ", so nothing tells which ModelCaches this Pod waits for";
    if (held_too_long()) {
      release("HeldTooLong", Note::Type::kWarning, what + "; released after " + hold_text());
      return;
    }
    note("WaitsForUnreadable", Note::Type::kWarning,
         what + "; it is released " + hold_text() + " after its creation, or now by: " + release_command(), "");
    plan_.look_again = hold_left();
  }

  void tell(const WaitedFor& waited, const Seen& seen) {
    switch (seen.state) {
      case State::kReady:
        return;
      case State::kMissing:
        tell_missing(waited);
        return;
      case State::kWaiting:
        note("WaitingForModelCache", Note::Type::kNormal,
             "waits for " + label(waited) + ": " + seen.reason + (seen.message.empty() ? "" : ": " + seen.message),
             seen.occasion);
        return;
      case State::kFailed:
        note("ModelCacheFailed", Note::Type::kWarning,
             (seen.reason == kOtherModel ? "waits for " + label(waited) + ", but " + seen.message +
                                               ": delete this Pod, so that the next one waits for what is there"
                                         : label(waited) + " has failed, and this Pod waits for it: " + seen.reason +
                                               ": " + seen.message + retry_hint(waited, seen)) +
                 "; start without it: " + release_command(),
             seen.occasion);
        return;
    }
  }

  void tell_missing(const WaitedFor& waited) {
    if (may_create(waited, rules_)) {
      note("ModelCacheCreated", Note::Type::kNormal,
           "makes " + label(waited) + ", as modelCaches.missing of the CachePolicy says for namespace " + ns_, "");
      plan_.writes.push_back(create_cache(waited, rules_, pod_.pod));
      return;
    }
    const seconds age = duration_cast<seconds>(now_ - pod_.since);
    if (age < kSettled) {
      look_again_in(kSettled - age);
      return;
    }
    note("ModelCacheMissing", Note::Type::kWarning,
         label(waited) + " does not exist, and this Pod waits for it: make it (warmgate cache create " + waited.repo +
             "@" + waited.revision + " --name " + waited.cache + " -n " + ns_ +
             " --claim CLAIM --apply), or start without it: " + release_command(),
         "");
  }

  // Not all is Ready.
  void hold() {
    if (!held_too_long()) {
      look_again_in(hold_left());
      return;
    }
    if (rules_.after_hold == api::AfterHold::kKeep) {
      note("HeldTooLong", Note::Type::kWarning,
           "has waited for " + hold_text() + " for " + blocking_ + "; modelCaches.afterHold of the CachePolicy keeps " +
               "it waiting; start without: " + release_command(),
           "");
      return;
    }
    plan_.notes.clear();
    plan_.writes.clear();
    plan_.look_again.reset();
    release("HeldTooLong", Note::Type::kWarning,
            "released after " + hold_text() + " (modelCaches.maxHold of the CachePolicy) without " + blocking_ +
                ": it may download by itself now, while it holds its accelerators");
  }

  void release(std::string reason, Note::Type type, std::string message) {
    note(std::move(reason), type, std::move(message), "release");
    const std::string gate = document::child_pointer("/spec/schedulingGates", pod_.gate);
    const std::string uid = uid_of(pod_.pod);
    const std::string version = resource_version_of(pod_.pod);
    Json patch = Json::array({{{"op", "test"}, {"path", "/metadata/uid"}, {"value", uid}},
                              {{"op", "test"}, {"path", "/metadata/resourceVersion"}, {"value", version}},
                              {{"op", "test"}, {"path", gate + "/name"}, {"value", api::kGate}},
                              {{"op", "remove"}, {"path", gate}}});
    plan_.writes.push_back({Write::Verb::kJsonPatch,
                            pods(),
                            ns_,
                            pod_.pod.key().name,
                            std::make_shared<const Json>(std::move(patch)),
                            {},
                            plan_.notes.back().message});
  }

  void note(std::string reason, Note::Type type, std::string message, std::string occasion) {
    plan_.notes.push_back({pod_.pod.key(), pod_.pod.api_version(), uid_of(pod_.pod), type, std::move(reason),
                           std::move(message), std::move(occasion)});
  }

  // By when the last one became Ready, not by now: the same words when they are told again.
  [[nodiscard]] std::string ready_message(const std::vector<WaitedFor>& all, WallTime ready_at) const {
    std::string names;
    for (const WaitedFor& waited : all) {
      names.append(names.empty() ? "" : ", ").append(label(waited));
    }
    return names + (all.size() == 1 ? " is Ready, " : " are Ready, ") +
           kube::format_duration(duration_cast<seconds>(ready_at - pod_.since)) + " after this Pod was created";
  }

  void look_again_in(seconds time) { plan_.look_again = std::min(plan_.look_again.value_or(time), time); }
  [[nodiscard]] bool held_too_long() const { return now_ - pod_.since >= rules_.max_hold; }
  [[nodiscard]] seconds hold_left() const { return std::chrono::ceil<seconds>(pod_.since + rules_.max_hold - now_); }
  [[nodiscard]] std::string hold_text() const { return kube::format_duration(rules_.max_hold); }
  [[nodiscard]] std::string release_command() const {
    return "warmgate gates release -n " + ns_ + " " + pod_.pod.key().name;
  }
  // The ModelCache's own message mostly says it.
  [[nodiscard]] std::string retry_hint(const WaitedFor& waited, const Seen& seen) const {
    if (seen.message.find(api::kRetryAnnotation) != std::string::npos) {
      return "";
    }
    return "; try again with: kubectl -n " + ns_ + " annotate --overwrite modelcache " + waited.cache + " " +
           std::string(api::kRetryAnnotation) + "=\"$(date +%s)\"";
  }

  const Waiting& pod_;
  const ObservedPod& observed_;
  const CacheRules& rules_;
  const WallTime now_;
  const std::string ns_;
  std::string blocking_;  // the ModelCaches that are not Ready
  Plan plan_;
};

}  // namespace

Plan plan_pod(const ObservedPod& observed, const Settings& settings, WallTime now) {
  const std::optional<Waiting> pod = waiting(observed.pod, now);
  if (!pod) {
    return {};
  }
  const CacheRules rules = settings.policy.cache_rules(observed.pod.key().ns);
  return Planner(*pod, observed, rules, now).plan();
}

}  // namespace warmgate::controller
