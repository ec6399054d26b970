#include "model/linear_trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "model/linear_languages.h"
#include "model/linear_rows.h"
#include "model/linear_sgd.h"
#include "model/linear_table.h"

namespace hb::model {
namespace {

Status CheckExamples(const std::vector<Example>& examples, std::size_t classes) {
  const auto bad = [](std::string what) { return Error{Code::kInvalidArgument, std::move(what)}; };
  if (classes < 2 || classes > kMaxClasses) return bad("need 2 to 32 labels");
  std::vector<std::size_t> counts(classes);
  for (const Example& example : examples) {
    if (example.label < 0 || static_cast<std::size_t>(example.label) >= classes) {
      return bad("an example's label is out of range");
    }
    if (!(example.weight > 0)) return bad("an example's weight is not above 0");
    ++counts[static_cast<std::size_t>(example.label)];
  }
  if (std::count(counts.begin(), counts.end(), 0u) > static_cast<std::ptrdiff_t>(classes) - 2) {
    return bad("the examples are all of one class");
  }
  return Ok();
}

Status Check(const LinearOptions& options, const std::vector<Example>& examples) {
  const auto bad = [](std::string what) { return Error{Code::kInvalidArgument, std::move(what)}; };
  HB_TRY(CheckExamples(examples, options.labels.size()));
  if (options.log2_sets < 4 || options.log2_sets > 20) return bad("log2_sets must be 4 to 20");
  if (options.epochs < 1 || options.epochs > 1000) return bad("epochs must be 1 to 1000");
  if (!(options.learning_rate > 0)) return bad("learning_rate must be above 0");
  if (!(options.l2 >= 0) || !(options.smoothing >= 0 && options.smoothing < 1)) {
    return bad("l2 must be 0 or more, smoothing from 0 to below 1");
  }
  if (options.folds < 0 || options.folds > 50 || options.folds == 1) {
    return bad("folds must be 0 or 2 to 50");
  }
  if (!(options.prior_strength >= 0 && options.prior_strength <= 1)) {
    return bad("prior_strength must be 0 to 1");
  }
  if (options.min_count < 1) return bad("min_count must be 1 or more");
  if (options.name.size() > 255 || options.version.size() > 255) return bad("name is too long");
  if (options.none >= static_cast<int>(options.labels.size())) return bad("no such none class");
  if (options.none >= 0 && options.language_examples > 0) {
    return bad("shifts by language and a none class do not go together");
  }
  for (const Auxiliary& auxiliary : options.auxiliaries) {
    const Status fits = CheckExamples(auxiliary.examples, auxiliary.labels.size());
    if (!fits.ok()) return bad(auxiliary.name + ": " + fits.error().message);
  }
  return Ok();
}

/// Trains on an auxiliary set and keeps its weights by feature.
Transfer Learn(const LinearOptions& options, const Auxiliary& auxiliary) {
  LinearOptions own = options;
  own.labels = auxiliary.labels;
  own.lexicons.clear();
  own.auxiliaries.clear();
  own.epochs = options.auxiliary_epochs;
  own.balance = 0.5;
  own.folds = 0;
  Rows rows = MakeRows(own, auxiliary.examples, {}, {});
  const Weights w = TrainWeights(own, rows, -1, options.seed);
  Transfer out;
  const std::size_t k = auxiliary.labels.size();
  out.classes = k;
  out.weights.resize(rows.hashes.size() * k);
  for (std::size_t f = 0; f < rows.hashes.size(); ++f) {
    out.numbers.emplace(rows.hashes[f], static_cast<std::uint32_t>(f));
    const float gain = options.gains[static_cast<std::size_t>(rows.families[f])];
    float mean = 0;
    for (std::size_t c = 0; c < k; ++c) mean += w.sparse[f * k + c] / static_cast<float>(k);
    for (std::size_t c = 0; c < k; ++c) {
      out.weights[f * k + c] = gain * (w.sparse[f * k + c] - mean);
    }
  }
  out.hashes = std::move(rows.hashes);
  out.families = std::move(rows.families);
  out.counts = std::move(rows.counts);
  return out;
}

/// The held-out rows of the other classes, without the logits of `none`.
HeldOut Apart(const HeldOut& held, int none) {
  if (none < 0) return held;
  HeldOut out;
  out.classes = held.classes - 1;
  for (std::size_t i = 0; i < held.labels.size(); ++i) {
    if (held.labels[i] == none) continue;
    out.labels.push_back(held.labels[i] - (held.labels[i] > none ? 1 : 0));
    for (std::size_t c = 0; c < held.classes; ++c) {
      if (static_cast<int>(c) != none) out.logits.push_back(held.logits[i * held.classes + c]);
    }
  }
  return out;
}

/// `all` without the entry of `none`.
template <typename T>
std::vector<T> Apart(std::vector<T> all, int none) {
  if (none >= 0) all.erase(all.begin() + none);
  return all;
}

/// Class shifts for options.goal. Where there is a class `none`, the others' are fitted among
/// themselves and then its own, so that it is said of none's texts and of others' equally rightly.
std::vector<double> FitShifts(const LinearOptions& options, const HeldOut& held) {
  if (options.none < 0) return FitPriors(held, options.labels, options.goal);
  std::vector<double> shift =
      FitPriors(Apart(held, options.none), Apart(options.labels, options.none), options.goal);
  shift.insert(shift.begin() + options.none, 0.0);
  shift[static_cast<std::size_t>(options.none)] = FitNone(held, options.none, shift);
  return shift;
}

/// What is fitted on held-out examples, and how well they are judged with it.
struct Fitted {
  std::vector<double> shift;
  LanguageShifts by_language;
  double temperature = 1;
  Metrics metrics;
  std::vector<LanguageScores> languages;
};

/// Where languages have shifts of their own: those, the others' and one temperature for all.
void FitLanguages(const LinearOptions& options, const HeldOutLanguages& all, Fitted& fitted) {
  const std::vector<double> none(options.labels.size(), 0.0);
  HeldOutLanguages moved{WithShifts(all, fitted.by_language, fitted.shift), all.languages};
  fitted.temperature = FitTemperature(moved.held, none);
  fitted.metrics = Measure(moved.held, options.labels, none, fitted.temperature);
  for (double& value : fitted.shift) value *= fitted.temperature;
  for (auto& [language, shift] : fitted.by_language) {
    for (double& value : shift) value *= fitted.temperature;
    fitted.languages.push_back(
        {language, Measure(moved.Of(language), options.labels, none, fitted.temperature),
         Measure(all.Of(language), options.labels, none, 1)});
  }
}

Fitted Fit(const LinearOptions& options, const HeldOutLanguages& all) {
  Fitted fitted{.shift = FitShifts(options, all.held),
                .by_language = FitLanguageShifts(options, all),
                .metrics = Metrics(options.labels),
                .languages = {}};
  for (double& value : fitted.shift) value *= options.prior_strength;
  if (!fitted.by_language.empty()) {
    FitLanguages(options, all, fitted);
    return fitted;
  }
  fitted.temperature = FitTemperature(all.held, fitted.shift, options.none >= 0);
  for (double& value : fitted.shift) value *= fitted.temperature;
  fitted.metrics = Measure(all.held, options.labels, fitted.shift, fitted.temperature);
  return fitted;
}

/// The model file's header: everything but the table.
LinearParts MakeParts(const LinearOptions& options, const Fitted& fitted, const Weights& w) {
  std::vector<double> bias(options.labels.size());
  for (std::size_t c = 0; c < bias.size(); ++c) {
    bias[c] = fitted.temperature * w.bias[c] + fitted.shift[c];
  }
  LinearParts parts = MakeHeader(options, bias);
  for (const auto& [code, shift] : fitted.by_language) {
    LanguageShift language{.code = code};
    for (std::size_t c = 0; c < bias.size(); ++c) {
      language.shift[c] = ToFixedLogit(shift[c] - fitted.shift[c]);
    }
    parts.languages.push_back(std::move(language));
  }
  return parts;
}

}  // namespace

Result<TrainedLinear> TrainLinear(const LinearOptions& options,
                                  const std::vector<Example>& examples) {
  HB_TRY(Check(options, examples));
  const auto say = [&](const std::string& line) {
    if (options.progress) options.progress(line);
  };
  const LexiconMap lexicon = MergeLexicons(options.lexicons, options.lexicon_gain);
  std::vector<Transfer> transfers;
  for (const Auxiliary& auxiliary : options.auxiliaries) {
    transfers.push_back(Learn(options, auxiliary));
    say(fmt::format("{}: {} examples of {} labels, {} features", auxiliary.name,
                    auxiliary.examples.size(), auxiliary.labels.size(),
                    transfers.back().hashes.size()));
  }
  SetScales(options, examples, options.auxiliary_gain, transfers);
  Rows rows = MakeRows(options, examples, lexicon, transfers);
  if (options.language_examples > 0) BalanceLanguages(examples, rows);
  say(fmt::format("{} examples, {} features seen {} times or more", rows.size(), rows.hashes.size(),
                  options.min_count));

  Fitted fitted{.shift = std::vector<double>(options.labels.size(), 0.0),
                .by_language = {},
                .metrics = Metrics(options.labels),
                .languages = {}};
  Metrics raw(options.labels);
  Metrics apart(Apart(options.labels, options.none));
  if (options.folds >= 2) {
    const HeldOutLanguages all{RunFolds(options, rows), HeldOutLanguagesOf(rows, examples)};
    raw = Measure(all.held, options.labels, fitted.shift, 1);
    fitted = Fit(options, all);
    // Where a class `none` is, no language has shifts of its own: Check.
    apart = options.none < 0 ? fitted.metrics
                             : Measure(Apart(all.held, options.none), apart.labels(),
                                       Apart(fitted.shift, options.none), fitted.temperature);
    say(
        fmt::format("held out: macro-recall {:.4f} as trained, {:.4f} with class priors; "
                    "temperature {:.2f}",
                    raw.MacroRecall(), fitted.metrics.MacroRecall(), fitted.temperature));
    for (const LanguageScores& language : fitted.languages) {
      say(fmt::format("  {:<4}{:>6} texts: macro-F1 {:.4f} as trained, {:.4f} with its own priors",
                      language.language, language.held_out.count(), language.held_out_raw.MacroF1(),
                      language.held_out.MacroF1()));
    }
  }
  const Weights w = TrainWeights(options, rows, -1, options.seed);
  const auto candidates = MakeCandidates(options, rows, w, lexicon, transfers);
  LinearParts parts = MakeParts(options, fitted, w);
  const std::size_t stored = FillTable(options, candidates, fitted.temperature, parts);
  say(fmt::format("{} of {} features stored", stored, candidates.size()));
  HB_ASSIGN(LinearModel model, LinearModel::FromBytes(EncodeLinearModel(parts)));
  return TrainedLinear{.model = std::move(model),
                       .held_out = std::move(fitted.metrics),
                       .held_out_raw = std::move(raw),
                       .held_out_apart = std::move(apart),
                       .by_language = std::move(fitted.languages),
                       .features = rows.hashes.size(),
                       .stored = stored};
}

}  // namespace hb::model
