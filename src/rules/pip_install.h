// What `pip install` commands of a script say about the version of huggingface_hub. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "warmgate/models/command_line.h"

namespace warmgate::rules {

using MajorMinor = std::pair<int, int>;

// The versions of huggingface_hub that may be there after the commands.
struct HubVersions {
  std::optional<MajorMinor> at_least;
  std::optional<MajorMinor> below;  // exclusive
  bool newest = false;              // of those that fit, the newest is there
  bool likely_newest = false;       // so it is unless the image's Python is too old for it
  std::string requirement;          // as written: "huggingface_hub==1.22.0"
};

// nullopt when no command installs it. `image` is the container's: nothing is installed yet in a plain Python image.
std::optional<HubVersions> installed_hub(std::span<const models::CommandLine> before, std::string_view image);

}  // namespace warmgate::rules
