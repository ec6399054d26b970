#include "analysis/chain.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "analysis/accurate.h"
#include "analysis/accurate_topics.h"
#include "analysis/escalation.h"
#include "analysis/language.h"
#include "analysis/mixed.h"
#include "analysis/sentiment_by_language.h"
#include "base/utf8.h"
#include "text/simhash.h"
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
  TopicModel::Scratch topics;
  std::vector<TopWord> top_words;
  std::string text;

  /// Of the batch analysed last: rows that the transformer has read, in order.
  std::vector<std::uint32_t> read;
  std::vector<Micro> largest;
  std::vector<std::string_view> texts;
  std::vector<std::vector<std::string_view>> name_words;  ///< of each text
  std::vector<model::StateScores> evidence;
  std::unique_ptr<AccurateModel::Scratch> accurate;
  std::size_t stances = 0;  ///< rows that ReadToward has read since
  /// Of the same batch: each row's topics, one row after another, and where each row's end.
  std::vector<TopicScore> topics_found, row_topics;
  std::vector<std::size_t> topic_ends;
  /// Of the same batch, each row; empty without Options::sentiment.
  std::vector<SentimentQuestion> asked;
  std::unique_ptr<SentimentModel::Scratch> other;
  std::string model;
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
  DefaultChain(const Options& options, std::unique_ptr<const AccurateModel> accurate,
               std::unique_ptr<const AccurateTopics> topics)
      : options_(options), accurate_(std::move(accurate)), accurate_topics_(std::move(topics)) {
    if (!accurate_) return;
    both_names_ = accurate_->name() + "+" + names_.model();
    accurate_emotion_ = accurate_->name();
    if (accurate_->asks_fast_emotion())
      accurate_emotion_ += "+" + emotion_.model(EmotionAnalyzer::Head::kEmotion);
  }

  [[nodiscard]] std::unique_ptr<Scratch> MakeScratch() const override {
    return std::make_unique<ChainScratch>();
  }

  using AnalysisChain::Analyze;
  void Analyze(std::shared_ptr<const PostBatch> posts, Scratch& scratch, Reading& reading,
               AnalysisBatch& out) const override {
    auto& own = static_cast<ChainScratch&>(scratch);
    Reserve(posts->size(), out);
    if (options_.only_polarity) return AnalyzePolarity(std::move(posts), own, out);
    // One analyzer after the other goes over all posts, and not each post through all of them: each
    // has tables that fill the cache.
    FindLanguages(*posts, own, out);
    FindWords(*posts, own, out);
    ScorePolarity(*posts, own, out);
    ScoreSentiment(*posts, own, out);
    out.posts = std::move(posts);
    own.read.clear();
    own.stances = 0;
    if (accurate_ && options_.tier != Tier::kFast) reading.status = Read(own, reading, out);
    // What the transformer has a say in, now that its part is known.
    if (accurate_topics_) {
      for (std::uint32_t row = 0; row < out.size(); ++row) {
        ScoreTopics(out, row, own);
        AppendTopics(own, out);
      }
    }
    if (ReadsNames()) {
      for (std::uint32_t row = 0; row < out.size(); ++row) {
        TagRow(out, row, own, own.found_names);
        AppendNames(own, out);
      }
    }
    if (options_.sentiment) reading.sentiment = Ask(own, out);
    NameModels(own, out);
  }

  [[nodiscard]] Explanation Explain(std::string_view text, std::string_view lang) const override {
    Explanation explanation;
    ChainScratch scratch;
    for (auto& word : sentiment_.Explain(text, lang, scratch.sentiment, kExplainedWords)) {
      const std::size_t begin = CountCodePoints(text.substr(0, word.begin));
      const std::size_t end = begin + CountCodePoints(word.text);
      explanation.sentiment.push_back(
          {std::move(word.text), begin, end, word.weights[0], word.weights[1], word.weights[2]});
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

  [[nodiscard]] EmotionScore EmotionOf(const AnalysisBatch& batch, std::size_t row,
                                       Scratch& scratch) const override {
    auto& own = static_cast<ChainScratch&>(scratch);
    const std::size_t place = PlaceOf(row, own);
    const bool read = place != SIZE_MAX;
    // The fast models stand in for heads that the transformer does not have.
    const bool whole = read && accurate_->has_emotion() && !accurate_->asks_fast_emotion() &&
                       accurate_->has_tone();
    const EmotionScore fast =
        whole ? EmotionScore{} : emotion_.Score(batch.posts->content[row], own.emotion);
    if (!read) return fast;
    return accurate_->EmotionOf(*own.accurate, place, fast);
  }

  void FindNames(const AnalysisBatch& batch, std::size_t row, Scratch& scratch,
                 std::vector<NamedEntity>& out) const override {
    TagRow(batch, static_cast<std::uint32_t>(row), static_cast<ChainScratch&>(scratch), out);
  }

  Status ReadToward(const AnalysisBatch& batch, std::string_view target,
                    Scratch& scratch) const override {
    auto& own = static_cast<ChainScratch&>(scratch);
    own.stances = 0;
    if (!accurate_) {
      return Error{Code::kInvalidArgument,
                   "only a transformer can say how a text stands to a target, and none is loaded"};
    }
    HB_TRY(NeedAccurate(own));
    own.texts.clear();
    for (std::size_t row = 0; row < batch.size(); ++row)
      own.texts.push_back(batch.posts->content[row]);
    HB_TRY(accurate_->ScoreToward(own.texts, target, *own.accurate));
    own.stances = batch.size();
    return Ok();
  }

  [[nodiscard]] std::optional<StanceScore> StanceOf(std::size_t row,
                                                    const Scratch& scratch) const override {
    const auto& own = static_cast<const ChainScratch&>(scratch);
    if (row >= own.stances) return std::nullopt;
    return accurate_->Stance(*own.accurate, row);
  }

  [[nodiscard]] const TopicModel* topics() const override { return options_.topics.get(); }
  void FindTopics(std::size_t row, const Scratch& scratch,
                  std::vector<TopicScore>& out) const override {
    const auto& own = static_cast<const ChainScratch&>(scratch);
    out.clear();
    if (!options_.topics) return;
    const auto begin = own.topics_found.begin();
    const std::size_t first = row == 0 ? 0 : own.topic_ends[row - 1];
    out.assign(begin + static_cast<std::ptrdiff_t>(first),
               begin + static_cast<std::ptrdiff_t>(own.topic_ends[row]));
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
    std::vector<Model> models;
    if (accurate_ && accurate_->has_stance())
      models.push_back({"stance", accurate_->name(), false});
    const SentimentModel* other = options_.sentiment.get();
    const bool ours = other == nullptr || !other->answers_all();
    if (other != nullptr) models.push_back({"sentiment", other->name()});
    if (accurate_ && options_.tier != Tier::kFast) {
      models.push_back({"sentiment", accurate_->name(), ours});
      if (ReadsNames()) models.push_back({"entities", both_names_, options_.entities});
      if (accurate_->has_emotion())
        models.push_back({"emotion", accurate_emotion_, options_.emotion});
      if (accurate_->has_tone()) {
        for (const char* task : {"irony", "offensive", "hate"})
          models.push_back({task, accurate_->name(), false});
      }
    }
    for (Model& fast : FastModels()) {
      fast.carried = fast.carried && (ours || !fast.task.starts_with("sentiment"));
      models.push_back(std::move(fast));
    }
    if (accurate_topics_) models.push_back({"topics", accurate_->name()});
    if (options_.topics) models.push_back({"topics", options_.topics->name()});
    return models;
  }

 private:
  [[nodiscard]] std::vector<Model> FastModels() const {
    return {{"sentiment", sentiment_.fast().model(), options_.tier != Tier::kAccurate},
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

  static void Reserve(std::size_t rows, AnalysisBatch& out) {
    for (auto* column : {&out.neg, &out.neu, &out.mixed, &out.polarity, &out.subjectivity}) {
      column->reserve(rows);
    }
    out.label.reserve(rows);
    out.label4.reserve(rows);
  }

  void AnalyzePolarity(std::shared_ptr<const PostBatch> posts, ChainScratch& own,
                       AnalysisBatch& out) const {
    for (std::size_t row = 0; row < posts->size(); ++row) {
      const PolarityScore score = polarity_.Score(posts->content[row], own.polarity);
      const Micro polarity = ToMicro(score.polarity);
      const Micro size = std::abs(polarity);
      out.polarity.push_back(polarity);
      out.subjectivity.push_back(ToMicro(score.subjectivity));
      out.neg.push_back(std::max<Micro>(-polarity, 0));
      out.neu.push_back(kMicro - size);
      out.mixed.push_back(0);
      const Label largest = 2 * size <= kMicro ? Label::kNeutral
                            : polarity < 0     ? Label::kNegative
                                               : Label::kPositive;
      out.label.push_back(largest);
      out.label4.push_back(largest);
      out.lang.Append(posts->lang[row]);
      for (ListColumn* list :
           {&out.hashtags, &out.mentions, &out.cashtags, &out.links, &out.emoji, &out.words}) {
        list->EndRow();
      }
      out.clean.Append("");
    }
    out.models.Fill({.sentiment = polarity_.version(), .polarity = polarity_.version()},
                    posts->size());
    out.posts = std::move(posts);
  }

  void FindLanguages(const PostBatch& posts, ChainScratch& own, AnalysisBatch& out) const {
    for (std::size_t row = 0; row < posts.size(); ++row)
      out.lang.Append(language_.Detect(posts.content[row], posts.lang[row], own.language).code);
  }

  /// What the walk over a text finds. Requires: out.lang.
  void FindWords(const PostBatch& posts, ChainScratch& own, AnalysisBatch& out) const {
    RowSet tags, names;
    for (std::size_t row = 0; row < posts.size(); ++row) {
      WalkText(posts.content[row], own.walk);
      AppendEntities(own.walk, own.text, tags, names, out);
      if (options_.fingerprint) out.fingerprint.push_back(SimHash(own.walk));
      TopWords(own.walk, out.lang[row], own.top_words);
      for (const TopWord& word : own.top_words) out.words.Push(word.In(own.walk));
      out.words.EndRow();
      CleanWord(own.walk, out.clean.Open());
      out.clean.Close();
      if (options_.entities && !ReadsNames()) {
        names_.Tag(own.walk, own.names, own.found_names);
        AppendNames(own, out);
      }
    }
  }

  void ScorePolarity(const PostBatch& posts, ChainScratch& own, AnalysisBatch& out) const {
    for (std::size_t row = 0; row < posts.size(); ++row) {
      const PolarityScore score = polarity_.Score(posts.content[row], own.polarity);
      out.polarity.push_back(ToMicro(score.polarity));
      out.subjectivity.push_back(ToMicro(score.subjectivity));
    }
  }

  /// Sentiment, and what goes on from its walk. Requires: out.lang.
  void ScoreSentiment(const PostBatch& posts, ChainScratch& own, AnalysisBatch& out) const {
    own.topics_found.clear();
    own.topic_ends.clear();
    for (std::size_t row = 0; row < posts.size(); ++row) {
      const std::string_view text = posts.content[row];
      const SentimentScore score = sentiment_.Score(text, out.lang[row], own.sentiment);
      out.neg.push_back(score.neg);
      out.neu.push_back(score.neu);
      out.mixed.push_back(score.mixed);
      out.label.push_back(score.label);
      out.label4.push_back(score.label4);
      if (options_.emotion) AppendEmotion(emotion_.Score(own.sentiment.walk(), own.emotion), out);
      if (options_.topics && !accurate_topics_) {
        options_.topics->Score(text, own.sentiment.walk(), own.topics, own.row_topics);
        AppendTopics(own, out);
      }
    }
  }

  static void AppendEmotion(const EmotionScore& score, AnalysisBatch& out) {
    for (std::size_t i = 0; i < kFeltEmotions; ++i) out.emotions[i].push_back(score.emotions[i]);
    out.emotion.push_back(score.label);
  }

  /// Replaces own.row_topics. Requires: accurate_topics_.
  void ScoreTopics(const AnalysisBatch& batch, std::uint32_t row, ChainScratch& own) const {
    const std::size_t place = PlaceOf(row, own);
    if (place == SIZE_MAX) {
      options_.topics->Score(batch.posts->content[row], own.topics, own.row_topics);
    } else {
      accurate_topics_->Score(*own.accurate, place, own.row_topics);
    }
  }

  /// Pushes own.row_topics, and keeps them for FindTopics.
  void AppendTopics(ChainScratch& own, AnalysisBatch& out) const {
    for (const TopicScore& topic : own.row_topics)
      out.topics.Push(options_.topics->names()[topic.topic]);
    out.topics.EndRow();
    own.topics_found.insert(own.topics_found.end(), own.row_topics.begin(), own.row_topics.end());
    own.topic_ends.push_back(own.topics_found.size());
  }

  /// Whether the transformer has a say in what names are.
  [[nodiscard]] bool ReadsNames() const {
    return accurate_ && accurate_->has_names() && options_.entities && options_.tier != Tier::kFast;
  }

  /// Place of a row among those that the transformer has read; SIZE_MAX if it has not.
  static std::size_t PlaceOf(std::size_t row, const ChainScratch& own) {
    const auto at = std::lower_bound(own.read.begin(), own.read.end(), row);
    const bool read = at != own.read.end() && *at == row;
    return read ? static_cast<std::size_t>(at - own.read.begin()) : SIZE_MAX;
  }

  /// Finds the names of a row; walks over its text.
  void TagRow(const AnalysisBatch& batch, std::uint32_t row, ChainScratch& own,
              std::vector<NamedEntity>& out) const {
    WalkText(batch.posts->content[row], own.walk);
    const std::size_t place = ReadsNames() ? PlaceOf(row, own) : SIZE_MAX;
    if (place == SIZE_MAX) return names_.Tag(own.walk, own.names, out);
    accurate_->Evidence(*own.accurate, place, model::EntityView::kGeneral, own.evidence);
    names_.Tag(own.walk, own.evidence, own.names, out);
  }

  /// Pushes own.found_names, found in own.walk.
  static void AppendNames(ChainScratch& own, AnalysisBatch& out) {
    if (own.found_names.size() > kMaxNames) own.found_names.resize(kMaxNames);
    for (const NamedEntity& name : own.found_names) {
      own.text.assign(name.TypeName()).append(":").append(name.Text(own.walk.text));
      out.names.Push(own.text);
      out.name_spans.push_back({name.begin_point, name.end_point});
    }
    out.names.EndRow();
  }

  /// Lets the transformer read what it may, and puts its results in the place of the fast ones.
  Status Read(ChainScratch& own, Reading& reading, AnalysisBatch& out) const {
    ChooseRows(reading.most, own, out);
    if (own.read.empty()) return Ok();
    const auto begin = std::chrono::steady_clock::now();
    const Status status = ReadRows(own, out);
    reading.time = std::chrono::steady_clock::now() - begin;
    if (!status.ok()) own.read.clear();
    reading.posts = own.read.size();
    return status;
  }

  void ChooseRows(std::size_t most, ChainScratch& own, const AnalysisBatch& out) const {
    own.largest.assign(out.size(), 0);
    for (std::size_t row = 0; row < out.size(); ++row) {
      if (out.posts->content[row].empty() || !accurate_->Reads(out.lang[row])) continue;
      if (options_.tier == Tier::kAccurate) {
        own.read.push_back(static_cast<std::uint32_t>(row));
      } else {
        own.largest[row] = std::max({out.neg[row], out.neu[row], out.pos(row)});
      }
    }
    if (options_.tier == Tier::kCascade) LeastSure(own.largest, most, own.read);
  }

  Status NeedAccurate(ChainScratch& own) const {
    if (!own.accurate) {
      HB_ASSIGN(own.accurate, accurate_->MakeScratch());
    }
    return Ok();
  }

  Status ReadRows(ChainScratch& own, AnalysisBatch& out) const {
    HB_TRY(NeedAccurate(own));
    own.texts.clear();
    own.name_words.resize(ReadsNames() ? own.read.size() : 0);
    for (const std::uint32_t row : own.read) {
      const std::string_view text = out.posts->content[row];
      if (ReadsNames()) {
        WalkText(text, own.walk);
        NamedEntityTagger::Words(own.walk, own.names, own.name_words[own.texts.size()]);
      }
      own.texts.push_back(text);
    }
    HB_TRY(accurate_->Score(own.texts, own.name_words, *own.accurate));
    for (std::size_t i = 0; i < own.read.size(); ++i) {
      const std::uint32_t row = own.read[i];
      const SentimentShares shares = accurate_->Sentiment(*own.accurate, i);
      out.neg[row] = shares.neg;
      out.neu[row] = shares.neu;
      out.label[row] = LargestOf(shares.neg, shares.neu, shares.pos);
      SetLabel4(row, out);
      if (!options_.emotion || !accurate_->has_emotion()) continue;
      const EmotionScore felt = accurate_->EmotionOf(*own.accurate, i, FastEmotion(row, out));
      for (std::size_t e = 0; e < kFeltEmotions; ++e) out.emotions[e][row] = felt.emotions[e];
      out.emotion[row] = felt.label;
    }
    return Ok();
  }

  /// What the fast model has put into a row.
  static EmotionScore FastEmotion(std::size_t row, const AnalysisBatch& out) {
    EmotionScore fast;
    Micro rest = kMicro;
    for (std::size_t i = 0; i < kFeltEmotions; ++i) {
      fast.emotions[i] = out.emotions[i][row];
      rest -= fast.emotions[i];
    }
    fast.emotions[static_cast<std::size_t>(Emotion::kNone)] = rest;
    return fast;
  }

  /// Whether both poles are there is found clause by clause, which the fast model does.
  static void SetLabel4(std::size_t row, AnalysisBatch& out) {
    const Micro mixed = out.mixed[row];
    out.label4[row] = mixed == 0
                          ? out.label[row]
                          : LargestOf(FourWay(out.neg[row], out.neu[row], out.pos(row), mixed));
  }

  /// Puts the other model's answers in the place of the tier's.
  Status Ask(ChainScratch& own, AnalysisBatch& out) const {
    if (!own.other) own.other = options_.sentiment->MakeScratch();
    own.asked.clear();
    for (std::size_t row = 0; row < out.size(); ++row) {
      SentimentQuestion& post = own.asked.emplace_back();
      post.text = out.posts->content[row];
      post.lang = out.lang[row];
    }
    Status status = options_.sentiment->Judge(*own.other, own.asked);
    for (std::size_t row = 0; row < out.size(); ++row) {
      const SentimentQuestion& post = own.asked[row];
      if (!post.answered) continue;
      out.neg[row] = post.score.neg;
      out.neu[row] = post.score.neu;
      out.label[row] = post.score.label;
      if (post.mixed_too) {
        out.mixed[row] = post.score.mixed;
        out.label4[row] = post.score.label4;
      } else {
        SetLabel4(row, out);
      }
    }
    return status;
  }

  /// The name of what judged the sentiment of a row, `ours` if the other model did not.
  std::string_view SentimentName(ChainScratch& own, std::size_t row, std::string_view ours) const {
    if (!options_.sentiment) return ours;
    const std::string& other = options_.sentiment->name();
    const SentimentQuestion& post = own.asked[row];
    if (post.answered) return other;
    own.model.assign(ours).append("-for-").append(other, 0, other.find('/')).append(":");
    return own.model.append(post.why_not);
  }

  void NameModels(ChainScratch& own, AnalysisBatch& out) const {
    ModelNames names{.polarity = polarity_.version(), .language = language_.model()};
    out.models.Clear();
    auto read = own.read.begin();
    for (std::uint32_t row = 0; row < out.size(); ++row) {
      const bool here = read != own.read.end() && *read == row;
      if (here) ++read;
      names.sentiment =
          SentimentName(own, row, here ? accurate_->name() : sentiment_.model(out.lang[row]));
      if (options_.topics)
        names.topics = here && accurate_topics_ ? accurate_->name() : options_.topics->name();
      if (options_.entities) names.entities = here && ReadsNames() ? both_names_ : names_.model();
      if (options_.emotion) {
        names.emotion = here && accurate_->has_emotion()
                            ? accurate_emotion_
                            : emotion_.model(EmotionAnalyzer::Head::kEmotion);
      }
      static_cast<void>(out.models.Append(names));  // so few sets never are too many
    }
  }

  const Options options_;
  const std::unique_ptr<const AccurateModel> accurate_;          ///< null in the fast tier
  const std::unique_ptr<const AccurateTopics> accurate_topics_;  ///< null: the fast ones serve all
  const SentimentByLanguage sentiment_;
  const PolarityAnalyzer polarity_;
  const VaderAnalyzer vader_;
  const LanguageAnalyzer language_;
  const EmotionAnalyzer emotion_;
  const NamedEntityTagger names_;
  std::string both_names_;        ///< for names that both taggers have judged
  std::string accurate_emotion_;  ///< for emotions that the transformer has judged
};

}  // namespace

Result<AnalysisChain::Tier> AnalysisChain::ParseTier(std::string_view name) {
  if (name == "fast") return Tier::kFast;
  if (name == "accurate") return Tier::kAccurate;
  if (name == "cascade") return Tier::kCascade;
  return Error{Code::kInvalidArgument,
               "tier '" + std::string(name) + "' is not known; there are fast, accurate, cascade"};
}

std::string_view AnalysisChain::TierName(Tier tier) noexcept {
  switch (tier) {
    case Tier::kFast: return "fast";
    case Tier::kAccurate: return "accurate";
    case Tier::kCascade: return "cascade";
  }
  return "fast";
}

Result<std::unique_ptr<AnalysisChain>> AnalysisChain::Create(const Options& options) {
  std::unique_ptr<const AccurateModel> accurate;
  if (options.tier != Tier::kFast || options.stance) {
    HB_ASSIGN(accurate, AccurateModel::Load(options.model, {.concurrent = options.concurrent,
                                                            .names = options.entities,
                                                            .topics = options.topics != nullptr}));
  }
  std::unique_ptr<const AccurateTopics> topics;
  if (options.tier != Tier::kFast && options.topics) {
    HB_ASSIGN(topics, AccurateTopics::Make(*accurate, *options.topics));
  }
  return std::unique_ptr<AnalysisChain>(
      std::make_unique<DefaultChain>(options, std::move(accurate), std::move(topics)));
}

}  // namespace hb
