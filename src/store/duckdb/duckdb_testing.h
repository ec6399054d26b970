// store/duckdb/duckdb_testing.h - a store in a folder of its own, for this folder's tests.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "env/env.h"
#include "store/duckdb/duckdb_store.h"
#include "store/store_conformance.h"

namespace hb {

class DuckdbStoreTest : public ::testing::Test {
 protected:
  DuckdbStoreTest() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    dir_ = std::filesystem::temp_directory_path() /
           ("hb_duckdb_" + std::to_string(::getpid()) + "_" + info->name());
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
    env_ = std::make_unique<Env>(Env{.clock = clock_, .data_dir = dir_.string()});
  }
  ~DuckdbStoreTest() override {
    store_.reset();
    std::filesystem::remove_all(dir_);
  }

  SqlStore& Open() {
    store_.reset();
    store_ = MakeDuckdbStore(options_, *env_).value();
    const Status status = store_->Open();
    EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
    return *store_;
  }
  Result<SqlResult> Ask(std::string_view sql, const std::vector<Cell>& parameters = {},
                        SqlLimits limits = {}) {
    return store_->Query(sql, parameters, limits);
  }
  /// The answer as text: cells with '|', rows with a new line.
  std::string Text(std::string_view sql, const std::vector<Cell>& parameters = {}) {
    const Result<SqlResult> result = Ask(sql, parameters);
    if (!result.ok()) return "error: " + result.error().message;
    std::string out;
    for (const auto& row : result.value().rows) {
      for (std::size_t i = 0; i < row.size(); ++i) out += (i == 0 ? "" : "|") + CellText(row[i]);
      out += '\n';
    }
    return out;
  }
  static std::string CellText(const Cell& cell) {
    if (const auto* flag = std::get_if<bool>(&cell)) return *flag ? "true" : "false";
    if (const auto* whole = std::get_if<std::int64_t>(&cell)) return std::to_string(*whole);
    if (const auto* real = std::get_if<double>(&cell)) {
      char text[32];
      std::snprintf(text, sizeof text, "%.6g", *real);
      return text;
    }
    if (const auto* text = std::get_if<std::string>(&cell)) return *text;
    return "NULL";
  }
  void WritePosts(std::size_t first, std::size_t rows) {
    const std::shared_ptr<const AnalysisBatch> batches[] = {SamplePosts(first, rows)};
    const Status status = store_->Write({.analyses = batches});
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  void WriteAggregates(const std::vector<Aggregate>& aggregates) {
    const Status status = store_->Write({.aggregates = aggregates});
    ASSERT_TRUE(status.ok()) << status.error().message;
  }

  ManualClock clock_{FromMillis(1'700'000'000'000)};
  std::filesystem::path dir_;
  std::unique_ptr<Env> env_;
  DuckdbOptions options_;
  std::unique_ptr<SqlStore> store_;
};

}  // namespace hb
