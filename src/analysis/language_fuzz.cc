// Any bytes as a hint, a tab and a post: the detector must take them and answer with a plain code.
#include <cstdint>
#include <string_view>

#include "analysis/language.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const hb::LanguageAnalyzer analyzer;
  static hb::LanguageAnalyzer::Scratch scratch;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t tab = all.find('\t');
  const std::string_view hint = all.substr(0, tab == std::string_view::npos ? 0 : tab);
  const std::string_view text = tab == std::string_view::npos ? all : all.substr(tab + 1);
  const hb::LanguageGuess guess = analyzer.Detect(text, hint, scratch);
  if (guess.code.size() < 2 || guess.code.size() > 5) __builtin_trap();
  if (hb::NormalizeLanguage(guess.code) != guess.code) __builtin_trap();
  return 0;
}
