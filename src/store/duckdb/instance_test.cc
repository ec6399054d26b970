// One instance: what its settings guard against.
#include "store/duckdb/instance.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "env/temporary_folder.h"

namespace hb::duck {
namespace {

TEST(InstanceTest, RowsAreFoundWhileRowGroupsBegin) {
  const TemporaryFolder folder;
  const auto database = OpenInstance({.path = folder.path() + "/a.duckdb",
                                      .memory_bytes = 256 << 20,
                                      .checkpoint_bytes = 16 << 20,
                                      .spill_bytes = 16 << 20});
  ASSERT_TRUE(database.ok()) << database.error().message;
  const auto reader = Connect(database.value().get());
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  // A group is filled column by column: the more there are, the longer it is known and empty.
  std::string columns;
  for (int i = 0; i < 60; ++i) columns += ", md5(r::VARCHAR) AS c" + std::to_string(i);
  const auto rows_of = [&](const char* kind, int from, int count) {
    return fmt::format("SELECT r AS time, '{}' AS kind{} FROM range({}, {}) s(r)", kind, columns,
                       from, from + count);
  };
  const Status made =
      duck::Run(reader.value().get(), "CREATE TABLE t AS " + rows_of("old", 0, 400));
  ASSERT_TRUE(made.ok()) << made.error().message;

  const std::jthread writer([&](const std::stop_token& stop) {
    const auto connection = Connect(database.value().get());
    ASSERT_TRUE(connection.ok()) << connection.error().message;
    while (!stop.stop_requested()) {
      const Status done = duck::Run(connection.value().get(),
                                    "INSERT INTO t " + rows_of("new", 1000, kRowGroupRows / 4 * 3));
      EXPECT_TRUE(done.ok()) << done.error().message;
    }
  });
  for (int i = 0; i < 1500; ++i) {
    auto answer =
        duck::Ask(reader.value().get(),
                  "SELECT time FROM t WHERE kind = 'old' ORDER BY time DESC LIMIT 1000000");
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    idx_t rows = 0;
    while (const Chunk chunk = answer.value().Next()) {
      rows += duckdb_data_chunk_get_size(chunk.get());
    }
    ASSERT_EQ(rows, 400u);
  }
}

}  // namespace
}  // namespace hb::duck
