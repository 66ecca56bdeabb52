// Where the Hugging Face cache of a container lies (huggingface_hub constants.py:167-200 at v1.22.0).
#include <algorithm>
#include <utility>

#include "use_facts.h"
#include "warmgate/models/reading.h"

namespace warmgate::models {
namespace {

// In the order huggingface_hub looks.
const std::vector<CacheVariable>& hub_variables() {
  static const std::vector<CacheVariable> variables = {
      {"HF_HUB_CACHE", ""}, {"HUGGINGFACE_HUB_CACHE", ""}, {"HF_HOME", "/hub"}, {"XDG_CACHE_HOME", "/huggingface/hub"}};
  return variables;
}

// Of HF_HOME itself.
const CacheRules& home_rules() {
  static const CacheRules rules = [] {
    CacheRules home;
    home.variables = {{"HF_HOME", ""}, {"XDG_CACHE_HOME", "/huggingface"}};
    home.default_path = "~/.cache/huggingface";
    return home;
  }();
  return rules;
}

// The images of the engines run as root unless the manifest says otherwise.
constexpr std::string_view kDefaultHome = "/root";

std::string expand_home(const std::string& path, const kube::Environment& environment) {
  if (path != "~" && !path.starts_with("~/")) {
    return path;
  }
  return environment.value("HOME").value_or(std::string(kDefaultHome)) + path.substr(1);
}

void decide_by_flag(CacheBinding& binding, const Word& flag, const std::string& name,
                    const kube::Environment& environment) {
  binding.decided_by = name;
  binding.location = flag.location;
  binding.known = flag.known;
  binding.unknown_reason = flag.unknown_reason;
  binding.path = kube::normalize_path(expand_home(flag.text, environment));
}

void decide_by_environment(CacheBinding& binding, const kube::Container& container,
                           const kube::Environment& environment, const CacheRules& rules) {
  const std::vector<CacheVariable>& variables = rules.variables.empty() ? hub_variables() : rules.variables;
  for (const CacheVariable& variable : variables) {
    const kube::EnvValue* found = environment.find(variable.name);
    if (found == nullptr) {
      continue;
    }
    binding.decided_by = found->pointer.empty() ? "the image's " + variable.name : variable.name;
    const std::string entry = found->reference.empty() ? found->pointer + "/value" : found->reference;
    binding.location = {found->pointer.empty() ? container.view.pointer() : entry, 0, 0, false};
    // huggingface_hub expands $VAR in these (os.path.expandvars), and templates leave ${VAR}: neither is known here.
    if (!found->value || found->value->find('$') != std::string::npos) {
      binding.known = false;
      binding.unknown_reason = variable.name + (found->value ? " holds a variable" : " comes from " + found->origin);
      return;
    }
    const std::string value = expand_home(*found->value, environment);
    binding.path = kube::normalize_path(value + variable.below);
    binding.home = variable.name == "HF_HOME" ? kube::normalize_path(value) : "";
    return;
  }
  const std::vector<std::string>& sources = environment.sources();
  const auto settings = std::find_if(sources.begin(), sources.end(),
                                     [](const std::string& source) { return source.starts_with("ConfigMap"); });
  if (settings != sources.end()) {
    binding.known = false;
    binding.unknown_reason = "HF_HOME may come from " + *settings;
  }
  binding.decided_by = "the default";
  binding.location = {container.view.pointer(), 0, 0, false};
  binding.path = kube::normalize_path(
      expand_home(rules.default_path.empty() ? "~/.cache/huggingface/hub" : rules.default_path, environment));
}

void find_volume(CacheBinding& binding, const ContainerPlaces& places) {
  const kube::Mount* mount = places.mounts.holding(binding.path);
  if (mount == nullptr) {
    return;
  }
  binding.mount = *mount;
  if (const kube::Volume* volume = places.volumes.find(mount->volume)) {
    binding.volume = *volume;
  }
  const std::string inside = kube::relative_path(binding.path, binding.mount->path);
  binding.volume_path = kube::normalize_path(binding.mount->sub_path + "/" + inside);
}

}  // namespace

bool CacheBinding::by_variable() const {
  const std::string& pointer = location.pointer;
  return pointer.ends_with("/value") || pointer.ends_with("/configMapKeyRef/key") ||
         pointer.ends_with("/configMapRef/name");
}

std::string CacheBinding::backing() const {
  if (!known) {
    return "other";
  }
  if (!mount) {
    return "container";
  }
  if (!volume) {
    return "other";
  }
  switch (volume->type) {
    case kube::VolumeType::kClaim:
    case kube::VolumeType::kClaimTemplate:
      return "pvc";
    case kube::VolumeType::kEmptyDir:
      return "emptyDir";
    case kube::VolumeType::kHostPath:
      return "hostPath";
    case kube::VolumeType::kCsi:
      return "csi";
    case kube::VolumeType::kOther:
      return "other";
  }
  return "other";
}

CacheBinding bind_cache(const ContainerPlaces& places, const kube::Environment& environment,
                        const std::optional<Word>& cache_dir, const std::optional<Word>& local_dir,
                        const CommandSyntax& syntax) {
  CacheBinding binding;
  const CacheRules& rules = syntax.cache;
  if (local_dir) {
    binding.local_dir = true;
    const bool by_flag = !rules.local_dir_flags.empty();
    decide_by_flag(binding, *local_dir, by_flag ? rules.local_dir_flags.front() : "the model's path", environment);
  } else if (cache_dir) {
    decide_by_flag(binding, *cache_dir, rules.flags.front(), environment);
  } else {
    decide_by_environment(binding, places.container, environment, rules);
  }
  binding.local_dir |= !rules.hub_layout.value_or(true);
  if (binding.known) {
    find_volume(binding, places);
  }
  return binding;
}

WrittenPlace written_place(const ContainerPlaces& places, const kube::Environment& environment, const Writes& writes,
                           const CacheBinding& cache) {
  WrittenPlace place{writes.what, "", writes.variable, std::nullopt};
  const kube::EnvValue* moved = writes.variable.empty() ? nullptr : environment.find(writes.variable);
  CacheBinding base;
  if (moved != nullptr) {
    base.path = moved->value.value_or("");
    base.known = moved->value && moved->value->find('$') == std::string::npos;
  } else if (writes.below == "HF_HUB_CACHE") {
    base = cache;
  } else if (writes.below == "HF_HOME") {
    decide_by_environment(base, places.container, environment, home_rules());
  }
  if (!base.known) {
    return place;
  }
  const bool whole = moved != nullptr || base.path.empty();
  base.path = base.path.empty() ? writes.path : base.path;
  const std::string below = whole ? "" : "/" + writes.path;
  place.path = kube::normalize_path(expand_home(base.path, environment) + below);
  if (const kube::Mount* mount = places.mounts.holding(place.path)) {
    place.mount = *mount;
  }
  return place;
}

}  // namespace warmgate::models
