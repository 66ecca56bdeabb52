#include "settings.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "warmgate/kube/environment.h"

namespace warmgate::inject {
namespace {

using models::ModelUse;

// The launcher that the use was read by.
const models::Launcher* launcher_of(const models::Engine& engine, const ModelUse& use) {
  const auto found = std::find_if(engine.launchers.begin(), engine.launchers.end(), [&](const models::Launcher& known) {
    return models::launcher_text(known) == use.launcher;
  });
  return found == engine.launchers.end() ? nullptr : &*found;
}

// The variable that the launcher hands on as `flag`: SM_VLLM_REVISION for --revision.
std::string variable_for(const models::Launcher& launcher, const std::string& flag) {
  for (const auto& [variable, given] : launcher.env) {
    if (given == flag) {
      return variable;
    }
  }
  if (launcher.env_prefix.empty()) {
    return "";
  }
  std::string name = launcher.env_prefix;
  for (const char c : flag.substr(std::min(flag.find_first_not_of('-'), flag.size()))) {
    const bool lower = c >= 'a' && c <= 'z';
    name += c == '-' ? '_' : lower ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

// "--served_model_name=x" is "--served-model-name".
std::string flag_name(std::string word) {
  word.resize(std::min(word.find('='), word.size()));
  std::replace(word.begin(), word.end(), '_', '-');
  return word;
}

// Also abbreviated, as argparse reads it: then nothing is added, which is the safe side.
bool may_give(const kube::Container& container, const std::string& flag) {
  constexpr std::size_t kLeastAbbreviation = 5;  // "--ser": shorter ones stand for many flags
  for (const std::string_view list : {"command", "args"}) {
    for (const std::string& word : container.view[list].strings()) {
      const std::string name = flag_name(word);
      if (name == flag || (name.size() >= kLeastAbbreviation && flag.starts_with(name))) {
        return true;
      }
    }
  }
  return false;
}

bool sets_any(const kube::Container& container, const std::vector<std::string>& names) {
  const kube::Environment environment(container);
  return environment.open() || std::any_of(names.begin(), names.end(),
                                           [&](const std::string& name) { return environment.find(name) != nullptr; });
}

}  // namespace

std::optional<RevisionSetting> revision_setting(const models::Engine& engine, const kube::Container& container,
                                                const ModelUse& use) {
  if (use.revision_given || !use.revision_known || !use.script_line.empty()) {
    return std::nullopt;
  }
  RevisionSetting setting{engine.inject.revision_flag, ""};
  const models::Launcher* launcher = launcher_of(engine, use);
  if (launcher != nullptr && !launcher->arguments_ignored.empty()) {
    setting = {"", variable_for(*launcher, setting.flag)};
  } else if (setting.flag.empty()) {
    setting.variable = engine.inject.revision_env;
  }
  if (setting.flag.empty() && (setting.variable.empty() || sets_any(container, {setting.variable}))) {
    return std::nullopt;
  }
  return setting;
}

void set_revision(ContainerPatch& patch, const RevisionSetting& setting, const std::string& revision) {
  if (setting.flag.empty()) {
    patch.set_variable(setting.variable, revision);
  } else {
    patch.append_flag(setting.flag, revision);
  }
}

void point_to(const api::ModelCache& cache, const ModelUse& use, ContainerPatch& patch) {
  if (use.cache.home != cache.mount_path || use.cache.decided_by != "HF_HOME") {
    patch.set_variable("HF_HOME", cache.mount_path);
  }
  constexpr std::string_view kOfImage = "the image's ";
  if (!use.cache.decided_by.starts_with(kOfImage)) {
    return;
  }
  const std::string variable = use.cache.decided_by.substr(kOfImage.size());
  // These rank behind HF_HOME (huggingface_hub constants.py:167-200).
  constexpr std::array<std::string_view, 2> kBehind = {"HF_HOME", "XDG_CACHE_HOME"};
  if (std::find(kBehind.begin(), kBehind.end(), variable) == kBehind.end()) {
    patch.set_variable(variable, cache.mount_path + "/hub");
  }
}

void go_offline(const models::Engine& engine, const kube::Container& container, const ModelUse& use,
                ContainerPatch& patch) {
  const std::string& name_flag = engine.inject.served_name_flag;
  std::vector<std::string> said = {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"};
  said.insert(said.end(), engine.inject.offline.begin(), engine.inject.offline.end());
  if (engine.inject.offline.empty() || use.offline || sets_any(container, said)) {
    return;
  }
  const bool keeps_name = name_flag.empty() || may_give(container, name_flag);
  if (!keeps_name && !use.script_line.empty()) {
    return;  // clients ask for the name that the script does not give
  }
  for (const std::string& variable : engine.inject.offline) {
    patch.set_variable(variable, "1");
  }
  if (!keeps_name) {
    patch.append_flag(name_flag, use.repo);
  }
}

}  // namespace warmgate::inject
