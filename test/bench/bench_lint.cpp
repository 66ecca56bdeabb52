// What linting a folder costs, without reading it from the disk: `bench_lint FOLDER`, else the fixtures of the rules.
#include <benchmark/benchmark.h>

#include <string>

#include "support/paths.h"
#include "warmgate/lint/linter.h"

namespace {

using namespace warmgate;

void lint_folder(benchmark::State& state, const std::string& folder) {
  const models::Knowledge knowledge = models::Knowledge::built_in().value();
  const policy::Policy policy = policy::Policy::built_in().value();
  const lint::Inputs inputs = lint::read_inputs({folder});
  std::size_t objects = 0;
  for (auto each : state) {
    static_cast<void>(each);
    const lint::Bundle bundle = lint::read_bundle(inputs, {}, {});
    const lint::Report report = lint::lint(inputs, bundle, knowledge, policy, {});
    objects += report.objects;
    benchmark::DoNotOptimize(report);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(objects));
  state.SetLabel(std::to_string(inputs.texts.size()) + " files");
}

}  // namespace

int main(int count, char** arguments) {
  benchmark::Initialize(&count, arguments);
  const std::string folder = count > 1 ? arguments[1] : testing::source_dir() + "/test/rules";
  benchmark::RegisterBenchmark("lint_folder", lint_folder, folder)->Unit(benchmark::kMillisecond);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
