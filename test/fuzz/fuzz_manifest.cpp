// libFuzzer: any bytes as a file of manifests, read to the model uses of its workloads, with what it holds as facts.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "warmgate/document/read.h"
#include "warmgate/kube/facts.h"
#include "warmgate/models/reading.h"

namespace {

using namespace warmgate;

const models::Knowledge& knowledge() {
  static const models::Knowledge known = models::Knowledge::built_in().value();
  return known;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto source =
      std::make_shared<document::SourceText>("fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size));
  const auto read = document::read_documents(source, {});
  std::vector<kube::Object> objects(read.documents.begin(), read.documents.end());
  const kube::BundleFacts facts(objects, false, knowledge().kinds);
  for (const kube::Object& object : objects) {
    for (const models::TemplateReading& reading : models::read_workload(object, knowledge(), facts)) {
      for (const models::ModelUse& use : reading.uses) {
        if (!use.verifiable() && use.unknown_reason.empty()) {
          __builtin_trap();  // what cannot be known says why
        }
      }
    }
  }
  return 0;
}
