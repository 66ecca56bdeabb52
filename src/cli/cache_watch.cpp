#include "cache_watch.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "warmgate/controller/plan.h"
#include "warmgate/document/view.h"

namespace warmgate::cli {
namespace {

using cluster::EventType;
using document::Json;
using document::View;

// Between two tries when the API server does not answer: somebody waits for it at a terminal.
constexpr std::chrono::milliseconds kPause{2000};

using Rows = std::map<std::string, CacheRow>;  // by "namespace/name"

std::string id_of(const View& object) {
  return object["metadata"]["namespace"].text() + "/" + object["metadata"]["name"].text();
}

cluster::ListOptions list_options(const CacheQuery& query) {
  cluster::ListOptions options;
  options.ns = query.ns;
  options.field_selector = query.name.empty() ? "" : "metadata.name=" + query.name;
  return options;
}

// The resourceVersion to watch from.
cluster::ApiResult<std::string> list_rows(cluster::KubeApi& api, const CacheQuery& query, Rows& rows) {
  rows.clear();
  cluster::ListOptions options = list_options(query);
  options.on_restart = [&] { rows.clear(); };
  return api.list(controller::model_caches(), options,
                  [&](Json&& item) { rows.insert_or_assign(id_of(View(item)), cache_row(item)); });
}

std::string none(const CacheQuery& query) {
  return "there is no ModelCache" + (query.name.empty() ? "" : " " + query.name) +
         (query.ns.empty() ? " in any namespace" : " in namespace " + query.ns);
}

std::vector<CacheRow> values(const Rows& rows) {
  std::vector<CacheRow> all;
  std::transform(rows.begin(), rows.end(), std::back_inserter(all), [](const auto& entry) { return entry.second; });
  return all;
}

class Watcher {
 public:
  explicit Watcher(const CacheWatch& watch) : watch_(watch) {}

  base::Result<WatchEnd> run() {
    cluster::ApiResult<std::string> version = list_rows(watch_.api, watch_.query, rows_);
    if (!version) {
      return base::Error{version.error().message};
    }
    if (rows_.empty() && (watch_.until_ready || !watch_.query.name.empty())) {
      return base::Error{none(watch_.query)};
    }
    while (!look()) {
      follow(*version);
      if (end_) {
        break;
      }
      version = list_rows(watch_.api, watch_.query, rows_);
      while (!version) {
        pause(version.error());
        version = list_rows(watch_.api, watch_.query, rows_);
      }
    }
    return *end_;
  }

 private:
  void follow(const std::string& version) {
    std::stop_source enough;
    cluster::WatchOptions options;
    options.list = list_options(watch_.query);
    options.resource_version = version;
    options.on_open = [] {};
    const auto ended = watch_.api.watch(
        controller::model_caches(), options,
        [&](EventType type, Json&& object) {
          if (!end_ && take(type, std::move(object)) && look()) {
            enough.request_stop();
          }
        },
        enough.get_token());
    if (!ended && !ended.error().expired() && !end_) {
      pause(ended.error());
    }
  }

  // Whether it changed what is shown.
  bool take(EventType type, Json&& object) {
    if (type == EventType::kBookmark) {
      return false;
    }
    const std::string id = id_of(View(object));
    if (type == EventType::kDeleted) {
      return rows_.erase(id) > 0;
    }
    rows_.insert_or_assign(id, cache_row(object));
    return true;
  }

  // Shows them; true at the end.
  bool look() {
    const std::vector<CacheRow> all = values(rows_);
    if (!watch_.show(all)) {
      end_ = WatchEnd::kNobodyLooks;
    } else if (watch_.until_ready && all.empty()) {
      end_ = WatchEnd::kDeleted;
    } else if (watch_.until_ready &&
               std::any_of(all.begin(), all.end(), [](const CacheRow& row) { return row.failed; })) {
      end_ = WatchEnd::kFailed;
    } else if (watch_.until_ready &&
               std::all_of(all.begin(), all.end(), [](const CacheRow& row) { return row.ready; })) {
      end_ = WatchEnd::kReady;
    }
    return end_.has_value();
  }

  void pause(const cluster::ApiError& error) {
    if (error.message != warned_) {
      warned_ = error.message;
      watch_.warn(error.message);
    }
    watch_.clock.sleep_for(std::max<std::chrono::milliseconds>(kPause, error.retry_after), {});
  }

  const CacheWatch& watch_;
  Rows rows_;
  std::optional<WatchEnd> end_;
  std::string warned_;
};

}  // namespace

base::Result<std::vector<CacheRow>> read_caches(cluster::KubeApi& api, const CacheQuery& query) {
  Rows rows;
  const cluster::ApiResult<std::string> listed = list_rows(api, query, rows);
  if (!listed) {
    return base::Error{listed.error().message};
  }
  if (rows.empty() && !query.name.empty()) {
    return base::Error{none(query)};
  }
  return values(rows);
}

base::Result<WatchEnd> watch_caches(const CacheWatch& watch) { return Watcher(watch).run(); }

}  // namespace warmgate::cli
