#include "source/demo/script.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace hb {

namespace {

enum What : std::uint64_t {
  kCount = 1,
  kBurst,
  kPostFacts,
  kExtra,
  kAuthor,
  kOffset,
  kEditText,
  kOutage
};

constexpr std::int64_t kBlockSeconds = 480;
constexpr double kAuthors = 6000;
constexpr std::int64_t kOutageEvery = 7200;

constexpr std::string_view kFirst[] = {
    "quiet", "blue",   "tiny",  "sleepy", "brave", "salty", "silver", "lazy",  "early",
    "foggy", "mellow", "rusty", "honest", "wild",  "soft",  "north",  "lucky", "paper",
    "stray", "green",  "plain", "loud",   "slow",  "ripe",  "odd",    "warm"};
constexpr std::string_view kSecond[] = {
    "otter",   "lantern", "pixel",  "harbor", "willow", "badger", "comet",  "pebble", "sparrow",
    "teapot",  "violin",  "meadow", "anchor", "button", "heron",  "ladder", "maple",  "nickel",
    "orchard", "puffin",  "radish", "saddle", "tundra", "walnut", "zephyr", "kettle"};
constexpr std::string_view kHappy[] = {"😀",    "😍", "🎉", "❤️", "🙌", "😊",
                                       "🥳", "✨", "👏", "🤩",   "💚"};
constexpr std::string_view kAngry[] = {"😡", "😭", "💔", "😤", "🙄", "😩", "👎", "😞", "🤬", "😢"};
constexpr std::string_view kPlain[] = {"🤔", "👀", "🙃", "📍", "📷", "⏰", "🤷", "💬"};
constexpr std::string_view kTopicEmoji[][3] = {
    {"⚽", "🥅", "🏟️"}, {"🚋", "🚇", "🚌"},    {"⛈️", "❄️", "☀️"},
    {"☕", "🥐", "🫘"},    {"📱", "🔋", "📸"}, {"🚀", "🛰️", "🌌"},
    {"🐈", "📚", "🌿"}};

std::uint64_t Mix(std::uint64_t a, std::uint64_t b) {
  return DemoRandom(a ^ (b * 0xD6E8FEB86659FD93ull)).Next();
}

/// A Poisson number (Knuth's product method; a rounded normal above 30).
std::uint32_t Poisson(double mean, DemoRandom& random) {
  if (mean <= 0) return 0;
  if (mean > 30) {
    const double u = std::max(random.Unit(), 1e-12), v = random.Unit();
    const double normal = std::sqrt(-2 * std::log(u)) * std::cos(2 * std::numbers::pi * v);
    return static_cast<std::uint32_t>(std::max(0.0, mean + std::sqrt(mean) * normal + 0.5));
  }
  const double limit = std::exp(-mean);
  double product = random.Unit();
  std::uint32_t n = 0;
  while (product > limit) {
    product *= random.Unit();
    ++n;
  }
  return n;
}

/// 0.6 at night, 1.4 in the evening (UTC).
double Rhythm(std::int64_t second) {
  const double hour = static_cast<double>(second % 86400) / 3600;
  return 1 + 0.4 * std::sin(2 * std::numbers::pi * (hour - 11.5) / 24);
}

template <typename Items>
std::size_t Weighted(const Items& items, double at) {
  std::size_t i = 0;
  for (; i + 1 < items.size(); ++i) {
    at -= items[i].share;
    if (at < 0) break;
  }
  return i;
}

}  // namespace

struct DemoScript::Facts {
  std::int64_t second = 0;
  std::uint32_t index = 0;
  EventTime time{};
  std::size_t topic = 0, language = 0;
  std::uint64_t author = 0;
  std::string_view burst_tag;
  std::uint64_t burst_id = 0;
  bool campaign = false;
  char mood = 'n';  // p, g (negative), n, m
  PostKind kind = PostKind::kPost;
  std::uint64_t text_seed = 0;
};

DemoRandom DemoScript::Random(std::uint64_t what, std::int64_t second, std::uint64_t index) const {
  return DemoRandom(Mix(Mix(Mix(seed_, what), static_cast<std::uint64_t>(second)), index));
}

DemoScript::Outage DemoScript::OutageOf(std::int64_t second) const {
  const std::int64_t block = second / kOutageEvery;
  DemoRandom random = Random(kOutage, block, 0);
  Outage outage;
  outage.begin = block * kOutageEvery + 1200 + static_cast<std::int64_t>(random.Below(4800));
  outage.end = outage.begin + 25 + static_cast<std::int64_t>(random.Below(30));
  if (random.Chance(0.7))
    outage.refill = outage.end + 120 + static_cast<std::int64_t>(random.Below(300));
  return outage;
}

double DemoScript::Mood(std::size_t topic, std::int64_t second) const {
  DemoRandom phase(Mix(seed_, 77 + topic));
  const double t = static_cast<double>(second);
  const double tau = 2 * std::numbers::pi;
  const double mood = 0.45 * std::sin(t * tau / 1380 + phase.Unit() * tau) +
                      0.40 * std::sin(t * tau / 4020 + phase.Unit() * tau) +
                      0.30 * std::sin(t * tau / 14760 + phase.Unit() * tau);
  return std::clamp(mood, -1.0, 1.0);
}

std::vector<DemoScript::Burst> DemoScript::Bursts(std::int64_t second) const {
  std::vector<Burst> bursts;
  const std::int64_t block = second / kBlockSeconds;
  for (std::int64_t b = block - 2; b <= block; ++b) {
    DemoRandom random = Random(kBurst, b, 0);
    if (!random.Chance(0.8)) continue;
    const double start = static_cast<double>(b * kBlockSeconds) + 240 * random.Unit();
    const double rise = 50 + 60 * random.Unit(), fade = 90 + 170 * random.Unit();
    const double peak = rate_ * (0.35 + 0.9 * random.Unit());
    Burst burst;
    burst.topic = Weighted(DemoTopics(), random.Unit());
    const DemoTopic& topic = DemoTopics()[burst.topic];
    burst.hashtag = topic.bursts[random.Below(topic.bursts.size())];
    burst.mood = 1.6 * random.Unit() - 0.8;
    burst.campaign = random.Chance(0.125);
    burst.id = random.Next();
    const double age = static_cast<double>(second) - start;
    if (age < 0 || age > 900) continue;
    burst.rate = peak * (age < rise ? age / rise : std::exp(-(age - rise) / fade));
    if (burst.campaign) {
      burst.hashtag = "FreeSoupForAYear";
      burst.rate *= 0.4;
    }
    bursts.push_back(burst);
  }
  return bursts;
}

/// Posts of the second that belong to no burst.
std::uint32_t DemoScript::Quiet(std::int64_t second) const {
  DemoRandom random = Random(kCount, second, 0);
  return Poisson(rate_ * 0.85 * Rhythm(second), random);
}

std::uint32_t DemoScript::Posts(std::int64_t second) const {
  std::uint32_t n = Quiet(second);
  for (const Burst& burst : Bursts(second)) {
    DemoRandom random = Random(kCount, second, burst.id);
    n += Poisson(burst.rate, random);
  }
  return n;
}

DemoScript::Facts DemoScript::Decide(std::int64_t second, std::uint32_t index) const {
  Facts facts;
  facts.second = second;
  facts.index = index;
  DemoRandom random = Random(kPostFacts, second, index);
  const Burst* in = nullptr;
  std::vector<Burst> bursts;
  if (const std::uint32_t quiet = Quiet(second); index >= quiet) {
    bursts = Bursts(second);
    std::uint32_t end = quiet;
    for (const Burst& burst : bursts) {
      DemoRandom count = Random(kCount, second, burst.id);
      end += Poisson(burst.rate, count);
      in = &burst;
      if (index < end) break;
    }
  }
  std::int64_t late = 0;
  if (random.Chance(0.006)) late = 90'000 + static_cast<std::int64_t>(random.Below(600'000));
  facts.time = FromMillis(second * 1000 + static_cast<std::int64_t>(random.Below(1000)) - late);
  facts.topic = in != nullptr ? in->topic : Weighted(DemoTopics(), random.Unit());
  facts.language = Weighted(DemoLanguages(), random.Unit());
  double mood = Mood(facts.topic, second);
  if (in != nullptr) {
    facts.burst_tag = in->hashtag;
    facts.burst_id = in->id;
    facts.campaign = in->campaign;
    if (in->campaign) facts.language = 0;
    mood = 0.3 * mood + in->mood;
  }
  const double positive = std::clamp(0.33 + 0.30 * mood, 0.03, 0.75);
  const double negative = std::clamp(0.27 - 0.25 * mood, 0.03, 0.70);
  const double at = random.Unit();
  facts.mood = at < positive                     ? 'p'
               : at < positive + negative        ? 'g'
               : at < positive + negative + 0.05 ? 'm'
                                                 : 'n';
  const double kind = random.Unit();
  facts.kind = kind < 0.20   ? PostKind::kRepost
               : kind < 0.31 ? PostKind::kReply
               : kind < 0.35 ? PostKind::kQuote
                             : PostKind::kPost;
  if (facts.campaign) facts.kind = PostKind::kPost;
  const double pool = kAuthors * DemoLanguages()[facts.language].share;
  const double u = random.Unit();
  facts.author = facts.campaign
                     ? Mix(facts.burst_id, random.Below(3))
                     : Mix(Mix(seed_, kAuthor),
                           facts.language * 1'000'000 + static_cast<std::uint64_t>(pool * u * u));
  facts.text_seed = random.Next();
  return facts;
}

std::string DemoScript::IdOf(std::int64_t second, std::uint32_t index) const {
  return fmt::format("demo-{:x}-{}-{}", seed_, second, index);
}

std::string DemoScript::AuthorOf(std::int64_t second, std::uint32_t index) const {
  return fmt::format("u{}", Decide(second, index).author % 100'000'000);
}

namespace {

std::string Handle(std::uint64_t author) {
  DemoRandom random(author);
  const std::string_view first = kFirst[random.Below(std::size(kFirst))];
  const std::string_view second = kSecond[random.Below(std::size(kSecond))];
  return fmt::format("{}{}{}{}", first, random.Chance(0.5) ? "_" : "", second, random.Below(100));
}

bool WritesWithoutSpaces(std::string_view language) { return language == "ja"; }

}  // namespace

/// Who says it, and everything that is not text.
void DemoScript::WriteAuthor(const Facts& facts, DemoPost& out) const {
  const DemoLanguage& language = DemoLanguages()[facts.language];
  DemoRandom author(facts.author + 1);
  out.author = fmt::format("u{}", facts.author % 100'000'000);
  out.handle = Handle(facts.author);
  out.country =
      author.Chance(0.85) ? language.countries[author.Below(language.countries.size())] : "";
  const double fame = author.Unit();
  out.followers = static_cast<std::int64_t>(std::pow(10, 1 + 4.2 * fame * fame * fame));
  out.flags = static_cast<std::uint16_t>(author.Chance(0.03) ? kFlagVerified : 0);
}

/// The words: a sentence of the topic and mood, perhaps with something before and behind it.
void DemoScript::WriteSentence(const Facts& facts, DemoRandom& random, std::string& text) const {
  const DemoTopic& topic = DemoTopics()[facts.topic];
  const std::string_view language = DemoLanguages()[facts.language].code;
  const DemoGrammar& grammar = GrammarOf(language);
  const std::string_view space = WritesWithoutSpaces(language) ? "" : " ";
  if (facts.campaign) {
    grammar.Expand("burst.campaign", "", random, text);
    return;
  }
  if (random.Chance(0.2)) {
    grammar.Expand("open", "", random, text);
    text += space;
  }
  const std::string_view mood = facts.mood == 'p'   ? "pos"
                                : facts.mood == 'g' ? "neg"
                                : facts.mood == 'm' ? "mix"
                                                    : "neu";
  const std::string burst = fmt::format("burst.{}", facts.burst_tag);
  const std::string own = fmt::format("{}.{}", topic.name, mood);
  const std::string& rule =
      !facts.burst_tag.empty() && grammar.Has(burst) && random.Chance(0.7) ? burst : own;
  grammar.Expand(grammar.Has(rule) ? std::string_view(rule) : mood, topic.name, random, text);
  if (facts.mood != 'n' && random.Chance(0.3)) text += random.Chance(0.4) ? "!!" : "!";
  if (random.Chance(0.22)) {
    if (text.back() != '!' && text.back() != '?' && !space.empty()) text += '.';
    text += space;
    grammar.Expand("close", "", random, text);
  }
  const bool raise = random.Chance(0.55) && text[0] >= 'a' && text[0] <= 'z';
  if (raise) text[0] = static_cast<char>(text[0] - 'a' + 'A');
}

void DemoScript::WriteEmoji(const Facts& facts, DemoRandom& random, std::string& text) const {
  text += ' ';
  for (std::uint64_t n = 1 + random.Below(3) / 2; n > 0; --n) {
    if (random.Chance(0.35)) {
      text += kTopicEmoji[facts.topic][random.Below(3)];
    } else if (facts.mood == 'p') {
      text += kHappy[random.Below(std::size(kHappy))];
    } else if (facts.mood == 'g') {
      text += kAngry[random.Below(std::size(kAngry))];
    } else {
      text += kPlain[random.Below(std::size(kPlain))];
    }
  }
}

/// A post by itself, as if it were no repost, reply or quote.
void DemoScript::Write(const Facts& facts, DemoPost& out) const {
  const DemoTopic& topic = DemoTopics()[facts.topic];
  const std::string_view language = DemoLanguages()[facts.language].code;
  DemoRandom random(facts.text_seed);
  out = DemoPost{};
  out.time = facts.time;
  out.id = out.conversation = IdOf(facts.second, facts.index);
  out.lang = language;
  WriteAuthor(facts, out);
  WriteSentence(facts, random, out.content);
  if (random.Chance(0.42)) WriteEmoji(facts, random, out.content);

  const auto add_tag = [&](std::string_view tag) {
    out.content += fmt::format(" #{}", tag);
    out.hashtags.emplace_back(tag);
  };
  // Rules know few words of these languages, but every hashtag.
  const bool needs_tag = language == "ja" || language == "ar";
  const bool in_burst = !facts.burst_tag.empty();
  if (in_burst && (facts.campaign || random.Chance(0.93))) add_tag(facts.burst_tag);
  if (!topic.hashtag.empty() && !facts.campaign && random.Chance(needs_tag ? 0.95 : 0.45)) {
    add_tag(topic.hashtag);
  }
  if (random.Chance(0.16)) add_tag(topic.side_tags[random.Below(topic.side_tags.size())]);
  if (random.Chance(0.09)) {
    out.urls.push_back(
        fmt::format("https://news.example.com/{}/{:x}", topic.name, random.Below(1 << 20)));
    out.content += ' ';
    out.content += out.urls.back();
  }
  if (random.Chance(0.12)) out.flags |= kFlagMedia | kFlagImages;
  if (random.Chance(0.03)) out.flags |= kFlagMedia | kFlagVideo;
  if (random.Chance(0.04)) out.flags |= kFlagGeo;
}

/// A post of the past seconds [second - nearest - span, second - nearest]; false if none is found.
bool DemoScript::PickEarlier(std::int64_t second, std::int64_t nearest, std::int64_t span,
                             DemoRandom& random, bool plain, DemoEvent& out) const {
  for (int tries = 0; tries < 4; ++tries) {
    const double u = random.Unit();
    const std::int64_t then =
        second - nearest - static_cast<std::int64_t>(static_cast<double>(span) * u * u);
    const std::uint32_t posts = Posts(then);
    if (posts == 0) continue;
    const auto index = static_cast<std::uint32_t>(random.Below(posts));
    if (plain && Decide(then, index).kind != PostKind::kPost) continue;
    out.second = then;
    out.index = index;
    return true;
  }
  return false;
}

void DemoScript::Compose(std::int64_t second, std::uint32_t index, DemoPost& out) const {
  const Facts facts = Decide(second, index);
  Write(facts, out);
  if (facts.kind == PostKind::kPost) return;
  DemoRandom random(facts.text_seed ^ 0x5bd1e995);
  DemoEvent earlier;
  if (!PickEarlier(second, 3, 900, random, true, earlier)) return;
  DemoPost original;
  Write(Decide(earlier.second, earlier.index), original);
  out.kind = facts.kind;
  out.conversation = original.id;
  if (facts.kind == PostKind::kReply) {
    const DemoGrammar& grammar = GrammarOf(out.lang);
    const std::string rule = facts.mood == 'p'   ? "reply.pos"
                             : facts.mood == 'g' ? "reply.neg"
                                                 : "reply.neu";
    out.content = fmt::format("@{} ", original.handle);
    grammar.Expand(grammar.Has(rule) ? rule : "reply", "", random, out.content);
    out.reply_to = original.handle;
    out.hashtags.clear();
    out.urls.clear();
    if (!original.hashtags.empty() && random.Chance(0.7)) {
      out.content += fmt::format(" #{}", original.hashtags[0]);
      out.hashtags.push_back(original.hashtags[0]);
    }
    return;
  }
  out.repost_of = original.handle;
  if (facts.kind == PostKind::kRepost) {
    out.content = original.content;
    out.lang = original.lang;
    out.hashtags = original.hashtags;
    out.urls = original.urls;
    out.conversation = out.id;
  } else {
    out.urls.push_back(
        fmt::format("https://posts.example.com/{}/{}", original.handle, original.id));
    out.content += fmt::format(" {}", out.urls.back());
  }
}

void DemoScript::ComposeEdit(std::int64_t second, std::uint32_t index, EventTime time,
                             DemoPost& out) const {
  Compose(second, index, out);
  out.chain = out.id;
  out.id += "-e1";
  out.time = time;
  static constexpr std::string_view kNotes[] = {" (edited)", " (sorry, typo)",
                                                " (now with the right day)",
                                                " - edit: it got even louder", " - edit: solved!"};
  out.content += kNotes[Random(kEditText, second, index).Below(std::size(kNotes))];
}

void DemoScript::Events(std::int64_t second, std::vector<DemoEvent>& out) const {
  out.clear();
  const std::uint32_t posts = Posts(second);
  for (std::uint32_t i = 0; i < posts; ++i) {
    // A late post is told now, whatever its own time is.
    const std::int64_t own = ToMillis(Decide(second, i).time) - second * 1000;
    out.push_back({DemoEvent::Kind::kPost, own >= 0 ? own : 500, second, i});
  }
  DemoRandom random = Random(kExtra, second, 0);
  const auto extra = [&](double share, std::int64_t nearest, std::int64_t span, bool plain,
                         DemoEvent::Kind kind) {
    for (std::uint32_t n = Poisson(rate_ * share, random); n > 0; --n) {
      DemoEvent event;
      event.kind = kind;
      event.offset_ms = static_cast<std::int64_t>(random.Below(1000));
      if (PickEarlier(second, nearest, span, random, plain, event)) out.push_back(event);
    }
  };
  extra(0.004, 1, 20, false, DemoEvent::Kind::kPost);  // the same once more
  extra(0.003, 20, 240, true, DemoEvent::Kind::kEdit);
  extra(0.004, 15, 1200, false, DemoEvent::Kind::kDelete);
  std::stable_sort(out.begin(), out.end(), [](const DemoEvent& a, const DemoEvent& b) {
    return a.offset_ms < b.offset_ms;
  });
}

}  // namespace hb
