// The model uses of one command of a container.
#pragma once

#include <optional>
#include <vector>

#include "warmgate/models/reading.h"

namespace warmgate::models {

// The launcher of `engine` that a command begins with.
struct Command {
  const CommandLine& line;
  const Engine& engine;
  const Launcher& launcher;
  std::size_t arguments;  // the index of the first word behind the launcher
};

// `image` is the container's when it is known.
std::vector<ModelUse> read_command(const ContainerPlaces& places, const Command& command,
                                   const std::optional<ImageMatch>& image);

}  // namespace warmgate::models
