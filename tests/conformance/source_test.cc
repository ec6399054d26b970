// Every source of the catalogue keeps the rules of source/source.h.
#include "app/catalogue.h"
#include "samples.h"
#include "source/source_conformance.h"

namespace hb {
namespace {

std::vector<SourceUnderTest> Sources() {
  std::vector<SourceUnderTest> sources;
  for (const auto* entry : SourceEntries()) {
    const auto sample = conformance::kSourceSamples.find(entry->name);
    if (sample == conformance::kSourceSamples.end()) continue;  // contract_test.cc fails
    sources.push_back(
        {std::string(entry->name),
         [entry, sample](Clock& clock) -> Result<std::unique_ptr<Source>> {
           HB_ASSIGN(const Settings settings,
                     conformance::SettingsOf(entry->fields, sample->second));
           static std::vector<std::unique_ptr<Env>> envs;  // an Env outlives what is made with it
           envs.push_back(std::make_unique<Env>(Env{clock, testing::TempDir()}));
           return entry->make(settings, *envs.back());
         }});
    if (!conformance::Missing(sample->second).empty()) {
      std::fprintf(stderr, "source %s is left out: %s\n", sources.back().name.c_str(),
                   conformance::Missing(sample->second).c_str());
      sources.pop_back();
    }
  }
  return sources;
}

INSTANTIATE_TEST_SUITE_P(Catalogue, SourceConformance, testing::ValuesIn(Sources()),
                         SourceTestName);

}  // namespace
}  // namespace hb
