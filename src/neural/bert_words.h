// neural/bert_words.h - BERT's basic tokenisation: from a text to words.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hb::neural {

/// What is done to the characters; BERT's lower-case models do all of it.
struct BertRules {
  bool clean_text = true;        ///< Drop controls; any blank becomes U+0020.
  bool space_ideographs = true;  ///< Each Chinese character is a word.
  bool strip_accents = true;     ///< Canonical decomposition without its marks.
  bool lower_case = true;
};

/// One word. `bytes` is valid until the next call.
struct BertWord {
  std::string_view bytes;  ///< Valid UTF-8; cut off where `characters` passes the reader's limit.
  std::size_t characters = 0;
};

/// Says for each character what becomes of it.
///
/// Threads  Never changes once made: any number of readers on any threads.
/// Source   J. Devlin et al., "BERT", NAACL 2019, as the package `tokenizers` 0.23.2 has it
///          (BertNormalizer, BertPreTokenizer): its tables, not the C++ library's or ICU's.
class BertTable {
 public:
  enum class Kind : std::uint8_t {
    kLetter,   ///< Part of a word: `code`.
    kDropped,  ///< Not there.
    kBlank,    ///< Parts words.
    kAlone,    ///< A word by itself: `code`.
    kMark,     ///< As a letter, but may change places with its neighbours (canonical order).
    kStop,     ///< Not there, but no mark passes it.
    kSeveral,  ///< Several characters: see Expand.
  };
  struct Entry {
    std::uint32_t bits = 0;
    [[nodiscard]] char32_t code() const { return bits & 0xFFFFFF; }
    [[nodiscard]] Kind kind() const { return static_cast<Kind>(bits >> 24); }
  };
  using Expansion = std::array<Entry, 4>;  ///< Ends at code 0.

  /// The table of these rules, made when it is first asked for (20 ms); lives as long as the
  /// program.
  static const BertTable& For(BertRules rules);

  [[nodiscard]] Entry Of(char32_t code) const {
    return code < table_.size() ? table_[code] : Look(code);
  }
  [[nodiscard]] Expansion Expand(char32_t code) const;

 private:
  explicit BertTable(BertRules rules);
  [[nodiscard]] Entry Look(char32_t code) const;

  BertRules rules_;
  std::vector<Entry> table_;
};

/// Reads one text word by word.
///
/// Threads  One thread at a time. Keep one for many texts: a steady state allocates nothing.
class BertReader {
 public:
  /// Starts on `text`, which must live as long as its words are read. `table` too.
  /// Of words longer than `max_characters` only the length is of use.
  void Start(const BertTable& table, std::string_view text, std::size_t max_characters);
  /// False at the end. Cost: O(bytes read).
  bool Next(BertWord& word);

 private:
  void Add(char32_t code);
  void EndMarks();
  bool Take(BertTable::Entry entry, bool& consumed);

  const BertTable* table_ = nullptr;
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t max_characters_ = 0;
  std::string word_;
  std::size_t characters_ = 0;
  BertTable::Expansion queue_{};  ///< What one character of the text became and is yet to be read.
  std::size_t queued_ = 0;        ///< Index into queue_; its size when there is nothing.
  std::vector<std::pair<std::uint8_t, char32_t>> marks_;  ///< Combining class, mark.
};

}  // namespace hb::neural
