#include "app/transformer_folder.h"

#include <filesystem>
#include <system_error>

namespace hb {

std::string TransformerFolder(const std::string& wanted) {
  if (!wanted.empty()) return wanted;
  constexpr char kFolder[] = "models/minilm-heads";
  std::error_code fault;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", fault);
  if (!fault) {
    const auto beside = program.parent_path() / kFolder;
    if (std::filesystem::exists(beside, fault)) return beside.string();
  }
  return (std::filesystem::path(HB_SOURCE_DIR) / kFolder).string();
}

}  // namespace hb
