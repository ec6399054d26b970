// model/model_file.h - model files on disk.
#pragma once

#include <string>

#include "base/result.h"
#include "model/language_model.h"
#include "model/linear_model.h"
#include "model/sequence_model.h"
#include "model/word_vectors.h"

namespace hb::model {

/// Reads a model file, or `model.bin` of a folder. kNotFound, kUnavailable, kCorrupt; messages name
/// the path.
Result<LinearModel> LoadLinearModel(const std::string& path);
Result<SequenceModel> LoadSequenceModel(const std::string& path);
Result<LanguageModel> LoadLanguageModel(const std::string& path);
Result<WordVectors> LoadWordVectors(const std::string& path);

}  // namespace hb::model
