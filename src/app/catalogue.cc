#include "app/catalogue.h"

#include <array>
#include <string>
#include <vector>

namespace hb {

// First pass: declare every entry.
#define HB_SOURCE(kind)                     \
  namespace source_##kind {                 \
    extern const Entry<Source, Env> kEntry; \
  }
#define HB_LOG(kind)                     \
  namespace log_##kind {                 \
    extern const Entry<Log, Env> kEntry; \
  }
#define HB_STORE(kind)                     \
  namespace store_##kind {                 \
    extern const Entry<Store, Env> kEntry; \
  }
#include "app/catalogue.def"
#undef HB_SOURCE
#undef HB_LOG
#undef HB_STORE

namespace {

// Then one table a kind.
#define HB_LOG(kind)
#define HB_STORE(kind)
#define HB_SOURCE(kind) &source_##kind::kEntry,
constexpr std::array kSources{
#include "app/catalogue.def"
};
#undef HB_SOURCE
#undef HB_LOG
#define HB_SOURCE(kind)
#define HB_LOG(kind) &log_##kind::kEntry,
constexpr std::array kLogs{
#include "app/catalogue.def"
};
#undef HB_LOG
#undef HB_STORE
#define HB_LOG(kind)
#define HB_STORE(kind) &store_##kind::kEntry,
constexpr std::array kStores{
#include "app/catalogue.def"
};

template <typename Interface>
Result<const Entry<Interface, Env>*> Find(std::string_view what, std::string_view kind,
                                          std::span<const Entry<Interface, Env>* const> entries) {
  std::vector<std::string_view> names;
  for (const auto* entry : entries) {
    if (entry->name == kind) return entry;
    names.push_back(entry->name);
  }
  std::string message = "there is no " + std::string(what) + " '" + std::string(kind) + "'";
  if (const std::string_view near = Nearest(kind, names); !near.empty()) {
    message += "; did you mean '" + std::string(near) + "'?";
  }
  message += message.back() == '?' ? " There is" : "; there is";
  for (const std::string_view name : names) {
    message.append(name == names.front() ? " " : ", ").append(name);
  }
  return Error{Code::kInvalidArgument, std::move(message)};
}

}  // namespace

std::span<const Entry<Source, Env>* const> SourceEntries() { return kSources; }
std::span<const Entry<Log, Env>* const> LogEntries() { return kLogs; }
std::span<const Entry<Store, Env>* const> StoreEntries() { return kStores; }

Result<const Entry<Source, Env>*> FindSource(std::string_view kind) {
  return Find("source", kind, SourceEntries());
}
Result<const Entry<Log, Env>*> FindLog(std::string_view kind) {
  return Find("log", kind, LogEntries());
}
Result<const Entry<Store, Env>*> FindStore(std::string_view kind) {
  return Find("store", kind, StoreEntries());
}

}  // namespace hb
