// model/dataset.h - labelled texts in tab-separated files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace hb::model {

struct Example {
  std::string text;
  int label = 0;
  float weight = 1;  ///< > 0; how much it counts in training.
};

struct Dataset {
  std::vector<std::string> labels;  ///< Name of each class.
  std::vector<Example> examples;
  std::size_t skipped = 0;  ///< Lines left out: no tab, empty text.
};

/// Reads `label<TAB>text` lines after one header line; the columns may stand in any order and there
/// may be more. A label is a name of `labels` (upper or lower case, also a prefix of three letters
/// or more: "pos"), or its number, or a number that `mapping` ("0<TAB>negative" lines, may be
/// empty) turns into a name.
///
/// Errors  kInvalidArgument: no header with these two columns, an unknown label (the message names
///         the line), or no example at all.
Result<Dataset> ParseTsv(std::string_view content, std::string_view mapping,
                         const std::vector<std::string>& labels);

/// ParseTsv of a file, with the `mapping.txt` beside it if there is one. kNotFound: no such file.
Result<Dataset> ReadTsv(const std::string& path, const std::vector<std::string>& labels);

}  // namespace hb::model
