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
  float weight = 1;           ///< > 0; how much it counts in training.
  std::string language = {};  ///< Code; "": none that matters.
  /// Where labels do not exclude one another (LinearOptions::many): how surely each holds.
  std::vector<float> targets = {};
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

/// A label of other people's that stands for one of ours.
struct Alias {
  std::string from;
  std::string to;
};

/// A file whose labels are not (only) those asked for.
struct ForeignDataset {
  Dataset own;                            ///< Rows whose labels stand for one of those asked for.
  std::vector<std::string> other_labels;  ///< Of `others`; those without a row are left out.
  std::vector<Example> others;  ///< The other rows; one of n labels comes n times, weighing 1/n.
};

/// As ReadTsv where the names in `mapping.txt` or `labels.txt` (one a line) beside the file, if
/// there is one, are all among `labels`. Otherwise the file is another task's: a row is `own` if
/// `aliases` give all its labels the same name, else it is one of the others, without its labels
/// that have an alias. A row may have several labels ("3,17", in a column label or label_ids).
Result<ForeignDataset> ReadForeign(const std::string& path, const std::vector<std::string>& labels,
                                   const std::vector<Alias>& aliases);

}  // namespace hb::model
