// Restoring: a Pod that was injected is applied again. Its arguments are one value to kubectl and to server-side apply,
// so the manifest's list comes back without the revision that injection had appended, and the API server refuses that
// change of a Pod. The patch makes the list again what the stored Pod has, and nothing else: a running Pod gets nothing
// new. A manifest that replaces a Pod which waits would take its scheduling gate away too, and that the API server
// allows. Pure functions.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "warmgate/document/json.h"
#include "warmgate/kube/object.h"

namespace warmgate::inject {

struct Restored {
  std::string container;
  std::string list;                // "args" or "command"
  std::vector<std::string> words;  // {"--revision", "9216db57…"}
};

struct Restoration {
  std::vector<Restored> restored;
  bool gate = false;                            // of a Pod that waits for a ModelCache
  std::shared_ptr<const document::Json> patch;  // RFC 6902 operations; null when nothing is restored
};

// Of a Pod whose stored form is `before`, and the form that an UPDATE wants. The gate comes back when it goes together
// with the annotation that says what the Pod waits for: who lets a Pod go removes the gate alone. Where `before` has
// the annotation kModelsAnnotation, restored is the end of a list that the update cuts off, if it consists of flags
// with revisions which the annotation names for that container; lists that differ otherwise are left to the API server,
// which refuses them.
Restoration plan_restoration(const kube::Object& before, const kube::Object& after);

}  // namespace warmgate::inject
