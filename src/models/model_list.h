// Values that name several models: `--lora-modules a=org/x b=org/y`, `org/x@rev,org/y`, JSON.
#pragma once

#include <optional>
#include <vector>

#include "warmgate/models/command_line.h"
#include "warmgate/models/command_syntax.h"

namespace warmgate::models {

struct ListedModel {
  Word model;
  std::optional<Word> revision;
};

// The models that `words` name. `revisions`: the values of the revision flag, for lists that pair the two.
std::vector<ListedModel> take_apart(const ModelList& list, const std::vector<Word>& words,
                                    const std::vector<Word>& revisions);

}  // namespace warmgate::models
