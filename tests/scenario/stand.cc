#include "stand.h"

#include <utility>

#include "log/memory/memory_log.h"
#include "pipeline/topics.h"
#include "record/avro_post.h"
#include "record/avro_window.h"
#include "record/identity.h"

namespace hb {

namespace {

PostKind KindOf(const std::string& name) {
  for (const PostKind kind : {PostKind::kRepost, PostKind::kReply, PostKind::kQuote}) {
    if (PostKindName(kind) == name) return kind;
  }
  return PostKind::kPost;
}

/// The scenario's scores in place of the models'.
void PutScores(const std::vector<ScenarioPost>& posts, AnalysisBatch& out) {
  for (std::size_t row = 0; row < posts.size(); ++row) {
    const ScenarioPost& post = posts[row];
    out.neg[row] = ToMicro(post.neg);
    out.neu[row] = ToMicro(post.neu);
    out.mixed[row] = ToMicro(post.mixed);
    const Micro pos = out.pos(row);
    out.label[row] = out.neg[row] > out.neu[row] && out.neg[row] > pos ? Label::kNegative
                     : pos > out.neu[row]                              ? Label::kPositive
                                                                       : Label::kNeutral;
    out.label4[row] = post.mixed >= 0.5 ? Label::kMixed : out.label[row];
    out.polarity[row] = ToMicro(post.polarity);
    out.subjectivity[row] = ToMicro(post.subjectivity);
  }
  out.lang.Clear();
  for (const ScenarioPost& post : posts) out.lang.Append(post.lang);
}

}  // namespace

Stand::Stand(StandConfig config, const AnalysisChain& chain)
    : config_(config), chain_(chain), scratch_(chain.MakeScratch()), log_(MakeMemoryLog(clock_)) {
  options_.sizes = {std::chrono::milliseconds(1000)};
  options_.allowed_lateness = std::chrono::milliseconds(0);
  options_.max_loaded = config_.max_loaded;
}

Status Stand::SetWindows(std::vector<std::chrono::milliseconds> sizes,
                         std::chrono::milliseconds lateness) {
  options_.sizes = std::move(sizes);
  options_.allowed_lateness = lateness;
  return MakeEngines();
}

Status Stand::AddTask(const std::string& tag, const std::string& rule) {
  Task task;
  task.tag = tag;
  task.rule = rule;
  tasks_.push_back(std::move(task));
  HB_ASSIGN(rules_, RuleSet::Compile(tasks_, static_cast<std::uint32_t>(tasks_.size())));
  return Ok();
}

Status Stand::MakeEngines() {
  HB_ASSIGN(tombstones_, Tombstones::Open(*log_));
  seen_ = std::make_unique<SeenKeys>(*log_, std::chrono::hours(24));
  if (!rules_) {
    HB_ASSIGN(rules_, RuleSet::Compile(tasks_, 0));
  }
  lanes_.clear();
  next_.resize(static_cast<std::size_t>(config_.partitions));
  for (std::int32_t p = 0; p < config_.partitions; ++p) {
    WindowEngine::Options options = options_;
    options.partition = Partition{p};
    auto load = [this](const AggregateKey& key) -> Result<StoredWindow> {
      const auto at = committed_.find(key);
      if (at == committed_.end()) return Error{Code::kNotFound, "no window"};
      StoredWindow window;
      HB_TRY(DecodeAggregate(at->second.bytes, window.aggregate));
      window.included = at->second.included;
      return window;
    };
    Lane lane;
    HB_ASSIGN(lane.engine, WindowEngine::Create(std::move(options), std::move(load)));
    std::vector<AggregateKey> open;
    for (const auto& [key, window] : committed_) {
      if (key.partition != Partition{p}) continue;
      Aggregate aggregate;
      HB_TRY(DecodeAggregate(window.bytes, aggregate));
      if (!aggregate.is_final) open.push_back(key);
    }
    lane.engine->Restore(open);
    lane.gathered = std::make_shared<PostBatch>();
    lanes_.push_back(std::move(lane));
  }
  return Ok();
}

Status Stand::Refuse(PostKey key, bool& refused) {
  refused = tombstones_->Contains(key);
  if (refused) return Ok();
  HB_ASSIGN(refused, seen_->Contains(key, clock_.Now()));
  if (refused) {
    ++repeats_;
    return Ok();
  }
  HB_ASSIGN(const auto transaction, log_->Begin("ingest"));
  HB_TRY(seen_->Record(*transaction, key, clock_.Now()));
  HB_TRY(transaction->Commit());
  seen_->Remember(key);
  return Ok();
}

Status Stand::Post(const ScenarioPost& post) {
  if (lanes_.empty()) HB_TRY(MakeEngines());
  const PostKey key = KeyOf(post.id);
  bool refused = false;
  HB_TRY(Refuse(key, refused));
  if (refused) return Ok();
  PostView view;
  view.time = FromMillis(post.time_ms);
  view.key = key;
  view.id = post.id;
  view.source = "scenario";
  view.content = post.text;
  view.author = post.author;
  view.lang = post.lang;
  view.country = post.country;
  view.kind = KindOf(post.kind);
  const auto at = static_cast<std::size_t>(ToInt(PartitionOf(key, config_.partitions)));
  Lane& lane = lanes_[at];
  PostBatch& posts = *lane.gathered;
  posts.Append(view);
  std::vector<std::uint32_t> matched;
  const auto scratch = rules_->MakeScratch();
  rules_->Match(posts, posts.size() - 1, *scratch, matched);
  for (const std::uint32_t rule : matched) posts.tasks.Push(rules_->tags()[rule]);
  posts.tasks.EndRow();
  posts.rules_version.push_back(rules_->version());
  lane.scores.push_back(post);
  if (posts.size() >= config_.batch) HB_TRY(Count(at));
  return config_.restart_every_step ? Restart() : Ok();
}

Result<std::shared_ptr<const AnalysisBatch>> Stand::Analyze(Lane& lane) {
  auto analysis = std::make_shared<AnalysisBatch>();
  chain_.Analyze(std::exchange(lane.gathered, std::make_shared<PostBatch>()), *scratch_, *analysis);
  PutScores(std::exchange(lane.scores, {}), *analysis);
  if (!config_.decode) return std::shared_ptr<const AnalysisBatch>(std::move(analysis));
  auto posts = std::make_shared<PostBatch>();
  auto decoded = std::make_shared<AnalysisBatch>();
  for (std::size_t row = 0; row < analysis->size(); ++row) {
    std::string bytes;
    EncodeAnalysis(*analysis, row, bytes);
    HB_TRY(DecodeAnalysis(bytes, *posts, *decoded));
  }
  decoded->posts = std::move(posts);
  return std::shared_ptr<const AnalysisBatch>(std::move(decoded));
}

Status Stand::Count(std::size_t at) {
  Lane& lane = lanes_[at];
  if (lane.gathered->empty()) return Ok();
  HB_ASSIGN(const auto analysis, Analyze(lane));
  Offset& next = next_[at];
  std::vector<Offset> offsets;
  for (std::size_t row = 0; row < analysis->size(); ++row)
    offsets.push_back(Advance(next, static_cast<std::int64_t>(row)));
  HB_TRY(lane.engine->Add(*analysis, {}, offsets));
  for (std::size_t row = 0; row < analysis->size(); ++row) {
    std::string bytes;
    EncodeAnalysis(*analysis, row, bytes);
    counted_[ToInt(analysis->posts->key[row])] = {at, next, std::move(bytes)};
    next = Advance(next, 1);
  }
  if (watermark_ != EventTime::min()) lane.engine->AdvanceWatermark(watermark_);
  return Ok();
}

Status Stand::Delete(const std::string& id) {
  if (lanes_.empty()) HB_TRY(MakeEngines());
  for (std::size_t at = 0; at < lanes_.size(); ++at) HB_TRY(Count(at));
  const PostKey key = KeyOf(id);
  HB_ASSIGN(const auto transaction, log_->Begin("ingest"));
  Tombstones::Record(*transaction, key, clock_.Now());
  HB_TRY(transaction->Commit());
  tombstones_->Add(key);
  if (const auto found = counted_.find(ToInt(key)); found != counted_.end()) {
    auto posts = std::make_shared<PostBatch>();
    AnalysisBatch row;
    HB_TRY(DecodeAnalysis(found->second.bytes, *posts, row));
    row.posts = std::move(posts);
    HB_TRY(lanes_[found->second.lane].engine->Subtract(row, 0, found->second.offset));
    counted_.erase(found);
  }
  return config_.restart_every_step ? Restart() : Ok();
}

Status Stand::Watermark(EventTime watermark) {
  if (lanes_.empty()) HB_TRY(MakeEngines());
  watermark_ = std::max(watermark_, watermark);
  for (std::size_t at = 0; at < lanes_.size(); ++at) {
    HB_TRY(Count(at));
    lanes_[at].engine->AdvanceWatermark(watermark);
  }
  return config_.restart_every_step ? Restart() : Commit();
}

Status Stand::Restart() {
  HB_TRY(Commit());
  return MakeEngines();
}

Status Stand::Commit() {
  for (std::size_t at = 0; at < lanes_.size(); ++at) {
    HB_TRY(Count(at));
    std::vector<Aggregate> changed;
    HB_TRY(lanes_[at].engine->Flush({.all = true, .next = next_[at]}, changed));
    for (const Aggregate& aggregate : changed) {
      Committed& window = committed_[aggregate.key];
      window.bytes.clear();
      EncodeAggregate(aggregate, window.bytes);
      window.included = next_[at];
    }
  }
  return Ok();
}

std::map<AggregateKey, Aggregate> Stand::Windows() const {
  std::map<AggregateKey, Aggregate> merged;
  for (const auto& [key, window] : committed_) {
    Aggregate aggregate;
    if (!DecodeAggregate(window.bytes, aggregate).ok() || aggregate.posts == 0) continue;
    AggregateKey whole = key;
    whole.partition = Partition{0};
    const auto [at, fresh] = merged.try_emplace(whole, aggregate);
    if (!fresh) at->second.Merge(aggregate);
    at->second.key = whole;
  }
  return merged;
}

}  // namespace hb
