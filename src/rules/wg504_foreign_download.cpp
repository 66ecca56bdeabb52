#include "rules.h"

namespace warmgate::rules {

// Found by the engine: a rule knows no policy.
const Rule kWG504_ForeignDownload = {
    .info = {.id = "WG504",
             .slug = "foreign-download",
             .default_action = api::Action::kDeny,
             .summary = "a ModelCache names an image or an endpoint that the policy does not allow",
             .why = "Warmgate's controller runs the image of a ModelCache with the token of its author, and sends that "
                    "token to the endpoint. What they may be is spec.modelCaches.images and endpoints of the "
                    "CachePolicy: by default anything, for the author could run it himself.",
             .bad = "kind: ModelCache\nspec:\n  download: {image: \"docker.io/someone/tool:1\"}\n",
             .good = "kind: ModelCache\nspec:\n  download: {image: \"registry.example.com/python:3.10-slim\"}\n",
             .misses = "What the image does. Where a ModelCache names none, Warmgate's own image and the Hub are used, "
                       "which every policy allows."},
    .check = nullptr,
};

}  // namespace warmgate::rules
