// Every store of the catalogue keeps the rules of store/store.h.
#include <unistd.h>

#include <filesystem>

#include "app/catalogue.h"
#include "samples.h"
#include "store/store_conformance.h"

namespace hb {
namespace {

/// The one number that a statement answers.
std::int64_t Ask(Store& store, const char* sql) {
  auto* asked = dynamic_cast<SqlStore*>(&store);
  if (asked == nullptr) {
    ADD_FAILURE() << "a store without SQL needs its own way to count rows here";
    return -1;
  }
  const Result<SqlResult> result = asked->Query(sql, {}, {});
  EXPECT_TRUE(result.ok()) << result.error().message;
  return result.ok() ? std::get<std::int64_t>(result.value().rows.at(0).at(0)) : -1;
}

class StoreConformance : public testing::TestWithParam<const Entry<Store, Env>*> {};

TEST_P(StoreConformance, KeepsTheContractOfStores) {
  const Entry<Store, Env>& entry = *GetParam();
  const conformance::Sample& sample = conformance::kStoreSamples.at(std::string(entry.name));
  if (const std::string why = conformance::Missing(sample); !why.empty()) GTEST_SKIP() << why;
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) /
                                       ("hb_conformance_store_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  ManualClock clock(FromMillis(1'700'000'000'000));
  Env env{clock, folder.string()};
  CheckStoreContract(
      {.open = [&]() -> std::unique_ptr<Store> {
         const auto settings = conformance::SettingsOf(entry.fields, sample);
         EXPECT_TRUE(settings.ok());
         auto store = entry.make(settings.value(), env);
         EXPECT_TRUE(store.ok());
         EXPECT_TRUE(store.value()->Open().ok());
         return std::move(store).value();
       },
       .posts = [](Store& store) { return Ask(store, "SELECT count(*) FROM posts"); },
       .windows = [](Store& store) { return Ask(store, "SELECT count(*) FROM windows"); }});
  std::filesystem::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Catalogue, StoreConformance,
                         testing::ValuesIn(StoreEntries().begin(), StoreEntries().end()),
                         [](const auto& tested) { return std::string(tested.param->name); });

}  // namespace
}  // namespace hb
