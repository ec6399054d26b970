#include "analysis/meaning.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "model/embedded.h"
#include "model/model_file.h"
#include "neural/wordpiece.h"

namespace hb {
namespace {

using model::WordVectors;

/// The program's own, made once: the trie takes some milliseconds.
const std::shared_ptr<const neural::Tokenizer>& EmbeddedTokenizer() {
  static const std::shared_ptr<const neural::Tokenizer> tokenizer = [] {
    auto made = neural::WordPiece::FromVocabulary(model::EmbeddedMeaning().vocabulary(), {});
    if (!made.ok()) {  // A broken build: there is nobody to give an error to.
      std::fprintf(stderr, "embedded meaning model: %s\n", made.error().message.c_str());
      std::abort();
    }
    return std::shared_ptr<const neural::Tokenizer>(std::move(made).value());
  }();
  return tokenizer;
}

}  // namespace

MeaningEncoder::MeaningEncoder()
    : MeaningEncoder(nullptr, model::EmbeddedMeaning(), EmbeddedTokenizer()) {}

MeaningEncoder::MeaningEncoder(std::shared_ptr<const WordVectors> own, const WordVectors& vectors,
                               std::shared_ptr<const neural::Tokenizer> tokenizer)
    : own_(std::move(own)),
      vectors_(&vectors),
      tokenizer_(std::move(tokenizer)),
      name_(std::string(vectors.name()) + "/" + std::string(vectors.version())) {}

Result<MeaningEncoder> MeaningEncoder::FromFile(const std::string& path) {
  HB_ASSIGN(WordVectors loaded, model::LoadWordVectors(path));
  const auto own = std::make_shared<const WordVectors>(std::move(loaded));
  auto tokenizer = neural::WordPiece::FromVocabulary(own->vocabulary(), {});
  if (!tokenizer.ok()) return Error{Code::kCorrupt, path + ": " + tokenizer.error().message};
  return MeaningEncoder(own, *own, std::move(tokenizer).value());
}

std::span<const std::int16_t> MeaningEncoder::Encode(std::string_view text,
                                                     Scratch& scratch) const {
  scratch.cleaner.Clean(text.substr(0, kMostBytes), scratch.clean);
  tokenizer_->Encode(scratch.clean, WordVectors::kMostRows, scratch.words);
  // The marks of the beginning and the end say nothing.
  const auto words = std::span<const std::int32_t>(scratch.words);
  const auto inner = words.size() > 2 ? words.subspan(1, words.size() - 2) : words.subspan(0, 0);
  for (const std::int32_t word : inner) vectors_->Prefetch(static_cast<std::size_t>(word));
  scratch.sums.assign(vectors_->dims(), 0);
  scratch.vector.resize(vectors_->dims());
  vectors_->Add(inner, scratch.sums);
  WordVectors::Normalize(scratch.sums, scratch.vector);
  return scratch.vector;
}

}  // namespace hb
