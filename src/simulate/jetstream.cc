#include "simulate/jetstream.h"

#include <fmt/format.h>
#include <rapidjson/document.h>
#include <zdict.h>
#include <zstd.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/json.h"
#include "simulate/stream_player.h"

namespace hb::simulate {

namespace {

constexpr std::string_view kV1 = "/subscribe";
constexpr std::string_view kV2 = "/xrpc/network.bsky.jetstream.subscribeEvents";
constexpr std::string_view kGetDictionary = "/xrpc/network.bsky.jetstream.getZstdDictionary";
constexpr std::int64_t kLeastMicros = 1'000'000'000'000'000;  ///< smaller cursors of v2 are numbers
constexpr std::size_t kContentBytes = std::size_t{16} << 10, kTrainingPosts = 400;

/// The same for the same corpus: its first events, put in order by zstd.
std::string MakeDictionary(const JetstreamScript& script, std::uint64_t posts) {
  std::string samples;
  std::vector<std::size_t> sizes;
  std::vector<JetstreamEventText> events;
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(posts, kTrainingPosts); ++i)
    script.Events(i, events);
  for (const JetstreamEventText& event : events) {
    for (const std::string* text : {&event.v1, &event.v2}) {
      samples += *text;
      sizes.push_back(text->size());
    }
  }
  const std::string_view content = std::string_view(samples).substr(0, kContentBytes);
  // The number must differ where the content does: below 32768 they belong to a register.
  ZDICT_params_t params{};
  params.dictID = static_cast<unsigned>(32'768 + Hash64(content) % 2'000'000'000);
  std::string dictionary(2 * kContentBytes, '\0');
  const std::size_t size = ZDICT_finalizeDictionary(
      dictionary.data(), dictionary.size(), content.data(), content.size(), samples.data(),
      sizes.data(), static_cast<unsigned>(sizes.size()), params);
  if (ZDICT_isError(size)) return {};  // too few posts: then nothing is packed
  dictionary.resize(size);
  return dictionary;
}

bool Wants(const std::vector<std::string>& collections, std::string_view collection) {
  return collections.empty() ||
         std::any_of(collections.begin(), collections.end(), [&](const std::string& wanted) {
           return wanted == collection ||
                  (wanted.ends_with(".*") &&
                   collection.starts_with(std::string_view(wanted).substr(0, wanted.size() - 1)));
         });
}

/// What a client asked for.
struct Asked {
  std::vector<std::string> collections, dids, kinds;
  std::uint64_t max_bytes = 0;
};

std::uint64_t NumberOf(const std::string* text) {
  std::uint64_t number = 0;
  if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

}  // namespace

/// One client on its way.
class JetstreamApi::Player : private StreamPlayer {
 public:
  Player(JetstreamApi& api, Exchange& exchange, WebSocket& socket, Asked asked, bool v2, bool pack)
      : StreamPlayer(api.world_, exchange, "jetstream"),
        api_(api),
        socket_(socket),
        asked_(std::move(asked)),
        v2_(v2) {
    if (!pack) return;
    packer_.reset(ZSTD_createCCtx());
    ZSTD_CCtx_loadDictionary(packer_.get(), api_.dictionary_.data(), api_.dictionary_.size());
  }

  void Play(std::uint64_t next, std::int64_t from_us, std::uint64_t from_seq, bool wait_for_hello) {
    next_ = next;
    from_us_ = from_us;
    from_seq_ = from_seq;
    while (wait_for_hello && !socket_.ended()) wait_for_hello = !Hear();
    while (!socket_.ended() && Meet() && PlayDue()) Hear();
  }
  bool Tell(std::string_view text) { return Write(text); }

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };

  bool Write(std::string_view text) override {
    if (!packer_) return SendFrame(socket_, text);
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    const std::size_t size =
        ZSTD_compress2(packer_.get(), packed.data(), packed.size(), text.data(), text.size());
    return !ZSTD_isError(size) && SendFrame(socket_, {packed.data(), size}, /*binary=*/true);
  }

  /// A message of the client; true if it was an options_update. One that is none closes the socket.
  bool Hear() {
    const auto message = socket_.Receive(kTick);
    if (!message) return false;
    rapidjson::Document root;
    root.Parse(message->bytes.data(), message->bytes.size());
    const auto text = [](const rapidjson::Value& object, const char* name) {
      const auto at = object.FindMember(name);
      return at != object.MemberEnd() && at->value.IsString() ? at->value.GetString() : "";
    };
    if (v2_ || !root.IsObject() || std::string_view(text(root, "type")) != "options_update" ||
        !root.HasMember("payload") || !root["payload"].IsObject()) {
      how_ = "a message that is none";
      socket_.Close(1003, "this is no options_update");
      return false;
    }
    const auto list = [&](const char* name) {
      std::vector<std::string> values;
      const auto at = root["payload"].FindMember(name);
      if (at == root["payload"].MemberEnd() || !at->value.IsArray()) return values;
      for (const auto& value : at->value.GetArray()) {
        if (value.IsString()) values.emplace_back(value.GetString());
      }
      return values;
    };
    asked_.collections = list("wantedCollections");
    asked_.dids = list("wantedDids");
    return true;
  }

  [[nodiscard]] bool IsWanted(const JetstreamEventText& event) const {
    const bool commit = !event.collection.empty();
    if (commit && !Wants(asked_.collections, event.collection)) return false;
    if (!asked_.dids.empty() &&
        std::find(asked_.dids.begin(), asked_.dids.end(), event.did) == asked_.dids.end())
      return false;
    if (commit && !asked_.kinds.empty() &&
        std::find(asked_.kinds.begin(), asked_.kinds.end(), "commit") == asked_.kinds.end())
      return false;
    const std::string& text = v2_ ? event.v2 : event.v1;
    return asked_.max_bytes == 0 || text.size() <= asked_.max_bytes;
  }

  bool PlayDue() {
    const Corpus& corpus = *world_.corpus;
    const std::uint64_t due = corpus.FirstAt(Now() + std::chrono::milliseconds(1));
    for (std::size_t said = 0; next_ < due; ++next_) {
      events_.clear();
      api_.script_.Events(next_, events_);
      for (const JetstreamEventText& event : events_) {
        if (event.time_us < from_us_ || event.seq < from_seq_ || !IsWanted(event)) continue;
        if (!Meet() || !Give({event.creates ? event.post : Post::npos, v2_ ? event.v2 : event.v1}))
          return false;
        // A client that is behind may still say something, or go.
        if (++said % 256 == 0 && (Hear(), socket_.ended())) return false;
      }
    }
    return true;
  }

  void Close() override { socket_.Close(1001, "going away"); }
  void Disconnect(const std::string&) override {
    const std::string reason = "ConsumerTooSlow";  // the only one that clients know
    if (!v2_ || Write(R"({"$type":"error","error":)" + JsonQuote(reason) + "}"))
      socket_.Close(1008, reason);
  }
  std::string Malformed() override { return R"({"did":"did:plc:cut","time_us":)"; }
  std::string Unknown() override {
    return v2_ ? R"({"$type":"message","payload":{"$type":"what.comes.next#year","did":"d"}})"
               : R"({"did":"did:plc:new","time_us":1,"kind":"surprise","surprise":{}})";
  }

  JetstreamApi& api_;
  WebSocket& socket_;
  Asked asked_;
  const bool v2_;
  std::unique_ptr<ZSTD_CCtx, Free> packer_;
  std::vector<JetstreamEventText> events_;
  std::uint64_t next_ = 0, from_seq_ = 0;
  std::int64_t from_us_ = 0;
};

JetstreamApi::JetstreamApi(Options options, World& world)
    : options_(options),
      world_(world),
      script_(*world.corpus),
      dictionary_(MakeDictionary(script_, world.corpus->size())) {}

std::uint32_t JetstreamApi::dictionary_id() const {
  return ZDICT_getDictID(dictionary_.data(), dictionary_.size());
}

bool JetstreamApi::Serves(std::string_view path) {
  return path == kV1 || path.starts_with("/xrpc/network.bsky.jetstream.");
}

void JetstreamApi::Refuse(Exchange& exchange, const std::string& error,
                          const std::string& message) const {
  exchange.Answer(
      400, "application/json",
      fmt::format(R"({{"error":{},"message":{}}})", JsonQuote(error), JsonQuote(message)));
}

void JetstreamApi::Handle(Exchange& exchange) {
  const Request& request = exchange.request();
  if (request.path == kGetDictionary && !dictionary_.empty()) {
    exchange.Answer(200, "application/octet-stream", dictionary_,
                    {{"x-zstd-dictionary-id", std::to_string(dictionary_id())}});
    return;
  }
  const bool v2 = request.path == kV2;
  if (!v2 && request.path != kV1) {
    exchange.Answer(404, "application/json", R"({"error":"MethodNotImplemented"})");
    return;
  }
  if (const auto fault = world_.faults.TakeRefusal(request.path, true)) {
    const int status = fault->reason == "rate-limit" || fault->reason == "too-many-connections"
                           ? 429
                       : fault->reason == "unauthorized" ? 401
                       : fault->reason == "forbidden"    ? 403
                       : fault->reason == "internal"     ? 500
                                                         : 503;
    exchange.Answer(status, "application/json", R"({"error":"refused"})", {{"retry-after", "1"}});
    return;
  }
  Asked asked{.collections = request.Params(v2 ? "collections" : "wantedCollections"),
              .dids = request.Params(v2 ? "dids" : "wantedDids"),
              .kinds = v2 ? request.Params("kinds") : std::vector<std::string>(),
              .max_bytes = NumberOf(request.Param("maxMessageSizeBytes"))};
  if (asked.collections.size() > 100 || asked.dids.size() > 10'000)
    return Refuse(exchange, "InvalidRequest", "too many collections or dids");
  if (v2 &&
      (request.Param("wantedCollections") != nullptr || request.Param("wantedDids") != nullptr))
    return Refuse(exchange, "InvalidRequest", "this name belongs to the first wire");
  bool pack = false;
  if (v2) {
    const std::string* id = request.Param("zstdDictionary");
    pack = id != nullptr;
    if (pack && (dictionary_.empty() || NumberOf(id) != dictionary_id()))
      return Refuse(exchange, "UnknownZstdDictionary", "see getZstdDictionary");
  } else {
    const std::string* compress = request.Param("compress");
    pack = (compress != nullptr && *compress == "true") ||
           request.Header("socket-encoding").find("zstd") != std::string_view::npos;
    pack = pack && !dictionary_.empty();
  }

  const EventTime now = world_.clock.Now();
  const std::uint64_t oldest = world_.corpus->FirstAt(now - options_.history);
  std::uint64_t next = world_.corpus->FirstAt(now), from_seq = 0;
  std::int64_t from_us = 0;
  bool clamped = false;
  if (const std::string* text = request.Param("cursor")) {
    const std::uint64_t cursor = NumberOf(text);
    if (v2 && cursor < static_cast<std::uint64_t>(kLeastMicros)) {
      from_seq = cursor;
      next = std::min(next, JetstreamScript::FirstAtSeq(cursor));
      if (next < oldest) return Refuse(exchange, "CursorTooOld", "the history begins later");
    } else if (cursor < static_cast<std::uint64_t>(ToMillis(now)) * 1000) {  // the future is now
      from_us = static_cast<std::int64_t>(cursor);
      next = std::min(next, script_.FirstAtMicros(from_us));
      clamped = next < oldest;
      next = std::max(next, oldest);
    }
  }
  const std::string* hello = request.Param("requireHello");
  WebSocket* socket = exchange.Upgrade(v2 ? "xrpc.v1.json" : "");
  if (socket == nullptr) return;
  Player player(*this, exchange, *socket, std::move(asked), v2, pack);
  if (v2 && clamped &&
      !player.Tell(
          R"({"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#info","name":"OutdatedCursor"}})"))
    return;
  player.Play(next, from_us, from_seq, !v2 && hello != nullptr && *hello == "true");
}

}  // namespace hb::simulate
