// neural/tokenizer_examples.h - small tokenizers of each kind, for tests and fuzz targets.
#pragma once

#include <string_view>

namespace hb::neural {

/// GPT-2's letters for bytes; a blank is U+0120.
inline constexpr std::string_view kByteBpeExample = R"({
  "added_tokens": [
    {"id": 0, "content": "<s>", "special": true, "normalized": true, "single_word": false, "lstrip": false, "rstrip": false},
    {"id": 1, "content": "</s>", "special": true, "normalized": true, "single_word": false, "lstrip": false, "rstrip": false},
    {"id": 2, "content": "<mask>", "special": true, "normalized": false, "lstrip": true, "single_word": false, "rstrip": false},
    {"id": 3, "content": "lol", "special": false, "normalized": true, "single_word": true, "rstrip": true, "lstrip": false}],
  "normalizer": null,
  "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
  "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 1], "cls": ["<s>", 0],
                     "trim_offsets": true, "add_prefix_space": true},
  "model": {"type": "BPE", "dropout": null, "unk_token": "?", "continuing_subword_prefix": "",
            "end_of_word_suffix": "", "fuse_unk": true, "byte_fallback": false, "ignore_merges": false,
            "vocab": {"<s>": 0, "</s>": 1, "<mask>": 2, "lol": 3, "a": 4, "b": 5, "c": 6, "Ġ": 7, "ab": 8,
                      "bc": 9, "Ġab": 10, "aa": 11, "aaaa": 12, "?": 13, "Ã": 14, "©": 15, "Ã©": 16, "Ċ": 17},
            "merges": [["b", "c"], ["a", "b"], ["Ġ", "ab"], ["a", "a"], ["aa", "aa"], ["Ã", "©"]]}})";

inline constexpr std::string_view kUnigramExample = R"({
  "added_tokens": [{"id": 0, "content": "<s>", "special": true, "normalized": false, "single_word": false, "lstrip": false, "rstrip": false},
                   {"id": 1, "content": "</s>", "special": true, "normalized": false, "single_word": false, "lstrip": false, "rstrip": false},
                   {"id": 14, "content": "A<unk>", "special": true, "normalized": true, "single_word": false, "lstrip": false, "rstrip": false}],
  "normalizer": {"type": "Sequence", "normalizers": [
    {"type": "Precompiled", "precompiled_charsmap": "AAQAAAAAAQBBCQAAQhkAAAQAAIAAAACAzCwCAIgFAAAGAACAzAACAIENAAAPAACArBgCAIEFAAAJAACADAAAgIIFAACfZAIAmAwCAIAFAAABAACAFQAAABQAAAAXAAAAFgAAABkAAAAYAAAAGwAAABoAAAAdAAAAHAAAAB8AAAAeAAAAIQAAAGGgAwAjAAAAIgAAACUAAABlhAMAJwAAACYAAAApAAAAKAAAACsAAAAqAAAALQAAACwAAAAvAAAALgAAADEAAAAwAAAAMwAAADIAAAA1AAAANAAAADcAAAA2AAAAOQAAADgAAAA7AAAAOgAAAD0AAAA8AAAAPwAAAD4AAABBAAAAQAAAAEMAAABCAAAARQAAAEQAAABHAAAARgAAAEkAAABIAAAASwAAAEoAAABNAAAATAAAAE8AAABOAAAAUQAAAFAAAABTAAAAUgAAAFUAAABUAAAAVwAAAFYAAABZAAAAWAAAAFsAAABaAAAAXQAAAFwAAABfAAAAXgAAAGEAAABgAAAAYwAAAGIAAABlAAAAZAAAAGcAAABmAAAAaQAAAGgAAABrAAAAagAAAG0AAABsAAAAbwAAAG4AAABxAAAAcAAAAHMAAAByAAAAdQAAAHQAAAB3AAAAdgAAAHkAAAB4AAAAewAAAHoAAAB9AAAAfAAAAH8AAAB+AAAAgQAAAIAAAACDAAAAggAAAIUAAACEAAAAhwAAAIYAAACJAAAAiAAAAIsAAACKAAAAjQAAAIwAAACPAAAAjgAAAJEAAACQAAAAkwAAAJIAAACVAAAAlAAAAJcAAACWAAAAmQAAAJgAAACbAAAAmgAAAJ0AAACcAAAAnwAAAJ4AAAChAAAAoAAAAKMAAACiAAAApQAAAKQAAACnAAAApgAAAKkAAACoAAAAqwAAAKoAAACtAAAArAAAAK8AAADvIAAA8PwAALAAAACzAAAAsgAAALUAAAC0AAAAtwAAALYAAAC5AAAAuAAAALsAAAC6AAAAvQAAALwAAAC/AAAAvgAAAMEAAADAAAAAwwAAAMIAAADFAAAAxAAAAMcAAADGAAAAyQAAAMgAAADLAAAAygAAAM0AAADMAAAAzwAAAM4AAADRAAAA0AAAANMAAADSAAAA1QAAANQAAADXAAAA1gAAANkAAADYAAAA2wAAANoAAADdAAAA3AAAAN8AAADeAAAA4QAAAOAAAADjAAAA4gAAAOUAAADkAAAA5wAAAOYAAADpAAAA6AAAAOsAAADqAAAA7QAAAOwAAADvAAAA7gAAAPEAAADwAAAA8wAAAPIAAAD1AAAA9AAAAPcAAAD2AAAA+QAAAPgAAAD7AAAA+gAAAP0AAAD8AAAA/wAAAP4AAAAAOikAYQBhZQBmaQBmbADDqQA="},
    {"type": "Nmt"}, {"type": "NFKC"}, {"type": "Strip", "strip_left": false, "strip_right": true},
    {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"},
    {"type": "Replace", "pattern": {"String": "``"}, "content": "\""}]},
  "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false},
  "post_processor": {"type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
               {"SpecialToken": {"id": "</s>", "type_id": 0}}],
    "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
    "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]},
                       "</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}}},
  "model": {"type": "Unigram", "unk_id": 2, "byte_fallback": true, "vocab": [
    ["<s>", 0], ["</s>", 0], ["<unk>", 0], ["▁", -2], ["a", -3], ["b", -3.5], ["ab", -4], ["▁ab", -5],
    ["abc", -9], ["fi", -4], ["é", -6], ["<0xC3>", -20], ["<0xA9>", -20], ["\"", -5]]}})";

inline constexpr std::string_view kWordPieceExample = R"({
  "added_tokens": [
    {"id": 0, "content": "[PAD]", "special": true, "normalized": false, "single_word": false, "lstrip": false, "rstrip": false},
    {"id": 3, "content": "[SEP]", "special": true, "normalized": false, "single_word": false, "lstrip": false, "rstrip": false},
    {"id": 4, "content": "[MASK]", "special": true, "normalized": false, "lstrip": true, "single_word": false, "rstrip": false}],
  "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                 "strip_accents": null, "lowercase": true},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "a": 5, "##a": 6, "ab": 7,
                      "##bc": 8, "é": 9, "e": 10, "中": 11, "😀": 12, ",": 13}}})";

}  // namespace hb::neural
