// analysis/yake.h - keywords of a text or of many posts, equal to the Python package yake 0.7.3.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "analysis/segtok.h"
#include "text/stopwords.h"

namespace hb {

struct Keyword {
  std::string text;         ///< as first seen
  double score = 0;         ///< lower is better
  std::uint32_t count = 0;  ///< how often, in any case
};

class KeywordDocument;

/// Finds the phrases that a text is about, by how its own words are used in it.
///
/// Lifecycle  Made with its options and stop words; constant afterwards.
/// Threads    Const methods may run on several threads at once, each with its own document.
/// Errors     None: every byte string has an answer. Bytes that are not UTF-8 count as U+FFFD.
/// Source     R. Campos et al., "YAKE! Keyword extraction from single documents using multiple
///            local features", Information Sciences 509 (2020); behaviour as observed in yake
///            0.7.3.
class KeywordExtractor {
 public:
  enum class Similarity : std::uint8_t { kSeqm, kLevenshtein };
  struct Options {
    std::size_t ngram = 3;
    double dedup_limit = 0.9;  ///< 1 and more: similar phrases stay
    Similarity dedup = Similarity::kSeqm;
    std::size_t window = 1;
    std::size_t top = 20;
    /// Words of letters, digits and hyphens (COVID-19) count; links and mentions do not.
    bool repaired = false;
  };
  /// Phrases longer than this (code points) are alike for kLevenshtein only when equal.
  static constexpr std::size_t kLongestCompared = 1024;

  KeywordExtractor(const Options& options, StopWords stop_words)
      : options_(options), stop_words_(stop_words) {}
  /// `stop_words`: lower case, UTF-8.
  KeywordExtractor(const Options& options, const std::vector<std::string>& stop_words);

  /// Replaces `out` by the keywords of one text, best first.
  void Extract(std::string_view text, KeywordDocument& scratch, std::vector<Keyword>& out) const;
  /// The same for what was added to `document`.
  void Extract(KeywordDocument& document, std::vector<Keyword>& out) const;
  /// Adds a text with sentences of its own, such as one post of a window; false when the document
  /// is full (nothing of the text was added then).
  bool Add(std::string_view text, KeywordDocument& document) const;

  const Options& options() const { return options_; }
  /// Name and version to write beside a result: "yake-0.7.3" or "yake-0.7.3+repaired-1".
  std::string_view version() const {
    return options_.repaired ? "yake-0.7.3+repaired-1" : "yake-0.7.3";
  }

 private:
  friend class KeywordBuilder;
  bool IsStopWord(std::u32string_view lower) const;

  Options options_;
  StopWords stop_words_ = StopWords::Of("en");
  bool own_list_ = false;
  std::unordered_set<std::uint64_t> own_;  ///< hashes
};

/// What an extractor has read. A value; reuse one for many texts (its memory is kept).
class KeywordDocument {
 public:
  /// Texts are refused beyond this; a document takes some 100 bytes for each byte of text.
  static constexpr std::size_t kMaxBytes = std::size_t{4} << 20;

  void Clear();
  std::size_t bytes() const { return bytes_; }

 private:
  friend class KeywordExtractor;
  friend class KeywordBuilder;
  struct Token {
    segtok::Range text;
    std::uint32_t word = 0, term = 0;
    char tag = 'p';
  };
  struct Term {
    std::uint32_t tf = 0, tf_a = 0, tf_n = 0, sentences = 0, last_sentence = 0xFFFFFFFF;
    std::uint32_t in = 0, out = 0, first_occurrence = 0;
    std::uint64_t in_weight = 0, out_weight = 0;
    bool stop = false;
    double h = 0;
  };
  struct Candidate {
    std::uint32_t last = 0, words = 0, tf = 0;
    bool tags_ok = false;
    double h = 0;
  };
  /// Numbers by 64-bit keys; words are kept by their hash alone.
  class Map {
   public:
    /// The number of `key`, 0 when it is new. Valid until the next call.
    std::uint32_t& operator[](std::uint64_t key) {
      if (2 * ++used_ > keys_.size()) Grow();
      std::uint32_t* const value = Find(key);
      used_ -= *value != 0;
      return *value;
    }
    std::uint32_t Get(std::uint64_t key) { return keys_.empty() ? 0 : *Find(key); }
    void Clear();

   private:
    std::uint32_t* Find(std::uint64_t key);
    void Grow();
    std::vector<std::uint64_t> keys_;
    std::vector<std::uint32_t> values_;  ///< 0: the place is free
    std::size_t used_ = 0;
  };

  std::size_t bytes_ = 0;
  std::uint32_t sentences_ = 0;
  std::u32string text_, arena_, lower_;
  std::vector<segtok::Range> ranges_, words_found_;
  segtok::Tokenizer tokenizer_;
  std::vector<Token> tokens_;
  std::vector<Term> terms_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> occurrences_;  ///< term, sentence
  std::vector<Candidate> candidates_;
  std::vector<std::uint32_t> term_of_word_;
  Map words_, term_ids_, edges_, trie_;  ///< of words, terms and nodes: one more than their place
};

}  // namespace hb
