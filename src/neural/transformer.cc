#include "neural/transformer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <system_error>
#include <utility>

#include "env/env.h"
#include "neural/batches.h"
#include "neural/clean_text.h"

namespace hb::neural {

namespace {

/// Texts on which an arithmetic is held against fp32: short and long, sure and unsure, other
/// scripts.
constexpr std::array<std::string_view, 16> kTrialTexts = {
    "I love this so much! Best day of my life \U0001F60D",
    "this is terrible, never again",
    "The meeting is on Tuesday at 10:30 in room 4.",
    "not bad at all, but I expected more for the price",
    "@user why would you even say that? #disappointed",
    "",
    "ok",
    "Can't wait for Saturday!!! Tickets at https://example.org/t?id=3 \U0001F389\U0001F389",
    "So sorry for your loss. Thinking of you and your family today.",
    "Great, another Monday. Just what I needed...",
    "They promised lower taxes and better schools; two years later we have neither, and nobody in that "
    "party seems to care about the people who voted for them.",
    "LOL that goal was insane, what a player, what a night for the whole city",
    "I'm so angry I could scream. Three hours on the phone and still no refund.",
    "Das ist wirklich sch\u00F6n, danke!",
    "\u672C\u5F53\u306B\u3042\u308A\u304C\u3068\u3046",
    "A new study of 1,204 patients finds no difference between the two treatments after six months, the "
    "authors write in this week's issue; they call for larger trials before guidelines are changed, and "
    "point to the small share of older patients among those who took part.",
};

Error In(const std::string& what, const Error& error) {
  return Error{error.code, what + ": " + error.message};
}

class ModelScratch final : public Transformer::Scratch {
 public:
  std::unique_ptr<Network::Request> request;
  TextCleaner cleaner;
  std::string text, target, joined, before;
  BatchPlan plan;
  std::vector<std::int32_t> encoded, word;  // One text's, one word's.
  std::vector<std::int32_t> by_word;        // One text's, word by word.
  std::vector<std::int32_t> places;         // Of all words, their first pieces in their rows; -1.
  std::vector<std::uint32_t> word_rows;     // Of each text, the row that its words are in.
  std::vector<std::int32_t> ids;            // All texts', one after the other.
  std::vector<std::size_t> begins;          // Where each begins in ids.
  std::vector<std::uint32_t> lengths;       // And how many it has.
  std::vector<std::int64_t> batch, mask;    // What the network reads.
};

class OnnxTransformer final : public Transformer {
 public:
  OnnxTransformer(TransformerConfig config, std::unique_ptr<Tokenizer> tokenizer,
                  const Options& options)
      : config_(std::move(config)),
        tokenizer_(std::move(tokenizer)),
        wants_pooled_(options.pooled) {
    if (!options.words) config_.tagger.reset();
    if (!options.meaning) config_.meaning.reset();
  }

  /// Takes the network that is asked for, or the one that suits this machine.
  Status Choose(const std::string& path, const Options& options) {
    Network::Options asked{options.concurrent, options.threads, Arithmetic::kFp32};
    if (options.arithmetic) {
      asked.arithmetic = *options.arithmetic;
      TransformerScores ignored;
      return Take(path, asked, ignored);
    }
    TransformerScores plain, fast;
    HB_TRY(Take(path, asked, plain));
    auto reference = std::move(network_);
    asked.arithmetic = Arithmetic::kInt8;
    HB_TRY(Take(path, asked, fast));
    difference_ = Difference(plain, fast);
    // Not the least difference: no 8-bit products in the file. Then what is left to gain is bf16.
    if (difference_ == 0) {
      HB_ASSIGN(const bool has_bf16, CpuHasBf16());
      if (!has_bf16) return Keep(std::move(reference));
      asked.arithmetic = Arithmetic::kBf16;
      HB_TRY(Take(path, asked, fast));
      difference_ = Difference(plain, fast);
    }
    if (difference_ > kTolerance) return Keep(std::move(reference));
    return Ok();
  }

  [[nodiscard]] const std::string& name() const override { return config_.name; }
  [[nodiscard]] const std::vector<Head>& heads() const override { return config_.heads; }
  [[nodiscard]] const std::vector<std::string>& languages() const override {
    return config_.languages;
  }
  [[nodiscard]] const Tagger* tagger() const override {
    return config_.tagger ? &*config_.tagger : nullptr;
  }
  [[nodiscard]] bool has_meaning() const override { return config_.meaning.has_value(); }
  [[nodiscard]] Arithmetic arithmetic() const override { return arithmetic_; }
  [[nodiscard]] float difference() const override { return difference_; }
  [[nodiscard]] std::size_t max_tokens() const override { return config_.max_tokens; }

  [[nodiscard]] Result<std::unique_ptr<Scratch>> MakeScratch() const override {
    auto scratch = std::make_unique<ModelScratch>();
    HB_ASSIGN(scratch->request, network_->MakeRequest());
    return std::unique_ptr<Scratch>(std::move(scratch));
  }

  using Transformer::Score;
  Status Score(std::span<const std::string_view> texts, const Reading& reading, Scratch& base,
               TransformerScores& out) const override {
    auto& scratch = static_cast<ModelScratch&>(base);
    const bool words = config_.tagger && !reading.words.empty();
    Encode(texts, reading.target, scratch);
    out.rows = texts.size();
    if (words) EncodeWords(reading.words, scratch, out);
    scratch.plan.Make(scratch.lengths, config_.max_tokens);
    out.outputs = config_.outputs;
    out.width = pooled_ ? width_ : 0;
    out.meaning_width = config_.meaning ? config_.meaning->width : 0;
    out.tags = words ? config_.tagger->labels.size() : 0;
    out.logits.resize(out.rows * out.outputs);
    out.probabilities.resize(out.logits.size());
    out.pooled.resize(out.rows * out.width);
    out.meanings.resize(out.rows * out.meaning_width);
    out.words.assign(words ? scratch.places.size() * out.tags : 0, 0.0F);
    out.tokens = scratch.ids.size();
    out.computed = 0;
    for (const BatchPlan::Batch& batch : scratch.plan.batches()) {
      HB_TRY(Run(batch, scratch, out));
      out.computed += batch.rows * batch.tokens;
    }
    return Ok();
  }

 private:
  Status Take(const std::string& path, const Network::Options& options, TransformerScores& trial) {
    arithmetic_ = options.arithmetic;
    HB_ASSIGN(network_, Network::Load(path, options));
    HB_TRY(FindOutputs(path));
    HB_ASSIGN(auto scratch, MakeScratch());
    if (auto tried = Score(kTrialTexts, *scratch, trial); !tried.ok()) {
      return In(path, Error{Code::kInvalidArgument, tried.error().message});
    }
    return Ok();
  }

  Status Keep(std::unique_ptr<Network> network) {
    network_ = std::move(network);
    arithmetic_ = Arithmetic::kFp32;
    return Ok();
  }

  /// The place of an output that config.json names; -1 for the last dimension: any.
  Result<std::size_t> FindOutput(const std::string& path, const std::string& name, std::size_t rank,
                                 std::size_t width) const {
    const auto& outputs = network_->outputs();
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i].name != name) continue;
      const bool fits = outputs[i].width < 0 || static_cast<std::size_t>(outputs[i].width) == width;
      if (fits && (outputs[i].rank == 0 || outputs[i].rank == rank)) return i;
      return Error{Code::kInvalidArgument,
                   path + ": the output '" + name + "' has another form than config.json says"};
    }
    return Error{Code::kInvalidArgument,
                 path + ": none of its outputs is called '" + name + "', as config.json says"};
  }

  Status FindOutputs(const std::string& path) {
    const auto& outputs = network_->outputs();
    logits_ = outputs.size();
    pooled_.reset();
    if (config_.meaning) {
      HB_ASSIGN(meaning_, FindOutput(path, config_.meaning->output, 2, config_.meaning->width));
    }
    if (config_.tagger) {
      HB_ASSIGN(tags_, FindOutput(path, config_.tagger->output, 3, config_.tagger->labels.size()));
      // Words are put together between the marks of a text's beginning and end.
      std::vector<std::int32_t> marks;
      tokenizer_->Encode("", config_.max_tokens, marks);
      if (marks.size() != 2)
        return Error{Code::kInvalidArgument, path + ": a tagger's tokenizer needs two marks"};
    }
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i].name == "logits" || outputs.size() == 1) logits_ = i;
      if (outputs[i].name == "pooled" && outputs[i].rank == 2 && outputs[i].width > 0 &&
          wants_pooled_) {
        pooled_ = i;
        width_ = static_cast<std::size_t>(outputs[i].width);
      }
    }
    if (logits_ == outputs.size()) {
      return Error{Code::kInvalidArgument, path + ": none of its outputs is called logits"};
    }
    const auto& logits = outputs[logits_];
    if (logits.rank != 0 && logits.rank != 2) {
      return Error{
          Code::kInvalidArgument,
          path + ": logits are not [rows, labels]; only classifiers of whole texts are read"};
    }
    if (logits.width >= 0 && static_cast<std::size_t>(logits.width) != config_.outputs) {
      return Error{Code::kInvalidArgument, path + " gives " + std::to_string(logits.width) +
                                               " logits a text, config.json has labels for " +
                                               std::to_string(config_.outputs)};
    }
    return Ok();
  }

  /// What the tokenizer reads of `text`: `text` itself, or made in `out`.
  std::string_view Prepare(std::string_view text, ModelScratch& scratch, std::string& out) const {
    switch (config_.text) {
      case TextForm::kAsIs: return text;
      case TextForm::kHeartbeat1: scratch.cleaner.Clean(text, out); break;
      case TextForm::kUserHttp: MaskUsersAndLinks(text, out); break;
    }
    return out;
  }

  void AddRow(const std::vector<std::int32_t>& ids, ModelScratch& scratch) const {
    scratch.begins.push_back(scratch.ids.size());
    scratch.ids.insert(scratch.ids.end(), ids.begin(), ids.end());
    // A mean over no token is no number.
    if (ids.empty()) scratch.ids.push_back(tokenizer_->pad());
    scratch.lengths.push_back(
        static_cast<std::uint32_t>(scratch.ids.size() - scratch.begins.back()));
  }

  void Encode(std::span<const std::string_view> texts, std::string_view target,
              ModelScratch& scratch) const {
    scratch.ids.clear();
    scratch.begins.clear();
    scratch.lengths.clear();
    scratch.word_rows.clear();
    scratch.places.clear();
    scratch.target = Prepare(target, scratch, scratch.text);
    if (!target.empty()) scratch.target += ": ";
    for (std::string_view text : texts) {
      text = Prepare(text, scratch, scratch.text);
      if (!target.empty()) {
        scratch.joined.assign(scratch.target).append(text);
        text = scratch.joined;
      }
      tokenizer_->Encode(text, config_.max_tokens, scratch.encoded);
      AddRow(scratch.encoded, scratch);
    }
  }

  /// Encodes each text word by word as well: tools/train/vocabulary.py, encode_words. Most texts
  /// come out the same, and then need no row of their own.
  void EncodeWords(std::span<const std::vector<std::string_view>> texts, ModelScratch& scratch,
                   TransformerScores& out) const {
    out.word_begins.clear();
    for (std::size_t row = 0; row < texts.size(); ++row) {
      out.word_begins.push_back(scratch.places.size());
      EncodeOne(texts[row], scratch);
      const auto whole = std::span<const std::int32_t>(scratch.ids)
                             .subspan(scratch.begins[row], scratch.lengths[row]);
      const bool same =
          std::equal(whole.begin(), whole.end(), scratch.by_word.begin(), scratch.by_word.end());
      scratch.word_rows.push_back(static_cast<std::uint32_t>(same ? row : scratch.begins.size()));
      if (!same) AddRow(scratch.by_word, scratch);
    }
    out.word_begins.push_back(scratch.places.size());
  }

  void EncodeOne(const std::vector<std::string_view>& words, ModelScratch& scratch) const {
    constexpr std::string_view kUser = "@user";
    tokenizer_->Encode("", config_.max_tokens, scratch.by_word);
    const std::int32_t end = scratch.by_word.back();
    scratch.by_word.pop_back();
    scratch.before.clear();
    for (const std::string_view word : words) {
      const std::string_view clean = Prepare(word, scratch, scratch.text);
      scratch.word.clear();
      // Of several names in a row only the first is kept, as in a whole text.
      if (clean != kUser || scratch.before != kUser)
        tokenizer_->Encode(clean, config_.max_tokens, scratch.word);
      if (!clean.empty()) scratch.before = clean;
      const auto pieces =
          scratch.word.size() > 2
              ? std::span<const std::int32_t>(scratch.word).subspan(1, scratch.word.size() - 2)
              : std::span<const std::int32_t>();
      const std::size_t at = scratch.by_word.size();
      const std::size_t kept = std::min(pieces.size(), config_.max_tokens - 1 - at);
      // Of a hashtag it is the piece after its sign that counts.
      const std::size_t place = at + (clean.starts_with("# ") && pieces.size() > 1 ? 1 : 0);
      scratch.places.push_back(kept > 0 && place < at + kept ? static_cast<std::int32_t>(place)
                                                             : -1);
      scratch.by_word.insert(scratch.by_word.end(), pieces.begin(),
                             pieces.begin() + static_cast<std::ptrdiff_t>(kept));
    }
    scratch.by_word.push_back(end);
  }

  Status Run(const BatchPlan::Batch& batch, ModelScratch& scratch, TransformerScores& out) const {
    const std::size_t cells = batch.rows * batch.tokens;
    scratch.batch.assign(cells, tokenizer_->pad());
    scratch.mask.assign(cells, 0);
    const auto rows = scratch.plan.order().subspan(batch.begin, batch.rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto from = scratch.ids.begin() + static_cast<std::ptrdiff_t>(scratch.begins[rows[i]]);
      const auto to = static_cast<std::ptrdiff_t>(i * batch.tokens);
      std::copy_n(from, scratch.lengths[rows[i]], scratch.batch.begin() + to);
      std::fill_n(scratch.mask.begin() + to, scratch.lengths[rows[i]], 1);
    }
    HB_TRY(scratch.request->Run(scratch.batch, scratch.mask, batch.rows, batch.tokens));
    const auto logits = scratch.request->output(logits_);
    if (logits.size() != batch.rows * config_.outputs) {
      return Error{Code::kInvalidArgument, "the network gives " +
                                               std::to_string(logits.size() / batch.rows) +
                                               " logits a text, config.json has labels for " +
                                               std::to_string(config_.outputs)};
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i] >= out.rows) continue;  // There for its words only.
      const std::size_t at = rows[i] * config_.outputs;
      std::copy_n(logits.data() + i * config_.outputs, config_.outputs, out.logits.data() + at);
      for (const Head& head : config_.heads) {
        const std::span<float> all(out.probabilities.data() + at, config_.outputs);
        head.Probabilities(out.Logits(rows[i], head), all.subspan(head.begin, head.labels.size()));
      }
    }
    if (pooled_) HB_TRY(CopyPooled(batch, rows, scratch, out));
    if (config_.meaning) HB_TRY(CopyMeanings(batch, rows, scratch, out));
    return out.tags > 0 ? CopyWords(batch, rows, scratch, out) : Ok();
  }

  Status CopyMeanings(const BatchPlan::Batch& batch, std::span<const std::uint32_t> rows,
                      ModelScratch& scratch, TransformerScores& out) const {
    const std::size_t width = config_.meaning->width;
    const auto found = scratch.request->output(meaning_);
    if (found.size() != batch.rows * width)
      return Error{Code::kInternal, "the output of meanings has another size than it said"};
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i] >= out.rows) continue;
      const auto from = found.subspan(i * width, width);
      double squares = 0;
      for (const float x : from) squares += double{x} * double{x};
      const bool sound = std::isfinite(squares) && squares > 0;
      const double factor = sound ? 1 / std::sqrt(squares) : 0;
      for (std::size_t d = 0; d < width; ++d)
        out.meanings[rows[i] * width + d] = sound ? static_cast<float>(from[d] * factor) : 0.0F;
    }
    return Ok();
  }

  Status CopyWords(const BatchPlan::Batch& batch, std::span<const std::uint32_t> rows,
                   ModelScratch& scratch, TransformerScores& out) const {
    const auto found = scratch.request->output(tags_);
    if (found.size() != batch.rows * batch.tokens * out.tags)
      return Error{Code::kInternal, "the tagger's output has another size than it said"};
    for (std::size_t i = 0; i < rows.size(); ++i) {
      // A row above out.rows has the words of one text, in the order in which such rows came.
      std::size_t text = rows[i];
      if (text >= out.rows) {
        const auto at = std::find(scratch.word_rows.begin(), scratch.word_rows.end(), rows[i]);
        text = static_cast<std::size_t>(at - scratch.word_rows.begin());
      } else if (scratch.word_rows[text] != rows[i]) {
        continue;
      }
      for (std::size_t word = out.word_begins[text]; word < out.word_begins[text + 1]; ++word) {
        if (scratch.places[word] < 0) continue;
        const std::size_t token = i * batch.tokens + static_cast<std::size_t>(scratch.places[word]);
        LogProbabilities(found.subspan(token * out.tags, out.tags),
                         std::span(out.words).subspan(word * out.tags, out.tags));
      }
    }
    return Ok();
  }

  void LogProbabilities(std::span<const float> logits, std::span<float> out) const {
    float largest = -INFINITY, sum = 0;
    for (std::size_t tag = 0; tag < out.size(); ++tag) {
      const float logit = std::isfinite(logits[tag]) ? logits[tag] : 0.0F;
      out[tag] = logit / static_cast<float>(config_.tagger->temperature);
      largest = std::max(largest, out[tag]);
    }
    for (const float value : out) sum += std::exp(value - largest);
    for (float& value : out) value -= largest + std::log(sum);
  }

  Status CopyPooled(const BatchPlan::Batch& batch, std::span<const std::uint32_t> rows,
                    ModelScratch& scratch, TransformerScores& out) const {
    const auto pooled = scratch.request->output(*pooled_);
    if (pooled.size() != batch.rows * width_) {
      return Error{Code::kInternal, "the output pooled has another size than it said"};
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i] >= out.rows) continue;
      std::copy_n(pooled.data() + i * width_, width_, out.pooled.data() + rows[i] * width_);
    }
    return Ok();
  }

  static float Difference(const TransformerScores& a, const TransformerScores& b) {
    float most = 0;
    for (std::size_t i = 0; i < a.probabilities.size(); ++i) {
      most = std::max(most, std::abs(a.probabilities[i] - b.probabilities[i]));
    }
    return most;
  }

  TransformerConfig config_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::unique_ptr<Network> network_;
  Arithmetic arithmetic_ = Arithmetic::kFp32;
  float difference_ = 0;
  std::size_t logits_ = 0, meaning_ = 0, tags_ = 0;  // Places among the outputs.
  std::size_t width_ = 0;
  std::optional<std::size_t> pooled_;
  bool wants_pooled_ = false;
};

Result<TransformerConfig> ReadConfig(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    return Error{Code::kNotFound, "there is no folder " + folder.string()};
  }
  const std::string path = (folder / "config.json").string();
  HB_ASSIGN(const std::string json, ReadFile(path));
  std::string tokenizer;
  if (auto read = ReadFile((folder / "tokenizer_config.json").string()); read.ok()) {
    tokenizer = std::move(read).value();
  }
  auto config = ParseTransformerConfig(json, tokenizer);
  if (!config.ok()) return In(path, config.error());
  if (config.value().name.empty()) {
    // A name that ends in a slash has no last part.
    const auto plain = folder.lexically_normal();
    config.value().name = (plain.has_filename() ? plain : plain.parent_path()).filename().string();
  }
  return config;
}

}  // namespace

const Head* Transformer::head(std::string_view name) const {
  for (const Head& head : heads()) {
    if (head.name == name) return &head;
  }
  return nullptr;
}

Result<std::unique_ptr<Transformer>> Transformer::Load(const std::string& folder,
                                                       const Options& options) {
  HB_TRY(ReadConfig(folder));  // Its faults are easier to understand than the tokenizer's.
  HB_ASSIGN(auto tokenizer, LoadTokenizer(folder));
  return Load(folder, std::move(tokenizer), options);
}

Result<std::unique_ptr<Transformer>> Transformer::Load(const std::string& folder,
                                                       std::unique_ptr<Tokenizer> tokenizer,
                                                       const Options& options) {
  HB_ASSIGN(TransformerConfig config, ReadConfig(folder));
  const auto ids = static_cast<std::size_t>(tokenizer->size());
  if (config.vocabulary > 0 && ids > config.vocabulary) {
    return Error{Code::kInvalidArgument, folder + ": the tokenizer has " + std::to_string(ids) +
                                             " ids, the network only " +
                                             std::to_string(config.vocabulary) + " embeddings"};
  }
  config.max_tokens = std::min(config.max_tokens, std::max<std::size_t>(options.max_tokens, 3));
  auto transformer =
      std::make_unique<OnnxTransformer>(std::move(config), std::move(tokenizer), options);
  const auto path = (std::filesystem::path(folder) / "model.onnx").string();
  HB_TRY(transformer->Choose(path, options));
  return std::unique_ptr<Transformer>(std::move(transformer));
}

}  // namespace hb::neural
