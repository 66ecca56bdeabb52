// The Pod of the Jobs that work on a claim: a container that runs one of the scripts of this folder with no more rights
// than it needs, off the nodes with accelerators. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "warmgate/controller/download_job.h"
#include "warmgate/document/json.h"

namespace warmgate::controller {

// The container's name; podFailurePolicy names it too.
inline constexpr std::string_view kContainer = "model-cache";

// name, value
using Variables = std::vector<std::pair<std::string, std::string>>;

// What both scripts read: the model, the claim's mount, a folder to write in.
Variables common_variables(const api::ModelCacheSpec& spec);

// As the `env` of a container, every value as it stands: the kubelet expands "$(NAME)" in it.
document::Json env_of(const Variables& variables);

// `script` is the path of an embedded one ("src/controller/download.sh"); its comments stay at home.
document::Json container_of(const api::ModelCacheSpec& spec, std::string_view script, document::Json env,
                            document::Json resources);

// The PodSpec around the container.
document::Json pod_of(const JobInput& input, const models::Accelerators& accelerators, document::Json container);

}  // namespace warmgate::controller
