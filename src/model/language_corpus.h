// model/language_corpus.h - labelled texts as the words that a language model is trained on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/language_text.h"

namespace hb::model {

/// Texts of one language in one script from one file: words by number, text after text.
struct LanguageSource {
  std::vector<std::uint32_t> words;
  std::vector<std::uint32_t> begins{0};  ///< Of each text; one more than there are texts.

  std::size_t texts() const { return begins.size() - 1; }
};

/// Training texts. A text is given to the script that most of its letters are written in, and only
/// the words of that script are kept.
///
/// Threads  One at a time.
/// Memory   A number a word and each different word once.
class LanguageCorpus {
 public:
  struct Key {
    Script script;
    std::string code;
    auto operator<=>(const Key&) const = default;
  };
  struct Class {
    Key key;
    std::vector<LanguageSource> sources;
  };

  /// Adds a text of the language that `label` names.
  void Add(std::string_view label, std::string_view text);
  /// What is added from now on is another source.
  void BeginSource() { ++files_; }
  /// Adds the `lang<TAB>text` lines after the header line of a file, as one source. The file may be
  /// compressed with gzip. kNotFound, kUnavailable, kCorrupt, kInvalidArgument; the message names
  /// the file.
  Status AddFile(const std::string& path);
  /// Drops languages that are written in a script in less than `share` of their texts (names and
  /// quotations) or in fewer than `texts` of them.
  void DropRare(double share = 0.15, std::size_t texts = 100);

  const std::vector<Class>& classes() const { return classes_; }
  std::size_t texts() const { return texts_; }
  std::size_t words() const { return spans_.size(); }
  /// A word by its number; lives as long as the corpus does not grow.
  LanguageWord Word(std::uint32_t number) const {
    const Span& span = spans_[number];
    return {symbols_.data() + span.begin, span.count, span.hash, span.script};
  }

 private:
  struct Span {
    std::uint64_t hash;
    std::size_t begin;
    std::uint32_t count;
    Script script;
  };
  std::uint32_t NumberOf(const LanguageWord& word);

  std::map<Key, std::size_t> index_;
  std::vector<Class> classes_;
  std::unordered_map<std::uint64_t, std::uint32_t> numbers_;
  std::vector<Span> spans_;
  std::vector<std::uint32_t> symbols_;
  std::vector<std::uint32_t> words_;  // Of the text at hand.
  std::size_t texts_ = 0;
  std::size_t files_ = 0;
};

struct LabelledText {
  std::string language;  ///< CanonicalLanguage of the label.
  std::string text;
};
/// Appends the `lang<TAB>text` lines after the header line of a file. Errors as AddFile.
Status ReadLabelledTexts(const std::string& path, std::vector<LabelledText>& out);

}  // namespace hb::model
