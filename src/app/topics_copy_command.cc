// `heartbeat topics copy`: takes topics from the log of one configuration to that of another.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "app/commands.h"
#include "app/config.h"
#include "app/copy_topics.h"
#include "app/open_log.h"
#include "app/table_text.h"
#include "pipeline/topics.h"

namespace hb {

namespace {

constexpr std::chrono::seconds kBrokerTime{15};

/// What analyze and window make anew; copying it as well would count posts twice.
constexpr const char* kDefault[] = {kIngestTopic, kRedactionsTopic, kDeadLettersTopic, kGapsTopic,
                                    kTasksTopic};

/// A log of a configuration, and what it needs to live.
struct Side {
  Config config;
  SystemClock clock;
  std::unique_ptr<Env> env;
  OpenedLog opened;

  Status OpenSource(const std::string& path, const std::string& data_dir) {
    HB_ASSIGN(config, LoadConfig(path));
    if (!data_dir.empty()) config.data_dir = data_dir;
    // A log would be made there, and nothing copied of it.
    if (config.log.kind != "kafka" && !std::filesystem::exists(config.data_dir + "/log")) {
      return Error{Code::kNotFound, config.data_dir + " holds no log of heartbeat: give --data"};
    }
    return Open();
  }
  Status OpenTarget(const std::string& path) {
    HB_ASSIGN(config, LoadConfig(path));
    if (config.log.kind != "kafka") {
      std::error_code error;
      std::filesystem::create_directories(config.data_dir, error);
      if (error) {
        return Error{Code::kUnavailable, "data folder " + config.data_dir + ": " + error.message()};
      }
    }
    return Open();
  }

 private:
  Status Open() {
    env = std::make_unique<Env>(Env{clock, config.data_dir});
    const auto begin = std::chrono::steady_clock::now();
    Waiting waiting;
    waiting.stop = [begin] { return std::chrono::steady_clock::now() - begin > kBrokerTime; };
    std::vector<std::string> written(std::begin(kDefault), std::end(kDefault));
    auto log = OpenLog(config, *env, waiting, written);
    if (!log.ok() && log.error().code == Code::kCancelled) {
      return Error{Code::kUnavailable, log.error().message};
    }
    HB_ASSIGN(opened, std::move(log));
    return Ok();
  }
};

struct CopyOptions {
  std::string to;
  std::vector<std::string> topics;
};

Result<std::vector<TopicSpec>> SpecsOf(const std::vector<std::string>& topics,
                                       const Config& config) {
  const auto all = TopicSpecs(static_cast<std::int32_t>(config.partitions), config.log_retention_ms,
                              config.log_retention_bytes);
  std::vector<TopicSpec> specs;
  for (const std::string& topic : topics) {
    const auto found = std::ranges::find(all, topic, &TopicSpec::name);
    if (found == all.end())
      return Error{Code::kInvalidArgument, "there is no topic '" + topic + "' of heartbeat"};
    specs.push_back(*found);
  }
  return specs;
}

Status Copy(const CopyOptions& options, const CommandContext& context) {
  Side from, to;
  HB_TRY(from.OpenSource(context.config_path, context.data_dir));
  HB_TRY(to.OpenTarget(options.to));
  const bool whole = options.topics.empty();
  const std::vector<std::string> topics =
      whole ? std::vector<std::string>(std::begin(kDefault), std::end(kDefault)) : options.topics;
  HB_ASSIGN(const auto specs, SpecsOf(topics, to.config));
  HB_ASSIGN(const auto copied, CopyTopics(*from.opened.log, *to.opened.log, specs, nullptr));
  if (whole) HB_TRY(CopyIngestStates(*from.opened.log, *to.opened.log));
  std::vector<std::vector<std::string>> rows;
  for (const CopiedTopic& topic : copied) {
    rows.push_back({topic.topic, std::to_string(topic.records), std::to_string(topic.left_out)});
  }
  std::fputs(
      TableText({"topic", "records copied", "left out"}, rows, {false, true, true}, 60).c_str(),
      stdout);
  return FinishOutput();
}

}  // namespace

void AddTopicsCopyCommand(CLI::App& topics, CommandContext& context) {
  auto* command = topics.add_subcommand(
      "copy", "take topics to the log of another configuration, or go on with that");
  auto options = std::make_shared<CopyOptions>();
  command->add_option("--to", options->to, "configuration whose log is copied to")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option("topics", options->topics,
                      "what is copied; by default what the rest is made from: ingest, redactions, "
                      "deadletters, gaps, tasks, and how far sources are read");
  command->callback([options, &context] {
    const Status done = Copy(*options, context);
    if (!done.ok()) context.exit_code = Fail(done.error());
  });
}

}  // namespace hb
