// log/embedded/opened_log_testing.h - an embedded log on the real disk. Only for *_test.cc files.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "log/embedded/embedded_log.h"
#include "env/temporary_folder.h"
#include "log/log_testing.h"

namespace hb::embedded {

/// A log in a folder of its own with a clock that the test moves.
struct Opened {
  explicit Opened(const std::function<void(EmbeddedLogOptions&)>& change = [](EmbeddedLogOptions&) {
  }) {
    options.path = folder.path() + "/log";
    options.min_free_bytes = 0;
    change(options);
    Open();
  }
  void Open() {
    log.reset();
    auto opened = OpenEmbeddedLog(options, env);
    ASSERT_TRUE(log_test::IsOk(opened));
    log = std::move(opened).value();
    ASSERT_TRUE(log_test::IsOk(log->EnsureTopic({"a", 2, -1, -1})));
  }
  /// Files of the folder, and of folders in it, that hold `text`.
  [[nodiscard]] std::vector<std::string> FilesWith(const std::string& text) const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(options.path)) {
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string bytes((std::istreambuf_iterator<char>(in)),
                              std::istreambuf_iterator<char>());
      if (bytes.find(text) != std::string::npos) out.push_back(entry.path().filename());
    }
    return out;
  }
  TemporaryFolder folder;
  ManualClock clock{FromMillis(1'700'000'000'000)};
  Env env{clock, folder.path()};
  EmbeddedLogOptions options;
  std::unique_ptr<Log> log;
};

inline void BlankOffsets(Log& log, std::int32_t partition, const std::vector<Offset>& offsets) {
  auto transaction = log.Begin("blanker");
  ASSERT_TRUE(log_test::IsOk(transaction));
  ASSERT_TRUE(log_test::IsOk(transaction.value()->Blank("a", Partition{partition}, offsets)));
  ASSERT_TRUE(log_test::IsOk(transaction.value()->Commit()));
}

}  // namespace hb::embedded
