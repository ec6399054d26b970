#include "model/model_file.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "env/env.h"

namespace hb::model {

namespace {

template <typename Model>
Result<Model> Load(const std::string& path) {
  std::filesystem::path file(path);
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) file /= "model.bin";
  HB_ASSIGN(std::string bytes, ReadFile(file.string()));
  auto model = Model::FromBytes(std::move(bytes));
  if (!model.ok()) return Error{model.error().code, file.string() + ": " + model.error().message};
  return model;
}

}  // namespace

Result<LinearModel> LoadLinearModel(const std::string& path) { return Load<LinearModel>(path); }

Result<SequenceModel> LoadSequenceModel(const std::string& path) {
  return Load<SequenceModel>(path);
}

Result<LanguageModel> LoadLanguageModel(const std::string& path) {
  return Load<LanguageModel>(path);
}

Result<WordVectors> LoadWordVectors(const std::string& path) { return Load<WordVectors>(path); }

}  // namespace hb::model
