#include "job_reports.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "job_pod.h"
#include "warmgate/base/text.h"

namespace warmgate::controller {
namespace {

using document::Json;
using document::View;

const cluster::Resource kEvents{"", "v1", "events", "Event", true};
constexpr std::size_t kMaxWarning = 500;  // code points; it becomes a part of a condition's message

std::string id_of(const std::string& ns, const std::string& name) { return ns + "/" + name; }

// Others may have put containers of their own beside the download's.
std::string container_of(const kube::Object& pod) {
  const std::vector<View> containers = pod.root()["spec"]["containers"].items();
  const auto named = std::find_if(containers.begin(), containers.end(),
                                  [](const View& one) { return one["name"].text() == kContainer; });
  return containers.empty() ? "" : (named == containers.end() ? containers.front() : *named)["name"].text();
}

// When an Event was last seen; whoever tells it uses one of three fields. RFC 3339 in UTC sorts as text.
std::string last_seen(const View& event) {
  return std::max(
      {event["lastTimestamp"].text(), event["eventTime"].text(), event["metadata"]["creationTimestamp"].text()});
}

}  // namespace

bool JobReports::due(std::map<std::string, Report>& reports, const std::string& id) {
  const std::lock_guard lock(mutex_);
  Report& report = reports[id];
  const auto now = clock_.now();
  if (report.asked && now - *report.asked < kReportInterval) {
    return false;
  }
  if (!second_ || now - *second_ >= std::chrono::seconds(1)) {
    second_ = now;
    asked_in_second_ = 0;
  }
  if (asked_in_second_ >= kReportsPerSecond) {
    return false;
  }
  ++asked_in_second_;
  report.asked = now;
  return true;
}

bool JobReports::fetch(const std::string& ns, const Plan& plan, const std::stop_token& stop) {
  bool news = false;
  for (const std::string& pod : plan.logs_of) {
    news = (due(pods_, id_of(ns, pod)) && fetch_log(ns, pod, stop)) || news;
  }
  for (const std::string& job : plan.events_of) {
    news = (due(jobs_, id_of(ns, job)) && fetch_warning(ns, job, stop)) || news;
  }
  return news;
}

bool JobReports::fetch_log(const std::string& ns, const std::string& pod, const std::stop_token& stop) {
  const std::optional<kube::Object> object = stores_.find(pods(), ns, pod);
  if (!object) {
    return false;
  }
  cluster::LogOptions options;
  options.container = container_of(*object);
  const auto tail = api_.log(ns, pod, options, stop);
  if (!tail) {
    return false;  // it has not begun, or its node does not answer; the next look asks again
  }
  const std::lock_guard lock(mutex_);
  Report& report = pods_[id_of(ns, pod)];
  const std::optional<Progress> now = read_progress_(*tail, report.progress, clock_.wall_now());
  report.progress = now ? now : report.progress;
  return now.has_value();
}

bool JobReports::fetch_warning(const std::string& ns, const std::string& job, const std::stop_token& stop) {
  const std::optional<kube::Object> object = stores_.find(jobs(), ns, job);
  if (!object) {
    return false;
  }
  cluster::ListOptions about;
  about.ns = ns;
  about.field_selector = "involvedObject.uid=" + object->root()["metadata"]["uid"].text();
  std::string newest;
  std::string warning;
  const auto listed = api_.list(
      kEvents, about,
      [&](Json&& event) {
        const View view(event);
        if (view["type"].text() == "Warning" && last_seen(view) >= newest) {
          newest = last_seen(view);
          warning = base::one_line(view["reason"].text() + ": " + view["message"].text(), kMaxWarning);
        }
      },
      stop);
  const std::lock_guard lock(mutex_);
  Report& report = jobs_[id_of(ns, job)];
  if (!listed || report.warning == warning) {
    return false;
  }
  report.warning = std::move(warning);
  return true;
}

void JobReports::add_to(ObservedClaim& seen) const {
  const std::lock_guard lock(mutex_);
  for (const kube::Object& pod : seen.pods) {
    const auto found = pods_.find(id_of(seen.ns, pod.key().name));
    if (found != pods_.end() && found->second.progress) {
      seen.progress[pod.key().name] = *found->second.progress;
    }
  }
  for (const kube::Object& job : seen.jobs) {
    const auto found = jobs_.find(id_of(seen.ns, job.key().name));
    if (found != jobs_.end() && !found->second.warning.empty()) {
      seen.job_events[job.key().name] = found->second.warning;
    }
  }
}

void JobReports::forget_gone() {
  const std::lock_guard lock(mutex_);
  const auto gone = [this](const cluster::Resource& resource) {
    return [this, &resource](const auto& entry) {
      const std::size_t slash = entry.first.find('/');
      return !stores_.find(resource, entry.first.substr(0, slash), entry.first.substr(slash + 1));
    };
  };
  std::erase_if(pods_, gone(pods()));
  std::erase_if(jobs_, gone(jobs()));
}

}  // namespace warmgate::controller
