// Keywords of texts (texts.h) for tests/parity/keywords.py. stdout: one line a text, "phrase TAB
// score TAB ...". usage: keywords_score STOP_WORD_FILE [ngram window seqm|levs]
#include <cstdlib>
#include <fstream>
#include "analysis/yake.h"
#include "texts.h"
int main(int argc, char** argv) {
  if (argc != 2 && argc != 5) {
    std::fprintf(stderr, "usage: keywords_score STOP_WORD_FILE [ngram window seqm|levs]\n");
    return 2;
  }
  std::vector<std::string> words;
  std::ifstream in(argv[1]);
  for (std::string w; std::getline(in, w);) words.push_back(w);
  hb::KeywordExtractor::Options o;
  if (argc == 5) {
    o.ngram = std::strtoul(argv[2], nullptr, 10);
    o.window = std::strtoul(argv[3], nullptr, 10);
    if (std::string_view(argv[4]) == "levs")
      o.dedup = hb::KeywordExtractor::Similarity::kLevenshtein;
  }
  const hb::KeywordExtractor e(o, words);
  hb::KeywordDocument d;
  std::vector<hb::Keyword> out;
  return hb::ForEachText("keywords_score", [&](const std::string& text) {
    e.Extract(text, d, out);
    for (std::size_t i = 0; i < out.size(); ++i) {
      for (char& c : out[i].text)
        if (c == '\n' || c == '\t') c = ' ';
      std::printf("%s%s\t%.17g", i ? "\t" : "", out[i].text.c_str(), out[i].score);
    }
    std::puts("");
  });
}
