// libFuzzer: any bytes as a file of manifests, read to the model uses of its workloads.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "warmgate/document/read.h"
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
  for (const document::Document& document : document::read_documents(source, {}).documents) {
    const kube::Object object(document);
    for (const models::TemplateReading& reading : models::read_workload(object, knowledge())) {
      for (const models::ModelUse& use : reading.uses) {
        if (!use.verifiable() && use.unknown_reason.empty()) {
          __builtin_trap();  // what cannot be known says why
        }
      }
    }
  }
  return 0;
}
