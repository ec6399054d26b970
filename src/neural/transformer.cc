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
  std::string text;
  BatchPlan plan;
  std::vector<std::int32_t> encoded;      // One text's.
  std::vector<std::int32_t> ids;          // All texts', one after the other.
  std::vector<std::size_t> begins;        // Where each begins in ids.
  std::vector<std::uint32_t> lengths;     // And how many it has.
  std::vector<std::int64_t> batch, mask;  // What the network reads.
};

class OnnxTransformer final : public Transformer {
 public:
  OnnxTransformer(TransformerConfig config, std::unique_ptr<Tokenizer> tokenizer, bool pooled)
      : config_(std::move(config)), tokenizer_(std::move(tokenizer)), wants_pooled_(pooled) {}

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
  [[nodiscard]] Arithmetic arithmetic() const override { return arithmetic_; }
  [[nodiscard]] float difference() const override { return difference_; }
  [[nodiscard]] std::size_t max_tokens() const override { return config_.max_tokens; }

  [[nodiscard]] Result<std::unique_ptr<Scratch>> MakeScratch() const override {
    auto scratch = std::make_unique<ModelScratch>();
    HB_ASSIGN(scratch->request, network_->MakeRequest());
    return std::unique_ptr<Scratch>(std::move(scratch));
  }

  Status Score(std::span<const std::string_view> texts, Scratch& base,
               TransformerScores& out) const override {
    auto& scratch = static_cast<ModelScratch&>(base);
    Encode(texts, scratch);
    scratch.plan.Make(scratch.lengths, config_.max_tokens);
    out.rows = texts.size();
    out.outputs = config_.outputs;
    out.width = pooled_ ? width_ : 0;
    out.logits.resize(out.rows * out.outputs);
    out.probabilities.resize(out.logits.size());
    out.pooled.resize(out.rows * out.width);
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

  Status FindOutputs(const std::string& path) {
    const auto& outputs = network_->outputs();
    logits_ = outputs.size();
    pooled_.reset();
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

  void Encode(std::span<const std::string_view> texts, ModelScratch& scratch) const {
    scratch.ids.clear();
    scratch.begins.clear();
    scratch.lengths.clear();
    for (std::string_view text : texts) {
      if (config_.text == TextForm::kHeartbeat1) {
        scratch.cleaner.Clean(text, scratch.text);
        text = scratch.text;
      } else if (config_.text == TextForm::kUserHttp) {
        MaskUsersAndLinks(text, scratch.text);
        text = scratch.text;
      }
      tokenizer_->Encode(text, config_.max_tokens, scratch.encoded);
      // A mean over no token is no number.
      if (scratch.encoded.empty()) scratch.encoded.push_back(tokenizer_->pad());
      scratch.begins.push_back(scratch.ids.size());
      scratch.lengths.push_back(static_cast<std::uint32_t>(scratch.encoded.size()));
      scratch.ids.insert(scratch.ids.end(), scratch.encoded.begin(), scratch.encoded.end());
    }
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
      const std::size_t at = rows[i] * config_.outputs;
      std::copy_n(logits.data() + i * config_.outputs, config_.outputs, out.logits.data() + at);
      for (const Head& head : config_.heads) {
        const std::span<float> all(out.probabilities.data() + at, config_.outputs);
        head.Probabilities(out.Logits(rows[i], head), all.subspan(head.begin, head.labels.size()));
      }
    }
    return pooled_ ? CopyPooled(batch, rows, scratch, out) : Ok();
  }

  Status CopyPooled(const BatchPlan::Batch& batch, std::span<const std::uint32_t> rows,
                    ModelScratch& scratch, TransformerScores& out) const {
    const auto pooled = scratch.request->output(*pooled_);
    if (pooled.size() != batch.rows * width_) {
      return Error{Code::kInternal, "the output pooled has another size than it said"};
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
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
  std::size_t logits_ = 0, width_ = 0;  // Places among the outputs.
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
      std::make_unique<OnnxTransformer>(std::move(config), std::move(tokenizer), options.pooled);
  const auto path = (std::filesystem::path(folder) / "model.onnx").string();
  HB_TRY(transformer->Choose(path, options));
  return std::unique_ptr<Transformer>(std::move(transformer));
}

}  // namespace hb::neural
