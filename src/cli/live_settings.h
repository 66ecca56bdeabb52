// LiveSettings: policy, engines, workload kinds and facts of `serve`, which can be read anew while it serves. What
// cannot be used never replaces what is in use. Reading from any one thread; the snapshots from all.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "warmgate/admission/handler.h"
#include "warmgate/base/redact.h"
#include "warmgate/base/result.h"
#include "warmgate/base/snapshot.h"
#include "warmgate/kube/facts.h"
#include "warmgate/lint/input.h"

namespace warmgate::cli {

struct SettingsFiles {
  std::vector<std::string> policies;
  std::vector<std::string> engines;
  std::vector<std::string> kinds;
  std::vector<std::string> facts;
  bool facts_complete = false;
};

class LiveSettings {
 public:
  static base::Result<std::unique_ptr<LiveSettings>> load(SettingsFiles files);

  [[nodiscard]] std::shared_ptr<const admission::Settings> settings() const;
  [[nodiscard]] std::shared_ptr<const kube::ClusterFacts> facts() const;
  [[nodiscard]] base::Redactor redactor() const;  // knows the secrets among the facts
  // All that a change of settings can show in.
  [[nodiscard]] std::vector<std::string> paths() const;

  // False: the files are as they were at the last reading, be it a good or a bad one. `anyway` reads them even so. The
  // error names file:line:col and what to do; what was in use stays.
  base::Result<bool> reload(bool anyway);

 private:
  struct Texts {
    lint::Inputs policies;
    lint::Inputs engines;
    lint::Inputs kinds;
    lint::Inputs facts;
    std::size_t digest = 0;
  };
  struct Loaded {
    admission::Settings settings;
    kube::BundleFacts facts;
    base::Redactor redactor;
  };

  explicit LiveSettings(SettingsFiles files) : files_(std::move(files)) {}
  lint::Inputs read(const std::vector<std::string>& paths);
  Texts read_all();
  Texts read_settled();
  base::Result<std::shared_ptr<const Loaded>> parse(const Texts& texts) const;

  const SettingsFiles files_;
  std::map<std::string, lint::Inputs> streams_;  // what can be read once only, by path
  std::size_t tried_ = 0;                        // digest of the last reading
  base::Snapshot<Loaded> loaded_{nullptr};
};

}  // namespace warmgate::cli
