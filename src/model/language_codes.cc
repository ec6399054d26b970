#include "model/language_codes.h"

#include <algorithm>
#include <iterator>

namespace hb::model {
namespace {

struct Name {
  std::string_view from;
  std::string_view to;
};
// Old ISO names that platforms still send, macrolanguages' parts, and names that only some tools
// use.
constexpr Name kAliases[] = {{"iw", "he"}, {"in", "id"},  {"ji", "yi"},  {"jw", "jv"},
                             {"mo", "ro"}, {"nb", "no"},  {"nn", "no"},  {"fil", "tl"},
                             {"sh", "sr"}, {"sco", "en"}, {"arz", "ar"}, {"ary", "ar"},
                             {"arq", "ar"}};
constexpr std::string_view kNoLanguage[] = {"und", "zxx", "mis", "mul", "un", "xxx"};

// English names, first word, lower case, as data sets of posts write them.
constexpr Name kNames[] = {
    {"afrikaans", "af"},   {"albanian", "sq"},  {"amharic", "am"},     {"arabic", "ar"},
    {"armenian", "hy"},    {"assamese", "as"},  {"azerbaijani", "az"}, {"basque", "eu"},
    {"belarusian", "be"},  {"bengali", "bn"},   {"bosnian", "bs"},     {"bulgarian", "bg"},
    {"burmese", "my"},     {"catalan", "ca"},   {"chinese", "zh"},     {"croatian", "hr"},
    {"czech", "cs"},       {"danish", "da"},    {"dhivehi", "dv"},     {"dutch", "nl"},
    {"english", "en"},     {"esperanto", "eo"}, {"estonian", "et"},    {"farsi", "fa"},
    {"filipino", "tl"},    {"finnish", "fi"},   {"french", "fr"},      {"galician", "gl"},
    {"ganda", "lg"},       {"georgian", "ka"},  {"german", "de"},      {"greek", "el"},
    {"gujarati", "gu"},    {"haitian", "ht"},   {"hausa", "ha"},       {"hebrew", "he"},
    {"hindi", "hi"},       {"hungarian", "hu"}, {"icelandic", "is"},   {"igbo", "ig"},
    {"indonesian", "id"},  {"irish", "ga"},     {"italian", "it"},     {"japanese", "ja"},
    {"javanese", "jv"},    {"kannada", "kn"},   {"kazakh", "kk"},      {"khmer", "km"},
    {"kinyarwanda", "rw"}, {"korean", "ko"},    {"kurdish", "ku"},     {"kyrgyz", "ky"},
    {"lao", "lo"},         {"latin", "la"},     {"latvian", "lv"},     {"lithuanian", "lt"},
    {"macedonian", "mk"},  {"malagasy", "mg"},  {"malay", "ms"},       {"malayalam", "ml"},
    {"maltese", "mt"},     {"maori", "mi"},     {"marathi", "mr"},     {"mongolian", "mn"},
    {"nepali", "ne"},      {"norwegian", "no"}, {"oriya", "or"},       {"oromo", "om"},
    {"pashto", "ps"},      {"pushto", "ps"},    {"persian", "fa"},     {"polish", "pl"},
    {"portuguese", "pt"},  {"punjabi", "pa"},   {"romanian", "ro"},    {"russian", "ru"},
    {"serbian", "sr"},     {"shona", "sn"},     {"simplified", "zh"},  {"sindhi", "sd"},
    {"sinhala", "si"},     {"slovak", "sk"},    {"slovenian", "sl"},   {"somali", "so"},
    {"spanish", "es"},     {"swahili", "sw"},   {"swedish", "sv"},     {"tagalog", "tl"},
    {"tajik", "tg"},       {"tamil", "ta"},     {"tatar", "tt"},       {"telugu", "te"},
    {"thai", "th"},        {"tibetan", "bo"},   {"tigrinya", "ti"},    {"traditional", "zh-TW"},
    {"tsonga", "ts"},      {"tswana", "tn"},    {"turkish", "tr"},     {"turkmen", "tk"},
    {"twi", "tw"},         {"uighur", "ug"},    {"ukrainian", "uk"},   {"urdu", "ur"},
    {"uyghur", "ug"},      {"uzbek", "uz"},     {"vietnamese", "vi"},  {"welsh", "cy"},
    {"xhosa", "xh"},       {"yiddish", "yi"},   {"yoruba", "yo"},      {"zulu", "zu"}};

}  // namespace

std::string CanonicalLanguage(std::string_view code) {
  std::string lower;
  for (const char c : code.substr(0, 16)) {
    lower.push_back(c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
  }
  if (lower.empty()) return lower;
  if (lower == "zh-tw" || lower == "zh-hant" || lower.starts_with("zh-hant-") || lower == "zh-hk") {
    return "zh-TW";
  }
  const std::string base = lower.substr(0, lower.find_first_of("- "));
  if (std::find(std::begin(kNoLanguage), std::end(kNoLanguage), base) != std::end(kNoLanguage)) {
    return "und";
  }
  const auto look_up = [&](const auto& names, std::string_view otherwise) {
    const auto at = std::find_if(std::begin(names), std::end(names),
                                 [&](const Name& name) { return name.from == base; });
    return std::string(at == std::end(names) ? otherwise : at->to);
  };
  if (base.size() > 3 || base == "lao" || base == "twi") return look_up(kNames, "und");
  if (base.size() == 3 && base[0] == 'q') return "und";
  return look_up(kAliases, base);
}

}  // namespace hb::model
