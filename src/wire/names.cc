// Language names as social-media tools write them, with ISO 639-1 codes; country names and aliases
// with ISO 3166-1 alpha-2 codes. Both tables are in byte order of the lower-cased name.
#include "wire/names.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace hb {

namespace {

struct Name {
  std::string_view name, code;
};

// clang-format off
constexpr Name kLanguages[] = {
    {"afrikaans", "af"}, {"albanian", "sq"}, {"amharic", "am"}, {"arabic", "ar"},
    {"armenian", "hy"}, {"azerbaijani", "az"}, {"basque", "eu"}, {"belarusian", "be"},
    {"bengali", "bn"}, {"bosnian", "bs"}, {"bulgarian", "bg"}, {"burmese", "my"},
    {"catalan", "ca"}, {"chinese", "zh"}, {"croatian", "hr"}, {"czech", "cs"}, {"danish", "da"},
    {"dutch", "nl"}, {"english", "en"}, {"esperanto", "eo"}, {"estonian", "et"}, {"farsi", "fa"},
    {"farsi (persian)", "fa"}, {"filipino", "tl"}, {"finnish", "fi"}, {"french", "fr"},
    {"galician", "gl"}, {"georgian", "ka"}, {"german", "de"}, {"greek", "el"}, {"gujarati", "gu"},
    {"haitian creole", "ht"}, {"hausa", "ha"}, {"hebrew", "he"}, {"hindi", "hi"},
    {"hungarian", "hu"}, {"icelandic", "is"}, {"igbo", "ig"}, {"indonesian", "id"},
    {"irish", "ga"}, {"italian", "it"}, {"japanese", "ja"}, {"kannada", "kn"}, {"kazakh", "kk"},
    {"khmer", "km"}, {"kinyarwanda", "rw"}, {"korean", "ko"}, {"kurdish", "ku"}, {"kyrgyz", "ky"},
    {"lao", "lo"}, {"latin", "la"}, {"latvian", "lv"}, {"lithuanian", "lt"},
    {"luxembourgish", "lb"}, {"macedonian", "mk"}, {"malay", "ms"}, {"malayalam", "ml"},
    {"maltese", "mt"}, {"marathi", "mr"}, {"mongolian", "mn"}, {"nepali", "ne"},
    {"norwegian", "no"}, {"oriya", "or"}, {"pashto", "ps"}, {"persian", "fa"}, {"polish", "pl"},
    {"portuguese", "pt"}, {"punjabi", "pa"}, {"pushto", "ps"}, {"romanian", "ro"},
    {"russian", "ru"}, {"sanskrit", "sa"}, {"serbian", "sr"}, {"simplified chinese", "zh"},
    {"sindhi", "sd"}, {"sinhala", "si"}, {"slovak", "sk"}, {"slovenian", "sl"}, {"somali", "so"},
    {"spanish", "es"}, {"sundanese", "su"}, {"swahili", "sw"}, {"swedish", "sv"},
    {"tagalog", "tl"}, {"tagalog (filipino)", "tl"}, {"tajik", "tg"}, {"tamil", "ta"},
    {"tatar", "tt"}, {"telugu", "te"}, {"thai", "th"}, {"tibetan", "bo"}, {"tigrinya", "ti"},
    {"traditional chinese", "zh"}, {"turkish", "tr"}, {"turkmen", "tk"}, {"ukrainian", "uk"},
    {"urdu", "ur"}, {"uyghur", "ug"}, {"uzbek", "uz"}, {"vietnamese", "vi"}, {"welsh", "cy"},
    {"xhosa", "xh"}, {"yiddish", "yi"}, {"yoruba", "yo"}, {"zulu", "zu"},
};

constexpr Name kCountries[] = {
    {"afghanistan", "AF"}, {"albania", "AL"}, {"algeria", "DZ"}, {"american samoa", "AS"},
    {"andorra", "AD"}, {"angola", "AO"}, {"antigua and barbuda", "AG"}, {"argentina", "AR"},
    {"armenia", "AM"}, {"aruba", "AW"}, {"australia", "AU"}, {"austria", "AT"},
    {"azerbaijan", "AZ"}, {"bahamas", "BS"}, {"bahrain", "BH"}, {"bangladesh", "BD"},
    {"barbados", "BB"}, {"belarus", "BY"}, {"belgium", "BE"}, {"belize", "BZ"}, {"benin", "BJ"},
    {"bermuda", "BM"}, {"bhutan", "BT"}, {"bolivia", "BO"},
    {"bolivia, plurinational state of", "BO"}, {"bosnia and herzegovina", "BA"},
    {"botswana", "BW"}, {"brazil", "BR"}, {"brunei", "BN"}, {"brunei darussalam", "BN"},
    {"bulgaria", "BG"}, {"burkina faso", "BF"}, {"burma", "MM"}, {"burundi", "BI"},
    {"cabo verde", "CV"}, {"cambodia", "KH"}, {"cameroon", "CM"}, {"canada", "CA"},
    {"cape verde", "CV"}, {"central african republic", "CF"}, {"chad", "TD"}, {"chile", "CL"},
    {"china", "CN"}, {"colombia", "CO"}, {"comoros", "KM"}, {"congo", "CG"},
    {"congo, the democratic republic of the", "CD"}, {"costa rica", "CR"},
    {"cote d'ivoire", "CI"}, {"croatia", "HR"}, {"cuba", "CU"}, {"curacao", "CW"},
    {"cyprus", "CY"}, {"czech republic", "CZ"}, {"czechia", "CZ"}, {"côte d'ivoire", "CI"},
    {"denmark", "DK"}, {"djibouti", "DJ"}, {"dominica", "DM"}, {"dominican republic", "DO"},
    {"ecuador", "EC"}, {"egypt", "EG"}, {"el salvador", "SV"}, {"equatorial guinea", "GQ"},
    {"eritrea", "ER"}, {"estonia", "EE"}, {"eswatini", "SZ"}, {"ethiopia", "ET"},
    {"faroe islands", "FO"}, {"fiji", "FJ"}, {"finland", "FI"}, {"france", "FR"},
    {"french guiana", "GF"}, {"french polynesia", "PF"}, {"gabon", "GA"}, {"gambia", "GM"},
    {"georgia", "GE"}, {"germany", "DE"}, {"ghana", "GH"}, {"gibraltar", "GI"},
    {"great britain", "GB"}, {"greece", "GR"}, {"greenland", "GL"}, {"grenada", "GD"},
    {"guadeloupe", "GP"}, {"guam", "GU"}, {"guatemala", "GT"}, {"guernsey", "GG"},
    {"guinea", "GN"}, {"guinea-bissau", "GW"}, {"guyana", "GY"}, {"haiti", "HT"},
    {"holy see", "VA"}, {"holy see (vatican city state)", "VA"}, {"honduras", "HN"},
    {"hong kong", "HK"}, {"hungary", "HU"}, {"iceland", "IS"}, {"india", "IN"},
    {"indonesia", "ID"}, {"iran", "IR"}, {"iran, islamic republic of", "IR"}, {"iraq", "IQ"},
    {"ireland", "IE"}, {"isle of man", "IM"}, {"israel", "IL"}, {"italy", "IT"},
    {"ivory coast", "CI"}, {"jamaica", "JM"}, {"japan", "JP"}, {"jersey", "JE"}, {"jordan", "JO"},
    {"kazakhstan", "KZ"}, {"kenya", "KE"}, {"kiribati", "KI"},
    {"korea, democratic people's republic of", "KP"}, {"korea, republic of", "KR"},
    {"kosovo", "XK"}, {"kuwait", "KW"}, {"kyrgyzstan", "KG"},
    {"lao people's democratic republic", "LA"}, {"laos", "LA"}, {"latvia", "LV"},
    {"lebanon", "LB"}, {"lesotho", "LS"}, {"liberia", "LR"}, {"libya", "LY"},
    {"liechtenstein", "LI"}, {"lithuania", "LT"}, {"luxembourg", "LU"}, {"macao", "MO"},
    {"macedonia", "MK"}, {"macedonia, the former yugoslav republic of", "MK"},
    {"madagascar", "MG"}, {"malawi", "MW"}, {"malaysia", "MY"}, {"maldives", "MV"},
    {"mali", "ML"}, {"malta", "MT"}, {"marshall islands", "MH"}, {"martinique", "MQ"},
    {"mauritania", "MR"}, {"mauritius", "MU"}, {"mayotte", "YT"}, {"mexico", "MX"},
    {"micronesia, federated states of", "FM"}, {"moldova", "MD"}, {"moldova, republic of", "MD"},
    {"monaco", "MC"}, {"mongolia", "MN"}, {"montenegro", "ME"}, {"morocco", "MA"},
    {"mozambique", "MZ"}, {"myanmar", "MM"}, {"namibia", "NA"}, {"nauru", "NR"}, {"nepal", "NP"},
    {"netherlands", "NL"}, {"new caledonia", "NC"}, {"new zealand", "NZ"}, {"nicaragua", "NI"},
    {"niger", "NE"}, {"nigeria", "NG"}, {"north korea", "KP"}, {"north macedonia", "MK"},
    {"norway", "NO"}, {"oman", "OM"}, {"pakistan", "PK"}, {"palau", "PW"}, {"palestine", "PS"},
    {"palestine, state of", "PS"}, {"palestinian territory, occupied", "PS"}, {"panama", "PA"},
    {"papua new guinea", "PG"}, {"paraguay", "PY"}, {"peru", "PE"}, {"philippines", "PH"},
    {"poland", "PL"}, {"portugal", "PT"}, {"puerto rico", "PR"}, {"qatar", "QA"},
    {"reunion", "RE"}, {"romania", "RO"}, {"russia", "RU"}, {"russian federation", "RU"},
    {"rwanda", "RW"}, {"saint kitts and nevis", "KN"}, {"saint lucia", "LC"},
    {"saint vincent and the grenadines", "VC"}, {"samoa", "WS"}, {"san marino", "SM"},
    {"sao tome and principe", "ST"}, {"saudi arabia", "SA"}, {"senegal", "SN"}, {"serbia", "RS"},
    {"seychelles", "SC"}, {"sierra leone", "SL"}, {"singapore", "SG"}, {"slovakia", "SK"},
    {"slovenia", "SI"}, {"solomon islands", "SB"}, {"somalia", "SO"}, {"south africa", "ZA"},
    {"south korea", "KR"}, {"south sudan", "SS"}, {"spain", "ES"}, {"sri lanka", "LK"},
    {"sudan", "SD"}, {"suriname", "SR"}, {"swaziland", "SZ"}, {"sweden", "SE"},
    {"switzerland", "CH"}, {"syria", "SY"}, {"syrian arab republic", "SY"}, {"taiwan", "TW"},
    {"taiwan, province of china", "TW"}, {"tajikistan", "TJ"}, {"tanzania", "TZ"},
    {"tanzania, united republic of", "TZ"}, {"thailand", "TH"}, {"timor-leste", "TL"},
    {"togo", "TG"}, {"tonga", "TO"}, {"trinidad and tobago", "TT"}, {"tunisia", "TN"},
    {"turkey", "TR"}, {"turkmenistan", "TM"}, {"tuvalu", "TV"}, {"türkiye", "TR"},
    {"uganda", "UG"}, {"uk", "GB"}, {"ukraine", "UA"}, {"united arab emirates", "AE"},
    {"united kingdom", "GB"}, {"united states", "US"}, {"united states of america", "US"},
    {"uruguay", "UY"}, {"usa", "US"}, {"uzbekistan", "UZ"}, {"vanuatu", "VU"}, {"vatican", "VA"},
    {"venezuela", "VE"}, {"venezuela, bolivarian republic of", "VE"}, {"viet nam", "VN"},
    {"vietnam", "VN"}, {"virgin islands, british", "VG"}, {"virgin islands, u.s.", "VI"},
    {"yemen", "YE"}, {"zambia", "ZM"}, {"zimbabwe", "ZW"},
};
// clang-format on

constexpr std::string_view kCountryCodes =
    "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCI"
    "CKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQ"
    "GRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLS"
    "LTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPG"
    "PHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTK"
    "TLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

/// Lower-cases ASCII into `buffer` and looks the name up; "" if it is not there.
template <std::size_t N>
std::string_view Find(const Name (&table)[N], std::string_view name) {
  std::array<char, 64> buffer;
  if (name.empty() || name.size() > buffer.size()) return {};
  std::transform(name.begin(), name.end(), buffer.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  const std::string_view folded(buffer.data(), name.size());
  const Name* found =
      std::lower_bound(std::begin(table), std::end(table), folded,
                       [](const Name& a, std::string_view b) { return a.name < b; });
  return found != std::end(table) && found->name == folded ? found->code : std::string_view();
}

bool IsAlpha(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

}  // namespace

std::string_view LanguageCode(std::string_view name) {
  // A code: two or three letters, perhaps with a region or script behind them.
  const std::size_t letters =
      static_cast<std::size_t>(std::find_if_not(name.begin(), name.end(), IsAlpha) - name.begin());
  const bool code = (letters == 2 || letters == 3) && name.size() <= 16 &&
                    (letters == name.size() || name[letters] == '-' || name[letters] == '_');
  return code ? name : Find(kLanguages, name);
}

std::string_view CountryCode(std::string_view name) {
  if (name.size() == 2 && IsAlpha(name[0]) && IsAlpha(name[1])) {
    const char upper[2] = {static_cast<char>(name[0] & ~0x20), static_cast<char>(name[1] & ~0x20)};
    for (std::size_t i = 0; i < kCountryCodes.size(); i += 2) {
      if (kCountryCodes[i] == upper[0] && kCountryCodes[i + 1] == upper[1]) {
        return kCountryCodes.substr(i, 2);
      }
    }
    return {};
  }
  return Find(kCountries, name);
}

}  // namespace hb
