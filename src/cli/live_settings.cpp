#include "live_settings.h"

#include <filesystem>
#include <functional>
#include <iterator>
#include <utility>

#include "setup.h"
#include "warmgate/lint/linter.h"
#include "warmgate/lint/report.h"

namespace warmgate::cli {
namespace {

// Readings in search of two that are alike; who writes without end gets the last one.
constexpr int kReadings = 5;

// Standard input, a pipe (`--policy <(…)`): gone after the first reading.
bool is_stream(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  return path == "-" || (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
                         !std::filesystem::is_directory(status));
}

void mix(std::size_t& digest, std::string_view text) {
  // boost::hash_combine
  digest ^= std::hash<std::string_view>()(text) + 0x9e3779b97f4a7c15U + (digest << 6U) + (digest >> 2U);
}

std::size_t digest_of(const lint::Inputs& inputs) {
  std::size_t digest = 0;
  for (const auto& source : inputs.texts) {
    mix(digest, source->name());
    mix(digest, source->text());
  }
  for (const lint::Diagnostic& problem : inputs.problems) {
    mix(digest, problem.file);
    mix(digest, problem.message);
  }
  return digest;
}

}  // namespace

base::Result<std::unique_ptr<LiveSettings>> LiveSettings::load(SettingsFiles files) {
  std::unique_ptr<LiveSettings> live(new LiveSettings(std::move(files)));
  if (const base::Result<bool> loaded = live->reload(true); !loaded) {
    return loaded.error();
  }
  return live;
}

std::shared_ptr<const admission::Settings> LiveSettings::settings() const {
  const std::shared_ptr<const Loaded> loaded = loaded_.get();
  return {loaded, &loaded->settings};
}

std::shared_ptr<const kube::ClusterFacts> LiveSettings::facts() const {
  const std::shared_ptr<const Loaded> loaded = loaded_.get();
  return {loaded, &loaded->facts};
}

base::Redactor LiveSettings::redactor() const { return loaded_.get()->redactor; }

std::vector<std::string> LiveSettings::paths() const {
  std::vector<std::string> out;
  for (const auto* paths : {&files_.policies, &files_.engines, &files_.kinds, &files_.facts}) {
    std::copy_if(paths->begin(), paths->end(), std::back_inserter(out),
                 [this](const std::string& path) { return !streams_.contains(path); });
  }
  return out;
}

lint::Inputs LiveSettings::read(const std::vector<std::string>& paths) {
  lint::Inputs out;
  for (const std::string& path : paths) {
    if (const auto stream = streams_.find(path); stream != streams_.end()) {
      append(out, stream->second);
    } else if (is_stream(path)) {
      append(out, streams_.emplace(path, lint::read_inputs({path})).first->second);
    } else {
      append(out, lint::read_inputs({path}));
    }
  }
  return out;
}

LiveSettings::Texts LiveSettings::read_all() {
  Texts texts{read(files_.policies), read(files_.engines), read(files_.kinds), read(files_.facts), 0};
  for (const lint::Inputs* inputs : {&texts.policies, &texts.engines, &texts.kinds, &texts.facts}) {
    texts.digest = texts.digest * 31 + digest_of(*inputs);
  }
  return texts;
}

// Several files are not read in one moment: two readings that are alike were not taken in the middle of a swap.
LiveSettings::Texts LiveSettings::read_settled() {
  Texts texts = read_all();
  for (int i = 1; i < kReadings && texts.digest != tried_; ++i) {
    Texts again = read_all();
    const bool settled = again.digest == texts.digest;
    texts = std::move(again);
    if (settled) {
      break;
    }
  }
  return texts;
}

base::Result<std::shared_ptr<const LiveSettings::Loaded>> LiveSettings::parse(const Texts& texts) const {
  base::Result<models::Knowledge> knowledge =
      read_knowledge({texts.engines, files_.engines}, {texts.kinds, files_.kinds});
  if (!knowledge) {
    return knowledge.error();
  }
  base::Result<policy::Policy> policy = read_policy(texts.policies, files_.policies);
  if (!policy) {
    return policy.error();
  }
  const lint::Bundle bundle = lint::read_bundle({}, texts.facts, {});
  if (!bundle.problems.empty()) {
    return base::Error{lint::place_and_message(bundle.problems.front(), bundle.redactor)};
  }
  if (bundle.extra.empty() && !files_.facts.empty()) {
    return base::Error{files_.facts.front() + ": no manifest in it, so there would be no facts"};
  }
  kube::BundleFacts facts = bundle.facts(files_.facts_complete, knowledge.value().kinds);
  return std::shared_ptr<const Loaded>(
      new Loaded{{std::move(knowledge).value(), std::move(policy).value()}, std::move(facts), bundle.redactor});
}

base::Result<bool> LiveSettings::reload(bool anyway) {
  const Texts texts = read_settled();
  if (texts.digest == tried_ && !anyway) {
    return false;
  }
  tried_ = texts.digest;
  base::Result<std::shared_ptr<const Loaded>> loaded = parse(texts);
  if (!loaded) {
    return loaded.error();
  }
  loaded_.set(std::move(loaded).value());
  return true;
}

}  // namespace warmgate::cli
