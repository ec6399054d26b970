#include "simulate/made_up.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <span>
#include <string_view>

#include "base/hash.h"
#include "base/split_mix.h"

namespace hb::simulate {

namespace {

constexpr std::uint64_t kTextStream = 0x7465'7874, kAuthorStream = 0x6175'7468;

std::uint64_t Below(SplitMix64& random, std::uint64_t n) { return random.Next() % n; }

template <std::size_t N>
std::string_view Pick(SplitMix64& random, const std::array<std::string_view, N>& from) {
  return from[Below(random, N)];
}

struct Topic {
  std::string_view tag;                   ///< hashtag
  std::array<std::string_view, 6> nouns;  ///< in English
};
constexpr std::array<Topic, 10> kTopics = {{
    {"coffee", {"coffee", "my espresso", "the new roast", "this latte", "filter coffee", "decaf"}},
    {"football",
     {"the match", "our goalkeeper", "that penalty", "the referee", "the final", "football"}},
    {"climate",
     {"the heat", "climate policy", "the flood", "solar power", "the drought", "the storm"}},
    {"Ukraine",
     {"ukraine", "kyiv", "the grain deal", "the ceasefire talks", "ukraine's economy", "odesa"}},
    {"AI", {"this model", "the chatbot", "machine learning", "the robot", "the demo", "ai"}},
    {"trains",
     {"the train", "my commute", "the night train", "the timetable", "this station", "the metro"}},
    {"music", {"the album", "this song", "the concert", "her voice", "the encore", "vinyl"}},
    {"elections",
     {"the election", "the debate", "the polls", "the ballot", "turnout", "the recount"}},
    {"cats", {"my cat", "the cat", "this kitten", "a stray cat", "the vet", "cat food"}},
    {"stocks", {"the market", "inflation", "the earnings", "$ACME", "my savings", "the rate cut"}},
}};
constexpr std::array<std::string_view, 12> kOpenings = {
    "Honestly,",         "So",           "Can we talk about how", "Just saw that", "Update:",
    "Hot take:",         "Not again:",   "Good morning,",         "I think",       "Breaking:",
    "My neighbour says", "Reminder that"};
constexpr std::array<std::string_view, 10> kGlad = {"is wonderful today",
                                                    "made me so happy",
                                                    "is the best thing this week",
                                                    "was absolutely brilliant",
                                                    "is better than ever",
                                                    "deserves all the love",
                                                    "gives me hope",
                                                    "went great",
                                                    "was worth the wait",
                                                    "is a delight"};
constexpr std::array<std::string_view, 10> kSad = {
    "is terrible today", "makes me so angry",      "was a complete disaster", "is getting worse",
    "is a sad joke",     "disappointed everyone",  "broke down once more",    "is an awful mess",
    "was late and rude", "keeps me awake at night"};
constexpr std::array<std::string_view, 8> kPlain = {
    "starts at nine",     "was on the news",         "is on page four",  "changed its hours",
    "has a new schedule", "will be discussed today", "moved to Tuesday", "is what it is"};
constexpr std::array<std::string_view, 8> kWhere = {" in Lagos", " in Oslo",    " down here",
                                                    " in Lima",  " in Toronto", " in Kyiv",
                                                    " at work",  " in Mumbai"};
constexpr std::array<std::string_view, 9> kEmoji = {
    " 😀", " 😡", " ❤️", " 🇺🇦", " 👩🏽‍🚒", " 🎉", " 😢", " ☕", " 🤷‍♀️"};
constexpr std::array<std::string_view, 6> kSites = {
    "https://news.example.com/a/",        "https://blog.example.com/",
    "https://video.example.com/watch?v=", "https://shop.example.com/p/",
    "https://forum.example.com/t/",       "https://photos.example.com/"};

/// Whole sentences of other languages: {} is a hashtag.
struct Foreign {
  std::string_view lang, text;
};
constexpr std::array<Foreign, 16> kForeign = {{
    {"es", "Hoy el café está buenísimo, qué alegría {}"},
    {"es", "Qué vergüenza de partido, otra vez perdimos {}"},
    {"de", "Der Zug hat schon wieder Verspätung, unglaublich {}"},
    {"de", "Schönes Konzert gestern Abend, danke! {}"},
    {"fr", "Le débat de ce soir était vraiment décevant {}"},
    {"fr", "J'adore cette chanson, elle me rend heureuse {}"},
    {"ja", "今日のコーヒーはとても美味しい {}"},
    {"ja", "電車がまた遅れている、もう疲れた {}"},
    {"pt", "Que jogo incrível, melhor final de todas {}"},
    {"pt", "A inflação subiu de novo, está difícil {}"},
    {"ru", "Сегодня отличная погода и хороший кофе {}"},
    {"uk", "Сьогодні в Києві тихо, гарного ранку {}"},
    {"ar", "القطار متأخر مرة أخرى هذا الصباح {}"},
    {"hi", "आज की कॉफी बहुत अच्छी है {}"},
    {"tr", "Maç harikaydı, çok mutluyum {}"},
    {"ko", "오늘 커피 정말 맛있다 {}"},
}};
constexpr std::array<std::string_view, 12> kCountries = {"US", "GB", "NG", "IN", "CA", "AU",
                                                         "ES", "DE", "FR", "JP", "BR", "UA"};
constexpr std::array<std::string_view, 20> kSyllables = {
    "ka",  "lo", "mi", "ren", "ta",  "so", "vi", "ne",  "jo", "ra",
    "bel", "du", "fy", "gor", "hal", "is", "pe", "qua", "ul", "zen"};

void AddTag(std::string_view tag, Post& post) {
  post.hashtags.emplace_back(tag);
  post.text += " #";
  post.text += tag;
}

void English(SplitMix64& random, const Topic& topic, Post& post) {
  post.lang = "en";
  const auto sentence = [&] {
    std::string text(Pick(random, kOpenings));
    text += ' ';
    text += Pick(random, topic.nouns);
    text += ' ';
    const double mood = random.Unit();
    text += mood < 0.4   ? Pick(random, kGlad)
            : mood < 0.7 ? Pick(random, kSad)
                         : Pick(random, kPlain);
    if (random.Unit() < 0.4) text += Pick(random, kWhere);
    return text;
  };
  post.text = sentence();
  if (random.Unit() < 0.02) {  // a long post, of more than 280 characters
    while (post.text.size() < 320) post.text += ".\n" + sentence();
  }
  if (random.Unit() < 0.05) post.text += " \"so they say\" & more";
}

}  // namespace

Author AuthorNamed(std::string_view handle) {
  Author author;
  author.id = Hash64(handle) % 1'000'000'000'000'000'000ull + 1;
  author.handle = handle;
  author.name = handle;
  return author;
}

Author MakeAuthor(std::uint64_t seed, std::uint64_t number) {
  SplitMix64 random(Mix64(seed ^ kAuthorStream) ^ Mix64(number));
  std::string handle;
  for (int i = 0; i < 3; ++i) handle += Pick(random, kSyllables);
  Author author = AuthorNamed(fmt::format("{}_{}", handle, number));
  author.name = fmt::format("{} {}", handle, number);
  author.country = Pick(random, kCountries);
  // A few have very many: what follows from one over a uniform number.
  author.followers = static_cast<std::int64_t>(30.0 / (random.Unit() + 3e-6));
  author.verified = random.Unit() < 0.05;
  author.bot = random.Unit() < 0.03;
  return author;
}

void MakeText(std::uint64_t seed, std::uint64_t index, Post& post) {
  SplitMix64 random(Mix64(seed ^ kTextStream) ^ Mix64(index));
  // Few say much, many say little.
  const double rank = std::pow(random.Unit(), 2.0);
  post.author = MakeAuthor(seed, static_cast<std::uint64_t>(rank * static_cast<double>(kAuthors)));
  const Topic& topic = kTopics[Below(random, kTopics.size())];
  if (random.Unit() < 0.7) {
    English(random, topic, post);
    if (random.Unit() < 0.35) AddTag(topic.tag, post);
  } else {
    const Foreign& foreign = kForeign[Below(random, kForeign.size())];
    post.lang = foreign.lang;
    post.text = foreign.text.substr(0, foreign.text.size() - 3);  // without " {}"
    AddTag(topic.tag, post);
  }
  if (random.Unit() < 0.2) post.text += Pick(random, kEmoji);
  if (random.Unit() < 0.15) {
    const std::string url = fmt::format("{}{:x}", Pick(random, kSites), random.Next() & 0xFFFFFF);
    post.urls.push_back(url);
    post.text += " " + url;
  }
  if (post.author.verified) post.flags |= kFlagVerified;
  if (random.Unit() < 0.1) {
    post.flags |= kFlagMedia;
    post.flags |= random.Unit() < 0.8 ? kFlagImages : kFlagVideo;
  }
  if (random.Unit() < 0.01) post.flags |= kFlagSensitive;
  if (!post.author.country.empty() && random.Unit() < 0.03) post.flags |= kFlagGeo;
}

}  // namespace hb::simulate
