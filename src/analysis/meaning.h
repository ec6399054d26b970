// analysis/meaning.h - what a text is about, as a vector.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/word_vectors.h"
#include "neural/clean_text.h"
#include "neural/tokenizer.h"

namespace hb {

/// Gives each text the mean of the vectors of its words (models/meaning-fast): texts about the same
/// point the same way, whatever words they use.
///
/// Lifecycle  Default-constructed with the vectors that are part of the program, or FromFile.
/// Threads    Const methods may run on several threads at once, each with its own Scratch.
/// Memory     The word trie takes about 3 MiB. Nothing is allocated a text once a Scratch has
/// grown. Errors     None when encoding: every byte string has a vector, zeros if no word of it is
/// known.
///            Of a text beyond kMostBytes only the beginning is read.
class MeaningEncoder {
 public:
  static constexpr std::size_t kMostBytes = 8192;
  struct Scratch {
    neural::TextCleaner cleaner;
    std::string clean;
    std::vector<std::int32_t> words, sums;
    std::vector<std::int16_t> vector;
  };

  MeaningEncoder();
  /// A model.bin or its folder. kNotFound, kCorrupt.
  static Result<MeaningEncoder> FromFile(const std::string& path);

  /// The vector of `text`, of length model::kUnit or zeros; lives in `scratch` until the next call.
  /// The same on every machine. Cost: O(bytes).
  std::span<const std::int16_t> Encode(std::string_view text, Scratch& scratch) const;

  [[nodiscard]] const model::WordVectors& vectors() const { return *vectors_; }
  /// Name and version to write beside a result: "meaning-fast/1".
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  MeaningEncoder(std::shared_ptr<const model::WordVectors> own, const model::WordVectors& vectors,
                 std::shared_ptr<const neural::Tokenizer> tokenizer);

  std::shared_ptr<const model::WordVectors> own_;  ///< Empty: the program's own.
  const model::WordVectors* vectors_;
  std::shared_ptr<const neural::Tokenizer> tokenizer_;
  std::string name_;
};

}  // namespace hb
