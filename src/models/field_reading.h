// The model uses that fields of an object name (ModelFields).
#pragma once

#include <vector>

#include "warmgate/kube/object.h"
#include "warmgate/models/reading.h"

namespace warmgate::models {

// Adds the uses to the readings of the templates whose Pods load them; those of no template that is there come in a
// reading without a PodSpec.
void read_model_fields(const kube::Object& object, const Knowledge& knowledge, std::vector<TemplateReading>& readings);

}  // namespace warmgate::models
