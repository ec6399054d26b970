// `heartbeat topics`: what goes through the log.
#include <cstdio>
#include <memory>
#include <numeric>
#include <optional>
#include <thread>
#include <vector>

#include "app/commands.h"
#include "app/control.h"
#include "app/json_util.h"
#include "app/table_text.h"

namespace hb {

namespace {

struct TailOptions {
  std::string topic;
  int partition = -1;  ///< -1: all
  std::int64_t offset = -1, limit = 10;
  bool follow = false;
};

/// Calls use(topic) for each topic that the API lists, until one says false.
template <typename Use>
Status ForEachTopic(Control& control, const Use& use) {
  HB_ASSIGN(const HttpResponse answer, control.Call("GET", "/api/v1/topics", ""));
  simdjson::dom::parser parser;
  HB_ASSIGN(const simdjson::dom::element document, ParseAnswer(answer.body, parser));
  HB_ASSIGN(const simdjson::dom::array topics, ListOf(document, "topics"));
  for (const simdjson::dom::element topic : topics) {
    if (!use(topic)) break;
  }
  return Ok();
}

Status List(const CommandContext& context) {
  HB_ASSIGN(const auto control, Control::OpenTopics(context.config_path, context.data_dir));
  std::vector<std::vector<std::string>> rows;
  HB_TRY(ForEachTopic(*control, [&](simdjson::dom::element topic) {
    simdjson::dom::array partitions;
    std::size_t count = 0;
    if (topic["partitions"].get(partitions) == simdjson::SUCCESS) count = partitions.size();
    rows.push_back({Member(topic, "name"), std::to_string(count), Member(topic, "records"),
                    Member(topic, "bytes")});
    return true;
  }));
  std::fputs(
      TableText({"topic", "partitions", "records", "bytes"}, rows, {false, true, true, true}, 60)
          .c_str(),
      stdout);
  return Ok();
}

/// A row a partition, and below it one a group that reads it.
void AddOffsetRows(simdjson::dom::element topic, std::vector<std::vector<std::string>>& rows) {
  simdjson::dom::array partitions, groups;
  if (topic["partitions"].get(partitions) != simdjson::SUCCESS) return;
  for (const simdjson::dom::element partition : partitions) {
    const std::string number = Member(partition, "partition");
    rows.push_back(
        {Member(topic, "name"), number, "", Member(partition, "begin"), Member(partition, "end")});
    if (topic["groups"].get(groups) != simdjson::SUCCESS) continue;
    for (const simdjson::dom::element group : groups) {
      simdjson::dom::element committed;
      if (group["committed"][number].get(committed) != simdjson::SUCCESS) continue;
      rows.push_back(
          {Member(topic, "name"), number, Member(group, "group"), "", PlainText(committed)});
    }
  }
}

Status Offsets(const CommandContext& context) {
  HB_ASSIGN(const auto control, Control::OpenTopics(context.config_path, context.data_dir));
  std::vector<std::vector<std::string>> rows;
  HB_TRY(ForEachTopic(*control, [&](simdjson::dom::element topic) {
    AddOffsetRows(topic, rows);
    return true;
  }));
  std::fputs(TableText({"topic", "partition", "group", "begin", "end or committed"}, rows,
                       {false, true, false, true, true}, 60)
                 .c_str(),
             stdout);
  return Ok();
}

/// A row a group of a topic.
Status Lag(const CommandContext& context) {
  HB_ASSIGN(const auto control, Control::OpenTopics(context.config_path, context.data_dir));
  std::vector<std::vector<std::string>> rows;
  HB_TRY(ForEachTopic(*control, [&](simdjson::dom::element topic) {
    simdjson::dom::array groups;
    if (topic["groups"].get(groups) != simdjson::SUCCESS) return true;
    for (const simdjson::dom::element group : groups)
      rows.push_back({Member(group, "group"), Member(topic, "name"), Member(group, "lag")});
    return true;
  }));
  std::fputs(TableText({"group", "topic", "lag"}, rows, {false, false, true}, 60).c_str(), stdout);
  return Ok();
}

/// Prints what the API gives for one partition from `offset` on; the answer is the next offset.
Result<std::int64_t> PrintRecords(Control& control, const TailOptions& options, int partition,
                                  std::int64_t offset, std::int64_t limit) {
  HB_ASSIGN(const HttpResponse answer,
            control.Call("GET",
                         "/api/v1/topics/" + UrlEncode(options.topic) + "/records?partition=" +
                             std::to_string(partition) + "&offset=" + std::to_string(offset) +
                             "&limit=" + std::to_string(limit),
                         ""));
  simdjson::dom::parser parser;
  HB_ASSIGN(const simdjson::dom::element document, ParseAnswer(answer.body, parser));
  HB_ASSIGN(const simdjson::dom::array records, ListOf(document, "records"));
  std::int64_t next = offset;
  for (const simdjson::dom::element record : records) {
    std::puts(simdjson::minify(record).c_str());
    std::int64_t at = 0;
    if (record["offset"].get(at) == simdjson::SUCCESS) next = at + 1;
  }
  std::fflush(stdout);
  if (next < 0 && document["end"].get(next) != simdjson::SUCCESS) next = 0;
  return next;
}

Result<std::vector<int>> PartitionsOf(Control& control, const TailOptions& options) {
  if (options.partition >= 0) return std::vector<int>{options.partition};
  std::optional<std::vector<int>> numbers;
  HB_TRY(ForEachTopic(control, [&](simdjson::dom::element topic) {
    if (Member(topic, "name") != options.topic) return true;
    simdjson::dom::array partitions;
    if (topic["partitions"].get(partitions) != simdjson::SUCCESS) return false;
    numbers.emplace(partitions.size());
    std::iota(numbers->begin(), numbers->end(), 0);
    return false;
  }));
  if (numbers) return std::move(*numbers);
  return Error{Code::kNotFound,
               "there is no topic '" + options.topic + "' (heartbeat topics list)"};
}

Status Tail(const TailOptions& options, const CommandContext& context) {
  HB_ASSIGN(const auto control, Control::OpenTopics(context.config_path, context.data_dir));
  HB_ASSIGN(const std::vector<int> partitions, PartitionsOf(*control, options));
  std::vector<std::int64_t> next;
  for (const int partition : partitions) {
    HB_ASSIGN(const std::int64_t at,
              PrintRecords(*control, options, partition, options.offset, options.limit));
    next.push_back(at);
  }
  while (options.follow) {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    for (std::size_t i = 0; i < partitions.size(); ++i) {
      HB_ASSIGN(next[i], PrintRecords(*control, options, partitions[i], next[i], 200));
    }
  }
  return Ok();
}

}  // namespace

void AddTopicsCommand(CLI::App& app, CommandContext& context) {
  auto* command = app.add_subcommand("topics", "list and read the topics of the log");
  command->require_subcommand(1);
  const auto finish = [&context](const Status& done) {
    if (!done.ok()) context.exit_code = Fail(done.error());
  };
  command->add_subcommand("list", "topics with their sizes")->callback([finish, &context] {
    finish(List(context));
  });
  command->add_subcommand("offsets", "offsets of partitions and groups")
      ->callback([finish, &context] { finish(Offsets(context)); });
  command->add_subcommand("lag", "records that each group has still to work in")
      ->callback([finish, &context] { finish(Lag(context)); });
  AddTopicsCopyCommand(*command, context);
  auto* tail =
      command->add_subcommand("tail", "records of a topic, decoded, one JSON object a line");
  auto options = std::make_shared<TailOptions>();
  tail->add_option("topic", options->topic, "name of the topic")->required();
  tail->add_option("--partition", options->partition, "only this partition");
  tail->add_option("--offset", options->offset, "first offset; -1: the newest");
  tail->add_option("--limit", options->limit, "records a partition")->check(CLI::Range(1, 500));
  tail->add_flag("--follow,-f", options->follow, "go on with what comes");
  tail->callback([=, &context] { finish(Tail(*options, context)); });
}

}  // namespace hb
