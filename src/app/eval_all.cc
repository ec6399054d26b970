#include "app/eval_all.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "app/chain_classifier.h"
#include "app/table_text.h"
#include "app/transformer_folder.h"
#include "base/json.h"
#include "model/evaluation.h"
#include "model/tasks.h"

namespace hb {

namespace {

using Tier = AnalysisChain::Tier;

/// A validation set: a file, or one in each folder where the path has a star.
struct Set {
  const char *task, *name, *path;
  bool accurate = false;  ///< The transformer answers it too.
};
constexpr Set kSets[] = {
    {"sentiment", "TweetEval", "tweeteval/sentiment/val.tsv", true},
    {"sentiment-multi", "UMSAB", "umsab/*/val.tsv"},
    {"sentiment-multi", "AfriSenti", "afrisenti/*/dev.tsv"},
    {"emotion", "TweetEval", "tweeteval/emotion/val.tsv", true},
    {"irony", "TweetEval", "tweeteval/irony/val.tsv", true},
    {"offensive", "TweetEval", "tweeteval/offensive/val.tsv", true},
    {"hate", "TweetEval", "tweeteval/hate/val.tsv", true},
    {"topics", "TweetTopic", "tweettopicxl/en_validation.jsonl", true},
    {"entities", "Broad Twitter Corpus", "ner/btc/dev.conll", true},
    {"entities", "WNUT 2017", "ner/wnut17/dev.conll", true},
    {"entities", "Tweebank", "ner/tweebank_ner/dev.conll", true},
    {"language", "sentences, trained on", "lid/lingua_sentences_tune.tsv.gz"},
    {"language", "word pairs, trained on", "lid/lingua_word_pairs_tune.tsv.gz"},
    {"language", "single words, trained on", "lid/lingua_single_words_tune.tsv.gz"},
};

/// Sets of languages that the model of "sentiment-multi" leaves to others: English has its own.
constexpr std::string_view kNotItsOwn = "english";

std::vector<std::string> FilesOf(const std::filesystem::path& folder, const std::string& path) {
  std::vector<std::string> files;
  std::error_code error;
  const std::size_t star = path.find('*');
  if (star == std::string::npos) {
    if (std::filesystem::exists(folder / path, error)) files.push_back((folder / path).string());
    return files;
  }
  for (const auto& entry :
       std::filesystem::directory_iterator(folder / path.substr(0, star), error)) {
    const auto file = entry.path() / path.substr(star + 2);
    if (entry.path().filename() == kNotItsOwn || !std::filesystem::exists(file, error)) continue;
    files.push_back(file.string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::size_t TextsOf(const model::EvalReport& report) {
  return report.metrics ? report.metrics->count() : report.labels ? report.labels->texts() : 0;
}

void Append(const Set& set, const model::EvalReport& report, EvalTable& table) {
  const EvalRow row{
      .task = set.task,
      .set = set.name,
      .model = report.model,
      .figure = report.figure_name,
      .value = report.figure,
      .calibration_error = report.metrics ? report.metrics->CalibrationError() : -1,
      .texts = TextsOf(report),
      .texts_per_second = report.texts_per_second,
  };
  if (report.parts.empty()) {
    table.rows.push_back(row);
    if (!report.labels) return;
    table.rows.push_back(row);
    table.rows.back().figure = "micro-F1";
    table.rows.back().value = report.labels->MicroF1();
    return;
  }
  double sum = 0;
  for (const auto& part : report.parts) {
    EvalRow own = row;
    own.set += " " + std::filesystem::path(part.file).parent_path().filename().string();
    own.value = part.metrics.MacroF1();
    own.calibration_error = part.metrics.CalibrationError();
    own.texts = part.metrics.count();
    sum += own.value;
    table.rows.push_back(std::move(own));
  }
  table.rows.push_back(row);
  table.rows.back().set += ", mean";
  table.rows.back().value = sum / static_cast<double>(report.parts.size());
}

/// The tiers that answer a set's task.
std::vector<Tier> TiersOf(const Set& set) {
  return set.accurate ? std::vector{Tier::kFast, Tier::kAccurate} : std::vector{Tier::kFast};
}

Status Score(const Set& set, Tier tier, const std::vector<std::string>& files, EvalTable& table) {
  model::EvalOptions options{.task = set.task, .files = files, .model_path = {}};
  if (tier == Tier::kAccurate)
    HB_TRY(JudgeByChain({.tier = tier, .model = TransformerFolder("")}, 1, options));
  HB_ASSIGN(const model::EvalReport report, model::RunEval(options));
  Append(set, report, table);
  return Ok();
}

}  // namespace

Result<EvalTable> EvalAll(const std::string& folder,
                          const std::function<void(std::string_view)>& progress) {
  EvalTable table;
  for (const Set& set : kSets) {
    const std::string path = (std::filesystem::path(folder) / set.path).string();
    const std::vector<std::string> files = FilesOf(folder, set.path);
    if (files.empty()) {
      table.left_out.push_back(path + ": not there");
      continue;
    }
    for (const Tier tier : TiersOf(set)) {
      const std::string what =
          fmt::format("{} on {}, {}", set.task, set.name, AnalysisChain::TierName(tier));
      if (progress) progress(what);
      if (const Status scored = Score(set, tier, files, table); !scored.ok()) {
        table.left_out.push_back(what + ": " + scored.error().message);
      }
    }
  }
  if (table.rows.empty()) {
    return Error{Code::kNotFound, folder + ": none of the validation files is there"};
  }
  return table;
}

std::string EvalTable::Text() const {
  std::vector<std::vector<std::string>> cells;
  for (const EvalRow& row : rows) {
    cells.push_back({row.task, row.set, row.model, row.figure, fmt::format("{:.4f}", row.value),
                     row.calibration_error < 0 ? "" : fmt::format("{:.3f}", row.calibration_error),
                     row.texts == 0 ? "" : std::to_string(row.texts),
                     fmt::format("{:.0f}", row.texts_per_second)});
  }
  constexpr std::size_t kWidest = 40;
  std::string out = TableText(
      {"task", "set", "model", "figure", "value", "calibration error", "texts", "texts/s"}, cells,
      {false, false, false, false, true, true, true, true}, kWidest);
  for (const std::string& one : left_out) out += "left out: " + OneLine(one) + "\n";
  return out;
}

std::string EvalTable::Json() const {
  std::string all, left;
  for (const EvalRow& row : rows) {
    all += fmt::format(
        R"({}{{"task":{},"set":{},"model":{},"figure":{},"value":{:.6f},"calibration_error":{},"texts":{},"texts_per_second":{:.0f}}})",
        all.empty() ? "" : ",", JsonQuote(row.task), JsonQuote(row.set), JsonQuote(row.model),
        JsonQuote(row.figure), row.value,
        row.calibration_error < 0 ? "null" : fmt::format("{:.6f}", row.calibration_error),
        row.texts, row.texts_per_second);
  }
  for (const std::string& one : left_out) left += (left.empty() ? "" : ",") + JsonQuote(one);
  return fmt::format(R"({{"rows":[{}],"left_out":[{}]}})", all, left);
}

}  // namespace hb
