#include "neural/openvino_library.h"

#include <dlfcn.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "base/mutex.h"

#if defined(__SANITIZE_ADDRESS__)
namespace {
std::atomic<bool> opened{false};
}
/// LeakSanitizer asks at the end of a process (sanitizer/lsan_interface.h). Its search runs into
/// memory of OpenVINO that it cannot read, and crashes: a process that opened it is not searched.
extern "C" int __lsan_is_turned_off() { return opened ? 1 : 0; }
#endif

namespace hb::neural {

namespace {

// The release whose headers are in third_party/openvino; its name carries its number.
constexpr const char* kFile = "libopenvino_c.so.2641";

Error Missing(const std::vector<std::string>& folders, const std::string& why) {
  std::string looked;
  for (const std::string& folder : folders) looked += (looked.empty() ? "" : ", ") + folder;
  return Error{
      Code::kNotFound,
      "OpenVINO, which runs transformers, is not to be had (" + why + "; looked in " + looked +
          "): './hb build' fetches it, or let HEARTBEAT_OPENVINO name the folder that has " +
          kFile + " of release 2026.4.1 and its plugins"};
}

template <typename Function>
bool Find(void* handle, const char* name, Function& out) {
  out = reinterpret_cast<Function>(dlsym(handle, name));
  return out != nullptr;
}

}  // namespace

std::vector<std::string> OpenVinoFolders() {
  if (const char* set = std::getenv("HEARTBEAT_OPENVINO"); set != nullptr && *set != '\0') {
    return {set};
  }
  std::vector<std::string> folders;
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (!failed) folders.push_back((self.parent_path() / "lib").string());
  folders.emplace_back(HB_OPENVINO_DIR);
  return folders;
}

Result<const OpenVinoLibrary*> OpenVinoLibrary::Open(const std::vector<std::string>& folders) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  // Or oneTBB asks for RTLD_DEEPBIND, at which a sanitizer ends the program.
  ::setenv("TBB_ENABLE_SANITIZERS", "1", 0);
#endif
  std::string why = "no such file";
  void* handle = nullptr;
  auto library = std::make_unique<OpenVinoLibrary>();
  for (const std::string& folder : folders) {
    const auto path = std::filesystem::path(folder) / kFile;
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) continue;
    handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle != nullptr) {
      library->folder = folder;
      break;
    }
    if (const char* text = dlerror(); text != nullptr) why = text;
  }
  if (handle == nullptr) return Missing(folders, why);
#if defined(__SANITIZE_ADDRESS__)
  opened = true;
#endif
  // From here on the handle stays open, also after a failure: what was loaded may have started.
#define HB_OPENVINO_FIND(name) \
  if (!Find(handle, #name, library->name)) return Missing(folders, "it has no " #name);
  HB_OPENVINO_FUNCTIONS(HB_OPENVINO_FIND)
#undef HB_OPENVINO_FIND
  if (const ov_status_e status = library->ov_core_create(&library->core); status != OK) {
    return library->Failure(Code::kUnavailable, "OpenVINO does not start", status);
  }
  return library.release();
}

Result<const OpenVinoLibrary*> OpenVinoLibrary::Get() {
  static Mutex mutex;
  static const OpenVinoLibrary* library = nullptr;
  const MutexLock lock(mutex);
  if (library == nullptr) {
    HB_ASSIGN(library, Open(OpenVinoFolders()));
  }
  return library;
}

Error OpenVinoLibrary::Failure(Code code, std::string_view what, ov_status_e status) const {
  std::string message(what);
  message += ": ";
  message += ov_get_error_info(status);
  // Whole stacks of exceptions on many lines; the last line that says something is the cause.
  if (const char* words = ov_get_last_err_msg(); words != nullptr) {
    std::string_view text(words);
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    text = text.substr(text.rfind('\n') + 1);
    if (!text.empty()) message += ", " + std::string(text.substr(0, 300));
    ov_free(words);
  }
  return Error{code, std::move(message)};
}

}  // namespace hb::neural
