// How an engine is told what it is to use, by its file (InjectRules). Pure functions over a ContainerPatch.
#pragma once

#include <optional>
#include <string>

#include "container_patch.h"
#include "warmgate/models/reading.h"

namespace warmgate::inject {

// A flag or a variable that gives a commit.
struct RevisionSetting {
  std::string flag;
  std::string variable;
};

// nullopt when there is nothing to give (the author did), or no way to give it: a script is never edited.
std::optional<RevisionSetting> revision_setting(const models::Engine& engine, const kube::Container& container,
                                                const models::ModelUse& use);
void set_revision(ContainerPatch& patch, const RevisionSetting& setting, const std::string& revision);

// HF_HOME, and the variable of the image that outranks it.
void point_to(const api::ModelCache& cache, const models::ModelUse& use, ContainerPatch& patch);

// Keeps the engine from asking the Hub, where the author says nothing about that.
void go_offline(const models::Engine& engine, const kube::Container& container, const models::ModelUse& use,
                ContainerPatch& patch);

}  // namespace warmgate::inject
