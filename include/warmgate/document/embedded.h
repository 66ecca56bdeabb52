// The data files that are built into the program (policies/), as documents with places. Pure functions.
#pragma once

#include <string_view>
#include <vector>

#include "warmgate/base/result.h"
#include "warmgate/document/document.h"

namespace warmgate::document {

base::Result<Document> embedded_document(std::string_view path);
// Of every file below a folder: "policies/engines/".
base::Result<std::vector<Document>> embedded_documents(std::string_view folder);

}  // namespace warmgate::document
