// `heartbeat deadletters`: input that could not be used.
#include <cstdio>
#include <memory>
#include <vector>

#include "app/commands.h"
#include "app/control.h"
#include "app/json_util.h"

namespace hb {

namespace {

Status List(std::int64_t limit, bool json, const CommandContext& context) {
  HB_ASSIGN(const auto control, Control::Open(context.config_path, context.data_dir));
  HB_ASSIGN(const HttpResponse answer,
            control->Call("GET", "/api/v1/deadletters?limit=" + std::to_string(limit), ""));
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  simdjson::dom::array letters;
  if (parser.parse(answer.body).get(document) != simdjson::SUCCESS ||
      document["dead_letters"].get(letters) != simdjson::SUCCESS) {
    return Error{Code::kInternal, "the answer is not the expected JSON"};
  }
  for (const simdjson::dom::element letter : letters) {
    if (json) {
      std::puts(simdjson::minify(letter).c_str());
      continue;
    }
    std::string raw = Member(letter, "raw").substr(0, 160);
    for (char& c : raw) {
      if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    }
    std::printf("%s  %s  %s\n    %s\n    %s\n", Member(letter, "id").c_str(), Member(letter, "time").c_str(),
                Member(letter, "location").c_str(), Member(letter, "reason").c_str(), raw.c_str());
  }
  if (!json) std::printf("%s in all\n", Member(document, "total").c_str());
  return Ok();
}

Status Replay(const std::vector<std::string>& ids, const CommandContext& context) {
  std::string body = "{\"all\":true}";
  if (!ids.empty()) {
    body = "{\"ids\":[";
    for (std::size_t i = 0; i < ids.size(); ++i) body += (i > 0 ? "," : "") + JsonQuote(ids[i]);
    body += "]}";
  }
  HB_ASSIGN(const auto control, Control::Open(context.config_path, context.data_dir));
  HB_ASSIGN(const HttpResponse answer, control->Call("POST", "/api/v1/deadletters/replay", body));
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (parser.parse(answer.body).get(document) != simdjson::SUCCESS) {
    return Error{Code::kInternal, "the answer is not the expected JSON"};
  }
  std::printf("%s given to ingest once more\n", Member(document, "queued").c_str());
  return Ok();
}

}  // namespace

void AddDeadLettersCommand(CLI::App& app, CommandContext& context) {
  auto* command = app.add_subcommand("deadletters", "list and replay input that could not be used");
  command->require_subcommand(1);
  const auto finish = [&context](const Status& done) {
    if (!done.ok()) context.exit_code = Fail(done.error());
  };
  auto limit = std::make_shared<std::int64_t>(50);
  auto json = std::make_shared<bool>(false);
  auto* list = command->add_subcommand("list", "newest first, with the reason");
  list->add_option("--limit", *limit, "at most so many")->check(CLI::Range(1, 10'000));
  list->add_flag("--json", *json, "one JSON object a line, with all of the raw bytes");
  list->callback([=, &context] { finish(List(*limit, *json, context)); });
  auto ids = std::make_shared<std::vector<std::string>>();
  auto* replay = command->add_subcommand("replay", "try them again; those that still fail come back");
  replay->add_option("ids", *ids, "which; none means all");
  replay->callback([=, &context] { finish(Replay(*ids, context)); });
}

}  // namespace hb
