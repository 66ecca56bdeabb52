#include "support/objects.h"

#include <gtest/gtest.h>

#include <memory>

#include "warmgate/document/read.h"

namespace warmgate::testing {

std::vector<kube::Object> objects(const std::string& text) {
  const document::ReadResult read =
      document::read_documents(std::make_shared<document::SourceText>("test.yaml", text), {});
  for (const document::Problem& problem : read.problems) {
    ADD_FAILURE() << problem.message << " in\n" << text;
  }
  std::vector<kube::Object> out;
  for (const document::Document& document : read.documents) {
    out.emplace_back(document);
  }
  return out;
}

}  // namespace warmgate::testing
