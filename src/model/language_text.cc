#include "model/language_text.h"

namespace hb::model {
namespace {

struct ScriptRange {
  std::uint32_t first;
  std::uint32_t last;
  Script script;
};
// Blocks of the Unicode standard, with what is no letter inside them taken out behind. Later lines
// win.
constexpr ScriptRange kRanges[] = {
    {0x41, 0x5A, Script::kLatin},        {0x61, 0x7A, Script::kLatin},
    {0xAA, 0xAA, Script::kLatin},        {0xBA, 0xBA, Script::kLatin},
    {0xC0, 0x2AF, Script::kLatin},       {0xD7, 0xD7, Script::kNone},
    {0xF7, 0xF7, Script::kNone},         {0x1E00, 0x1EFF, Script::kLatin},
    {0x2C60, 0x2C7F, Script::kLatin},    {0xA720, 0xA7FF, Script::kLatin},
    {0xFB00, 0xFB06, Script::kLatin},    {0x300, 0x36F, Script::kMark},
    {0x370, 0x3FF, Script::kGreek},      {0x37E, 0x37E, Script::kNone},
    {0x387, 0x387, Script::kNone},       {0x1F00, 0x1FFF, Script::kGreek},
    {0x400, 0x52F, Script::kCyrillic},   {0x482, 0x482, Script::kNone},
    {0x1C80, 0x1C8F, Script::kCyrillic}, {0x2DE0, 0x2DFF, Script::kCyrillic},
    {0xA640, 0xA69F, Script::kCyrillic}, {0x531, 0x58A, Script::kArmenian},
    {0x55A, 0x55F, Script::kNone},       {0x589, 0x58A, Script::kNone},
    {0x591, 0x5F4, Script::kHebrew},     {0x5BE, 0x5BE, Script::kNone},
    {0x5C0, 0x5C0, Script::kNone},       {0x5C3, 0x5C3, Script::kNone},
    {0x5F3, 0x5F4, Script::kNone},       {0xFB1D, 0xFB4F, Script::kHebrew},
    {0x610, 0x61A, Script::kIgnore},     {0x620, 0x6D3, Script::kArabic},
    {0x640, 0x640, Script::kIgnore},     {0x64B, 0x65F, Script::kIgnore},
    {0x660, 0x66D, Script::kNone},       {0x670, 0x670, Script::kIgnore},
    {0x6D5, 0x6D5, Script::kArabic},     {0x6D6, 0x6ED, Script::kIgnore},
    {0x6EE, 0x6EF, Script::kArabic},     {0x6FA, 0x6FF, Script::kArabic},
    {0x700, 0x74F, Script::kSyriac},     {0x700, 0x70F, Script::kNone},
    {0x750, 0x77F, Script::kArabic},     {0x780, 0x7BF, Script::kThaana},
    {0x8A0, 0x8FF, Script::kArabic},     {0xFB50, 0xFDFC, Script::kArabic},
    {0xFE70, 0xFEFC, Script::kArabic},   {0x900, 0x97F, Script::kDevanagari},
    {0x964, 0x970, Script::kNone},       {0x980, 0x9F1, Script::kBengali},
    {0x9E6, 0x9EF, Script::kNone},       {0xA00, 0xA75, Script::kGurmukhi},
    {0xA66, 0xA6F, Script::kNone},       {0xA80, 0xAFF, Script::kGujarati},
    {0xAE6, 0xAF1, Script::kNone},       {0xB00, 0xB7F, Script::kOriya},
    {0xB66, 0xB70, Script::kNone},       {0xB80, 0xBD7, Script::kTamil},
    {0xC00, 0xC63, Script::kTelugu},     {0xC80, 0xCE3, Script::kKannada},
    {0xD00, 0xD63, Script::kMalayalam},  {0xD7A, 0xD7F, Script::kMalayalam},
    {0xD80, 0xDF3, Script::kSinhala},    {0xE01, 0xE4E, Script::kThai},
    {0xE3F, 0xE3F, Script::kNone},       {0xE81, 0xECD, Script::kLao},
    {0xEDC, 0xEDF, Script::kLao},        {0xF00, 0xFFF, Script::kTibetan},
    {0xF01, 0xF3F, Script::kNone},       {0x1000, 0x109F, Script::kMyanmar},
    {0x1040, 0x104B, Script::kNone},     {0x10A0, 0x10FF, Script::kGeorgian},
    {0x1C90, 0x1CBF, Script::kGeorgian}, {0x2D00, 0x2D2F, Script::kGeorgian},
    {0x1100, 0x11FF, Script::kHangul},   {0x3131, 0x318E, Script::kHangul},
    {0xAC00, 0xD7A3, Script::kHangul},   {0x1200, 0x135F, Script::kEthiopic},
    {0x1380, 0x138F, Script::kEthiopic}, {0x2D80, 0x2DDF, Script::kEthiopic},
    {0xAB00, 0xAB2F, Script::kEthiopic}, {0x13A0, 0x13FF, Script::kCherokee},
    {0xAB70, 0xABBF, Script::kCherokee}, {0x1400, 0x167F, Script::kInuktitut},
    {0x1780, 0x17D3, Script::kKhmer},    {0x3005, 0x3007, Script::kHan},
    {0x3041, 0x30FF, Script::kHan},      {0x30FB, 0x30FB, Script::kNone},
    {0x3105, 0x312F, Script::kHan},      {0x31F0, 0x31FF, Script::kHan},
    {0x3400, 0x4DBF, Script::kHan},      {0x4E00, 0x9FFF, Script::kHan},
    {0xF900, 0xFAFF, Script::kHan},      {0xFF66, 0xFF9D, Script::kHan},
    {0xAD, 0xAD, Script::kIgnore},       {0x200B, 0x200F, Script::kIgnore},
    {0x202A, 0x202E, Script::kIgnore},   {0x2060, 0x206F, Script::kIgnore},
    {0xFE00, 0xFE0F, Script::kIgnore},   {0xFEFF, 0xFEFF, Script::kIgnore},
    {0x1DC0, 0x1DFF, Script::kMark},
};

}  // namespace

LetterTable::LetterTable() {
  for (const ScriptRange& range : kRanges) {
    for (std::uint32_t c = range.first; c <= range.last; ++c) script_[c] = range.script;
  }
  for (std::uint32_t c = 0; c < kFolded; ++c) folded_[c] = static_cast<std::uint16_t>(c);
  for (std::uint32_t c = 0; c < kFolded; ++c) {
    switch (script_[c]) {
      case Script::kLatin:
      case Script::kCyrillic:
      case Script::kGreek:
      case Script::kArmenian: folded_[c] = static_cast<std::uint16_t>(FoldSymbol(c).symbol); break;
      default: break;
    }
  }
}

const LetterTable& LetterTable::Get() {
  static const LetterTable table;
  return table;
}

Letter LetterTable::Beyond(std::uint32_t symbol) const {
  if (symbol >= 0x20000 && symbol <= 0x3FFFF) return {symbol, Script::kHan};
  if (symbol >= 0xE0000 && symbol <= 0xE0FFF) return {symbol, Script::kIgnore};
  const Folded folded = FoldSymbol(symbol);
  if (folded.symbol >= 'a' && folded.symbol <= 'z') return {folded.symbol, Script::kLatin};
  return {symbol, Script::kNone};
}

}  // namespace hb::model
