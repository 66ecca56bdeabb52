// What an engine's data say about a command beside the names of its models: what it does not follow, whether it is
// offline, where it writes.
#pragma once

#include <optional>
#include <vector>

#include "command_reader.h"
#include "given_values.h"

namespace warmgate::models {

// Fills that part of the uses of one command.
void add_facts(const ContainerPlaces& places, const GivenValues& given, const Command& command,
               std::vector<ModelUse>& uses);

// Where `writes` goes; `cache` is that of the weights.
WrittenPlace written_place(const ContainerPlaces& places, const kube::Environment& environment, const Writes& writes,
                           const CacheBinding& cache);

}  // namespace warmgate::models
