#include "analysis/chain.h"

#include <cctype>
#include <utility>

#include "analysis/language.h"
#include "analysis/sentiment_by_language.h"
#include "base/utf8.h"
#include "text/text_walk.h"
#include "text/words.h"

namespace hb {

namespace {

constexpr std::size_t kExplainedWords = 12;
constexpr KeywordExtractor::Options kKeywords{.top = 10, .repaired = true};

constexpr std::size_t kKeywordsOfMany = 100;

class ChainScratch : public AnalysisChain::Scratch {
 public:
  TextWalk walk;
  SentimentByLanguage::Scratch sentiment;
  PolarityAnalyzer::Scratch polarity;
  VaderAnalyzer::Scratch vader;
  LanguageAnalyzer::Scratch language;
  EmotionAnalyzer::Scratch emotion;
  NamedEntityTagger::Scratch names;
  std::vector<NamedEntity> found_names;
  KeywordDocument keywords;
  std::vector<TopWord> top_words;
  std::string text;
};

/// True if `list` already has `value` among the values pushed for the row that is being built.
class RowSet {
 public:
  /// Remembers the hash; false if it was there.
  bool Insert(std::uint64_t hash) {
    for (const std::uint64_t seen : seen_) {
      if (seen == hash) return false;
    }
    seen_.push_back(hash);
    return true;
  }
  void Clear() { seen_.clear(); }

 private:
  std::vector<std::uint64_t> seen_;  ///< A post has few entities: a scan beats a table.
};

void AppendEntities(const TextWalk& walk, std::string& buffer, RowSet& tags, RowSet& names,
                    AnalysisBatch& out) {
  tags.Clear();
  names.Clear();
  for (const Entity& entity : walk.entities) {
    const Token& token = walk.TokenOf(entity);
    switch (entity.kind) {
      case EntityKind::kHashtag:
        if (tags.Insert(token.hash)) out.hashtags.Push(walk.Folded(token));
        break;
      case EntityKind::kMention:
        if (names.Insert(token.hash)) out.mentions.Push(walk.Folded(token));
        break;
      case EntityKind::kCashtag:
        buffer.assign(entity.Value(walk.text));
        for (char& c : buffer) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        out.cashtags.Push(buffer);
        break;
      case EntityKind::kUrl: out.links.Push(entity.Text(walk.text)); break;
      case EntityKind::kEmoji: out.emoji.Push(entity.Text(walk.text)); break;
    }
  }
  for (ListColumn* list : {&out.hashtags, &out.mentions, &out.cashtags, &out.links, &out.emoji}) {
    list->EndRow();
  }
}

class DefaultChain : public AnalysisChain {
 public:
  explicit DefaultChain(const Options& options) : options_(options) {}

  [[nodiscard]] std::unique_ptr<Scratch> MakeScratch() const override {
    return std::make_unique<ChainScratch>();
  }

  void Analyze(std::shared_ptr<const PostBatch> posts, Scratch& scratch,
               AnalysisBatch& out) const override {
    auto& own = static_cast<ChainScratch&>(scratch);
    RowSet tags, names;
    Reserve(posts->size(), out);
    out.sentiment_model = sentiment_.fast().model();
    for (std::size_t row = 0; row < posts->size(); ++row) {
      const std::string_view text = posts->content[row];
      WalkText(text, own.walk);
      AppendEntities(own.walk, own.text, tags, names, out);

      const LanguageGuess language = language_.Detect(text, posts->lang[row], own.language);
      out.lang.Append(language.code);
      TopWords(own.walk, language.code, own.top_words);
      for (const TopWord& word : own.top_words) out.words.Push(word.In(own.walk));
      out.words.EndRow();
      own.text.clear();
      CleanWord(own.walk, own.text);
      out.clean.Append(own.text);

      const PolarityScore polarity = polarity_.Score(text, own.polarity);
      out.polarity.push_back(ToMicro(polarity.polarity));
      out.subjectivity.push_back(ToMicro(polarity.subjectivity));

      const SentimentScore score = sentiment_.Score(text, language.code, own.sentiment);
      out.SetSentimentModel(row, sentiment_.model(language.code));
      out.neg.push_back(score.neg);
      out.neu.push_back(score.neu);
      out.mixed.push_back(score.mixed);
      out.label.push_back(score.label);
      out.label4.push_back(score.label4);

      if (options_.emotion) AppendEmotion(emotion_.Score(own.sentiment.walk(), own.emotion), out);
      if (options_.entities) AppendNames(own, out);
    }
    out.posts = std::move(posts);
    out.polarity_model = polarity_.version();
    out.language_model = language_.model();
    if (options_.emotion) out.emotion_model = emotion_.model(EmotionAnalyzer::Head::kEmotion);
    if (options_.entities) out.names_model = names_.model();
  }

  [[nodiscard]] Explanation Explain(std::string_view text, std::string_view lang) const override {
    Explanation explanation;
    ChainScratch scratch;
    for (auto& word : sentiment_.Explain(text, lang, scratch.sentiment, kExplainedWords)) {
      const std::size_t begin = CountCodePoints(text.substr(0, word.begin));
      const std::size_t end = begin + CountCodePoints(word.text);
      explanation.sentiment.push_back(
          {std::move(word.text), begin, end, word.negative, word.neutral, word.positive});
    }
    std::vector<PolarityAssessment> assessments;
    polarity_.Explain(text, scratch.polarity, assessments);
    KeepHeaviest(kExplainedWords, assessments);
    for (auto& part : assessments) {
      explanation.polarity.push_back({std::move(part.words), part.polarity, part.subjectivity});
    }
    return explanation;
  }

  [[nodiscard]] PolarityScore Polarity(std::string_view text, Scratch& scratch) const override {
    return polarity_.Score(text, static_cast<ChainScratch&>(scratch).polarity);
  }

  [[nodiscard]] VaderScore Vader(std::string_view text, Scratch& scratch) const override {
    return vader_.Score(text, static_cast<ChainScratch&>(scratch).vader);
  }

  [[nodiscard]] EmotionScore EmotionOf(std::string_view text, Scratch& scratch) const override {
    return emotion_.Score(text, static_cast<ChainScratch&>(scratch).emotion);
  }

  void FindNames(std::string_view text, Scratch& scratch,
                 std::vector<NamedEntity>& out) const override {
    names_.Tag(text, static_cast<ChainScratch&>(scratch).names, out);
  }

  void FindKeywords(std::span<const std::string_view> texts, std::string_view lang,
                    Scratch& scratch, std::vector<Keyword>& out) const override {
    KeywordExtractor::Options options = kKeywords;
    if (texts.size() > 1) options.top = kKeywordsOfMany;
    const KeywordExtractor extractor(options, StopWords::Of(lang));
    KeywordDocument& document = static_cast<ChainScratch&>(scratch).keywords;
    document.Clear();
    for (const std::string_view text : texts) {
      if (!extractor.Add(text, document)) break;
    }
    extractor.Extract(document, out);
  }

  [[nodiscard]] std::vector<Model> models() const override {
    return {{"sentiment", sentiment_.fast().model()},
            {"sentiment_multi", sentiment_.multilingual().model()},
            {"polarity", std::string(polarity_.version())},
            {"vader", std::string(vader_.version()), false},
            {"language", std::string(language_.model())},
            {"hashtags", "twitter-text/3.1"},
            {"emotion", emotion_.model(EmotionAnalyzer::Head::kEmotion), options_.emotion},
            {"irony", emotion_.model(EmotionAnalyzer::Head::kIrony), false},
            {"offensive", emotion_.model(EmotionAnalyzer::Head::kOffensive), false},
            {"hate", emotion_.model(EmotionAnalyzer::Head::kHate), false},
            {"entities", names_.model(), options_.entities},
            {"keywords", std::string(KeywordExtractor(kKeywords, StopWords::Of("en")).version()),
             false}};
  }

 private:
  static void Reserve(std::size_t rows, AnalysisBatch& out) {
    for (auto* column : {&out.neg, &out.neu, &out.mixed, &out.polarity, &out.subjectivity}) {
      column->reserve(rows);
    }
    out.label.reserve(rows);
    out.label4.reserve(rows);
  }

  static void AppendEmotion(const EmotionScore& score, AnalysisBatch& out) {
    for (std::size_t i = 0; i < kFeltEmotions; ++i) out.emotions[i].push_back(score.emotions[i]);
    out.emotion.push_back(score.label);
  }

  void AppendNames(ChainScratch& own, AnalysisBatch& out) const {
    names_.Tag(own.walk, own.names, own.found_names);
    if (own.found_names.size() > kMaxNames) own.found_names.resize(kMaxNames);
    for (const NamedEntity& name : own.found_names) {
      own.text.assign(name.TypeName()).append(":").append(name.Text(own.walk.text));
      out.names.Push(own.text);
      out.name_spans.push_back({name.begin_point, name.end_point});
    }
    out.names.EndRow();
  }

  const Options options_;
  const SentimentByLanguage sentiment_;
  const PolarityAnalyzer polarity_;
  const VaderAnalyzer vader_;
  const LanguageAnalyzer language_;
  const EmotionAnalyzer emotion_;
  const NamedEntityTagger names_;
};

}  // namespace

Result<std::unique_ptr<AnalysisChain>> AnalysisChain::Create(const Options& options) {
  return std::unique_ptr<AnalysisChain>(std::make_unique<DefaultChain>(options));
}

}  // namespace hb
