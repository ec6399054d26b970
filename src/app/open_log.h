// app/open_log.h - the log that the configuration asks for, with what belongs to it.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "app/config.h"
#include "env/env.h"
#include "log/log.h"
#include "pipeline/pipeline.h"
#include "record/value_format.h"
#include "remote/schema_registry.h"

namespace hb {

/// What is done while a server is not there yet.
struct Waiting {
  std::function<bool()> stop;  ///< true: give up, kCancelled; empty: wait on
  /// Told what is waited for; empty text: it is there. May be empty.
  std::function<void(const std::string&)> progress;
};

/// A log. Members are destroyed from the last to the first.
struct OpenedLog {
  std::unique_ptr<SchemaRegistry> registry;  ///< null: none is asked
  std::unique_ptr<ValueFormat> values;       ///< null: plain Avro
  std::unique_ptr<Log> log;
  Sharing sharing;
  std::string store_group;  ///< of a store in this data folder
};

/// Opens it. On Kafka, brokers and registry are waited for, and our schemas of `written`, topics
/// that the process will write, are checked and numbered first. `env` outlives the result.
Result<OpenedLog> OpenLog(const Config& config, Env& env, const Waiting& waiting = {},
                          std::span<const std::string> written = {});

/// The topics that these stages write.
std::vector<std::string> TopicsWrittenBy(const StageSet& stages);

}  // namespace hb
