#include "warmgate/document/embedded.h"

#include <memory>
#include <string>
#include <utility>

#include "warmgate/base/embedded.h"
#include "warmgate/document/read.h"

namespace warmgate::document {
namespace {

base::Result<Document> read(std::string_view path, std::string_view content) {
  return read_single(std::make_shared<SourceText>(std::string(path), std::string(content)), {});
}

}  // namespace

base::Result<Document> embedded_document(std::string_view path) {
  return read(path, base::embedded_file(path).value_or(""));
}

base::Result<std::vector<Document>> embedded_documents(std::string_view folder) {
  std::vector<Document> documents;
  for (const base::EmbeddedFile& file : base::embedded_files()) {
    if (!file.path.starts_with(folder)) {
      continue;
    }
    base::Result<Document> document = read(file.path, file.content);
    if (!document) {
      return document.error();
    }
    documents.push_back(std::move(document).value());
  }
  return documents;
}

}  // namespace warmgate::document
