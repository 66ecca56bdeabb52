// What became of one Pod of a download, or what it waits for. Pure functions.
#pragma once

#include <optional>
#include <string>

#include "cache_state.h"

namespace warmgate::controller {

struct PodTrouble {
  std::string reason;   // of the conditions; "" when none of them fits
  std::string message;  // what happened, without what to do
};

// A Pod that has not started: what keeps it; nullopt while it is on its way.
std::optional<PodTrouble> waiting_trouble(const kube::Object& pod);

// A Pod that a drain, an eviction or the loss of its node took or takes; nullopt for others.
std::optional<PodTrouble> disruption_of(const kube::Object& pod);

// A Pod that has failed.
PodTrouble failure_of(const kube::Object& pod);

// With an exit code of a download that another attempt does not help.
bool ended_for_good(const kube::Object& pod);

// When its container started; nullopt before.
std::optional<WallTime> started_at(const kube::Object& pod);

// The termination message of its container; "" before it ended.
std::string termination_message(const kube::Object& pod);

}  // namespace warmgate::controller
