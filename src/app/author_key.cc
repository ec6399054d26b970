#include "app/author_key.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "base/logging.h"
#include "env/env.h"

namespace hb {

namespace {

constexpr char kEnvironment[] = "HEARTBEAT_AUTHOR_KEY";
constexpr char kFile[] = "author.key";

Result<std::string> NewKey() {
  unsigned char bytes[32];
  if (RAND_bytes(bytes, sizeof(bytes)) != 1) {
    return Error{Code::kInternal, "the system gave no random bytes"};
  }
  std::string text;
  for (const unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

Result<std::unique_ptr<Pseudonyms>> FromText(std::string_view text, const std::string& where) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) {
    text.remove_suffix(1);
  }
  auto made = Pseudonyms::Create(std::string(text));
  if (!made.ok()) return Error{made.error().code, where + ": " + made.error().message};
  return made;
}

}  // namespace

Result<std::unique_ptr<Pseudonyms>> MakePseudonyms(const Config& config) {
  const char* const given = std::getenv(kEnvironment);
  if (given != nullptr && *given != '\0') return FromText(given, kEnvironment);
  if (config.log.kind == "kafka") {
    return Error{Code::kInvalidArgument,
                 std::string("privacy.authors = \"hashed\" over Kafka needs one key for all "
                             "processes: put it into the environment as ") +
                     kEnvironment};
  }
  const std::string file =
      config.author_key_file.empty() ? config.data_dir + "/" + kFile : config.author_key_file;
  const Result<std::string> kept = ReadFile(file);
  if (kept.ok()) return FromText(kept.value(), file);
  if (kept.error().code != Code::kNotFound) return kept.error();
  HB_ASSIGN(std::string key, NewKey());
  HB_TRY(WriteFileAtomic(file, key + "\n"));
  LogInfo("the key of hashed authors is {}: keep a copy, without it nobody finds an author again",
          file);
  return FromText(key, file);
}

}  // namespace hb
