// `heartbeat deadletters`: input that could not be used.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "app/commands.h"
#include "app/control.h"
#include "app/json_util.h"
#include "app/table_text.h"
#include "base/json.h"
#include "base/utf8.h"
#include "env/env.h"

namespace hb {

namespace {

struct ReplayOptions {
  std::vector<std::string> ids;
  std::string map, format, raw, raw_file;
};

constexpr std::size_t kShownPoints = 160;  // as much of the raw bytes as a screen shows

/// A member as one line: what it quotes came from anybody.
std::string Line(simdjson::dom::element letter, const char* name) {
  return OneLine(Member(letter, name));
}

void PrintLetter(simdjson::dom::element letter) {
  std::printf("%s  %s  %s\n    %s\n", Member(letter, "id").c_str(), Member(letter, "time").c_str(),
              Line(letter, "location").c_str(), Line(letter, "reason").c_str());
  if (const std::string when = Member(letter, "replayed"); !when.empty()) {
    std::printf("    replayed %s\n", when.c_str());
    return;
  }
  if (const std::string when = Member(letter, "tried"); !when.empty()) {
    std::printf("    tried %s times, last %s\n", Member(letter, "attempts").c_str(), when.c_str());
  }
  std::printf("    %s\n", OneLine(CutCodePoints(Member(letter, "raw"), kShownPoints)).c_str());
}

Status List(std::int64_t limit, bool json, bool replayed, const CommandContext& context) {
  HB_ASSIGN(const auto control, Control::Open(context.config_path, context.data_dir));
  HB_ASSIGN(const HttpResponse answer,
            control->Call("GET",
                          "/api/v1/deadletters?limit=" + std::to_string(limit) +
                              (replayed ? "&state=replayed" : ""),
                          ""));
  simdjson::dom::parser parser;
  HB_ASSIGN(const simdjson::dom::element document, ParseAnswer(answer.body, parser));
  HB_ASSIGN(const simdjson::dom::array letters, ListOf(document, "dead_letters"));
  for (const simdjson::dom::element letter : letters) {
    if (json) {
      std::puts(simdjson::minify(letter).c_str());
    } else {
      PrintLetter(letter);
    }
  }
  if (!json) std::printf("%s in all\n", Member(document, "total").c_str());
  return Ok();
}

Result<std::string> ReplayBody(ReplayOptions options) {
  std::string body = "{\"all\":true";
  if (!options.ids.empty()) {
    body = "{\"ids\":[";
    for (std::size_t i = 0; i < options.ids.size(); ++i)
      body += (i > 0 ? "," : "") + JsonQuote(options.ids[i]);
    body += "]";
  }
  if (!options.raw_file.empty()) {
    HB_ASSIGN(options.raw, ReadFile(options.raw_file));
    if (options.raw.empty())
      return Error{Code::kInvalidArgument, options.raw_file + " is empty: there is nothing to try"};
    // The request is JSON, which holds nothing else.
    if (!IsValidUtf8(options.raw))
      return Error{Code::kInvalidArgument,
                   options.raw_file + " is not UTF-8: other bytes cannot be sent"};
  }
  if (!options.map.empty()) body += ",\"map\":" + JsonQuote(options.map);
  if (!options.format.empty()) body += ",\"format\":" + JsonQuote(options.format);
  if (!options.raw.empty()) body += ",\"raw\":" + JsonQuote(options.raw);
  return body + "}";
}

/// What became of them, for people. False if something that was asked for is not there, or if all
/// failed again.
bool PrintOutcome(simdjson::dom::element answer) {
  const auto count = [&](const char* name) {
    return std::strtoull(Member(answer, name).c_str(), nullptr, 10);
  };
  const auto queued = count("queued"), used = count("used"), failed = count("failed");
  if (queued > 0) {
    std::printf("%llu replayed: %llu can be used now, %llu failed again%s\n", queued, used, failed,
                failed > 0 ? " (heartbeat deadletters list says why)" : "");
    if (used + failed < queued)
      std::printf("%llu are still on their way\n", queued - used - failed);
  }
  simdjson::dom::array list;
  if (answer["already"].get(list) == simdjson::SUCCESS) {
    for (const simdjson::dom::element letter : list) {
      std::printf("%s was replayed already, on %s: nothing to do\n", Member(letter, "id").c_str(),
                  Member(letter, "replayed").c_str());
    }
  }
  bool all = queued == 0 || failed < queued;
  const auto each = [&](const char* name, const char* text) {
    if (answer[name].get(list) != simdjson::SUCCESS) return;
    for (const simdjson::dom::element id : list) {
      std::fprintf(stderr, "%s %s\n", PlainText(id).c_str(), text);
      all = false;
    }
  };
  each("unknown", "is no dead letter");
  each("cut", "was not tried: not all of its bytes were kept (give them with --raw-file)");
  return all;
}

Result<bool> Replay(const ReplayOptions& options, const CommandContext& context) {
  HB_ASSIGN(const std::string body, ReplayBody(options));
  HB_ASSIGN(const auto control, Control::Open(context.config_path, context.data_dir));
  HB_ASSIGN(const HttpResponse answer, control->Call("POST", "/api/v1/deadletters/replay", body));
  simdjson::dom::parser parser;
  HB_ASSIGN(const simdjson::dom::element document, ParseAnswer(answer.body, parser));
  return PrintOutcome(document);
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
  auto replayed = std::make_shared<bool>(false);
  auto* list = command->add_subcommand("list", "newest first, with the reason");
  list->add_option("--limit", *limit, "at most so many")->check(CLI::Range(1, 500));
  list->add_flag("--json", *json, "one JSON object a line, with all of the raw bytes");
  list->add_flag("--replayed", *replayed, "those that could be used when they were replayed");
  list->callback([=, &context] { finish(List(*limit, *json, *replayed, context)); });
  auto options = std::make_shared<ReplayOptions>();
  auto* replay = command->add_subcommand(
      "replay",
      "try them again as they were read first; those that fail stay, with the new reason");
  replay->add_option("ids", options->ids, "which; none means all");
  replay->add_option("--map", options->map,
                     "other columns of the CSV: content=text,time=created_at");
  replay->add_option("--format", options->format, "another format than the file's");
  auto* raw =
      replay->add_option("--raw", options->raw, "this text in place of the letter's; for one id");
  replay->add_option("--raw-file", options->raw_file, "the same from a file")
      ->check(CLI::ExistingFile)
      ->excludes(raw);
  replay->callback([=, &context] {
    const Result<bool> all = Replay(*options, context);
    if (!all.ok())
      context.exit_code = Fail(all.error());
    else if (!all.value())
      context.exit_code = kExitFailed;
  });
}

}  // namespace hb
