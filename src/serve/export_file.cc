#include "serve/export_file.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>

#include "serve/answer.h"
#include "serve/statement_problem.h"

namespace hb {

namespace {

struct Format {
  std::string_view name, store_name, content_type;
};
constexpr Format kFormats[] = {{"csv", "csv", "text/csv; charset=utf-8"},
                               {"jsonl", "json", "application/x-ndjson"},
                               {"parquet", "parquet", "application/vnd.apache.parquet"}};

}  // namespace

HttpResponse ExportAnswer(const Statement& statement, std::string_view format,
                          std::string_view name, const SqlLimits& limits,
                          const ApiContext& context) {
  const Format* chosen = nullptr;
  for (const Format& one : kFormats) {
    if (one.name == (format.empty() ? "csv" : format)) chosen = &one;
  }
  if (chosen == nullptr) {
    return Problem(400,
                   "parameter format: '" + std::string(format.substr(0, 40)) + "' is not known",
                   "use csv, jsonl or parquet");
  }
  const auto turn = StatementGate::Wait(context.gate, limits.time);
  if (!turn.ok()) return ComeAgain(ProblemOf(turn.error()));
  SqlLimits left = limits;
  left.time = turn.value().LeftOf(limits.time);
  ExportGate gate(context.backend.text_cap());
  left.texts = gate.gate();
  static std::atomic<std::uint64_t> serial{0};
  const std::string path = (std::filesystem::path(context.export_dir) /
                            ("export-" + std::to_string(::getpid()) + "-" +
                             std::to_string(++serial) + "." + std::string(chosen->name)))
                               .string();
  std::error_code ignored;
  std::filesystem::create_directories(context.export_dir, ignored);
  const Status done = context.backend.store().Export(statement.text(), statement.parameters(),
                                                     chosen->store_name, path, left);
  if (!done.ok()) {
    std::filesystem::remove(path, ignored);
    return StatementProblem(done.error(), turn.value(), limits.time, limits.time);
  }
  std::string warning;
  if (const Status counted = gate.Finish(warning); !counted.ok()) {
    std::filesystem::remove(path, ignored);
    return ProblemOf(counted.error());
  }
  HttpResponse response;
  if (!warning.empty()) response.headers.emplace_back("Warning", warning);
  response.content_type = chosen->content_type;
  response.headers.emplace_back(
      "Content-Disposition",
      "attachment; filename=\"" + std::string(name) + "." + std::string(chosen->name) + "\"");
  response.headers.emplace_back("Cache-Control", "no-store");
  response.file = path;
  return response;
}

}  // namespace hb
