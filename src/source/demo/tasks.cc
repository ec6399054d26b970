#include "source/demo/tasks.h"

namespace hb {

namespace {

using Words = std::string_view;

constexpr DemoTask kTasks[] = {
    {"football",
     "football OR derby OR striker OR goalkeeper OR penalty OR fútbol OR futebol OR fußball OR "
     "calcio OR "
     "voetbal OR futbol OR футбол OR #DerbyDay OR #LastMinuteGoal OR #ExtraTime OR #PenaltyDrama "
     "OR #RedCard"},
    {"city-transit",
     "tram OR trams OR metro OR \"night bus\" OR tranvía OR straßenbahn OR tramway OR tramwaj OR "
     "tramvay OR "
     "трамвай OR #CityTransit OR #TramStrike OR #NightBus OR #SignalFailure OR #FreeRideDay"},
    {"weather",
     "storm OR thunderstorm OR heatwave OR drizzle OR snow OR tormenta OR tempestade OR tempête OR "
     "orage OR "
     "gewitter OR temporale OR burza OR fırtına OR гроза OR #SkyWatch OR #FirstSnow OR "
     "#StormWarning OR #Heatwave OR #DoubleRainbow"},
    {"coffee",
     "coffee OR espresso OR latte OR café OR kaffee OR caffè OR koffie OR kawa OR kahve OR кофе OR "
     "قهوة OR "
     "#CoffeeTime OR #FreeLatteDay OR #BeanShortage OR #ColdBrewWeek OR #LatteArt"},
    {"lumo-phone", "lumo OR #LumoPhone OR #LumoLaunch OR #LumoUpdate OR #LumoBattery OR #LumoGlow"},
    {"aurora-mission",
     "rocket OR \"launch window\" OR \"aurora mission\" OR cohete OR foguete OR fusée OR rakete OR "
     "razzo OR raket OR "
     "rakieta OR roket OR ракета OR #AuroraMission OR #AuroraLaunch OR #ScrubDay OR #Liftoff OR "
     "#SoftLanding"},
};

constexpr Words kFootballSide[] = {"matchday", "football", "awaydays", "fulltime"};
constexpr Words kFootballBursts[] = {"LastMinuteGoal", "PenaltyDrama", "ExtraTime", "RedCard"};
constexpr Words kTransitSide[] = {"commute", "publictransport", "mondays"};
constexpr Words kTransitBursts[] = {"TramStrike", "SignalFailure", "FreeRideDay", "NightBus"};
constexpr Words kWeatherSide[] = {"clouds", "umbrella", "weekend"};
constexpr Words kWeatherBursts[] = {"FirstSnow", "StormWarning", "Heatwave", "DoubleRainbow"};
constexpr Words kCoffeeSide[] = {"morning", "barista", "homebrew", "mondays"};
constexpr Words kCoffeeBursts[] = {"FreeLatteDay", "BeanShortage", "ColdBrewWeek", "LatteArt"};
constexpr Words kLumoSide[] = {"tech", "gadgets", "unboxing"};
constexpr Words kLumoBursts[] = {"LumoLaunch", "LumoUpdate", "LumoBattery", "LumoGlow"};
constexpr Words kAuroraSide[] = {"space", "stargazing", "science"};
constexpr Words kAuroraBursts[] = {"AuroraLaunch", "ScrubDay", "Liftoff", "SoftLanding"};
constexpr Words kChatSide[] = {"weekend", "goodmorning", "thoughts", "booktime", "garden"};
constexpr Words kChatBursts[] = {"CatsOfTheStreet", "OneWordStory", "LostUmbrella"};

// The last one is what matches no task.
constexpr DemoTopic kTopics[] = {
    {"football", "DerbyDay", kFootballSide, kFootballBursts, 0.20},
    {"transit", "CityTransit", kTransitSide, kTransitBursts, 0.17},
    {"weather", "SkyWatch", kWeatherSide, kWeatherBursts, 0.15},
    {"coffee", "CoffeeTime", kCoffeeSide, kCoffeeBursts, 0.14},
    {"lumo", "LumoPhone", kLumoSide, kLumoBursts, 0.11},
    {"aurora", "AuroraMission", kAuroraSide, kAuroraBursts, 0.09},
    {"chat", "", kChatSide, kChatBursts, 0.14},
};

constexpr Words kEn[] = {"US", "US", "US", "GB", "GB", "CA", "AU", "IE", "NG", "IN", "ZA"};
constexpr Words kEs[] = {"MX", "ES", "AR", "CO", "CL", "PE"};
constexpr Words kPt[] = {"BR", "BR", "BR", "PT", "AO"};
constexpr Words kFr[] = {"FR", "FR", "BE", "CA", "CH", "SN"};
constexpr Words kDe[] = {"DE", "DE", "DE", "AT", "CH"};
constexpr Words kIt[] = {"IT", "IT", "CH"};
constexpr Words kNl[] = {"NL", "NL", "BE"};
constexpr Words kPl[] = {"PL"};
constexpr Words kTr[] = {"TR", "TR", "DE"};
constexpr Words kRu[] = {"RU", "KZ", "LV", "IL"};
constexpr Words kAr[] = {"EG", "SA", "MA", "AE", "JO"};
constexpr Words kJa[] = {"JP"};

constexpr DemoLanguage kLanguages[] = {
    {"en", 0.47, kEn}, {"es", 0.10, kEs}, {"pt", 0.08, kPt}, {"ja", 0.07, kJa},
    {"de", 0.06, kDe}, {"fr", 0.05, kFr}, {"ar", 0.04, kAr}, {"tr", 0.03, kTr},
    {"it", 0.03, kIt}, {"ru", 0.03, kRu}, {"nl", 0.02, kNl}, {"pl", 0.02, kPl},
};

}  // namespace

std::span<const DemoTask> DemoTasks() { return kTasks; }
std::span<const DemoTopic> DemoTopics() { return kTopics; }
std::span<const DemoLanguage> DemoLanguages() { return kLanguages; }

}  // namespace hb
