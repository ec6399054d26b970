#include "simulate/simulator.h"

#include <charconv>
#include <optional>

#include "base/json.h"

namespace hb::simulate {

namespace {

/// Milliseconds since 1970 in a parameter; `fallback` if it is not there or none.
EventTime MillisParam(const Request& request, std::string_view name, EventTime fallback) {
  const std::string* text = request.Param(name);
  std::int64_t ms = 0;
  if (text == nullptr ||
      std::from_chars(text->data(), text->data() + text->size(), ms).ec != std::errc()) {
    return fallback;
  }
  return FromMillis(ms);
}

/// A parameter that counts something; nothing if it is not there or no number.
std::optional<std::uint64_t> CountParam(const Request& request, std::string_view name) {
  const std::string* text = request.Param(name);
  std::uint64_t count = 0;
  if (text == nullptr ||
      std::from_chars(text->data(), text->data() + text->size(), count).ec != std::errc()) {
    return std::nullopt;
  }
  return count;
}

void Answer(Exchange& exchange, int status, std::string_view json) {
  exchange.Answer(status, "application/json", json);
}

}  // namespace

Simulator::Simulator(Options& options, std::shared_ptr<const Corpus> corpus, Clock& clock)
    : world_{.corpus = std::move(corpus), .clock = clock},
      x_(std::move(options.x), world_),
      jetstream_(options.jetstream, world_),
      mastodon_(std::move(options.mastodon), world_) {
  for (const char* prefix : {"/2/", "/compliance/"})
    sites_.push_back({prefix, [this](Exchange& exchange) { x_.Handle(exchange); }});
  for (const char* prefix : {"/subscribe", "/xrpc/network.bsky.jetstream."})
    sites_.push_back({prefix, [this](Exchange& exchange) { jetstream_.Handle(exchange); }});
  sites_.push_back({"/api/", [this](Exchange& exchange) { mastodon_.Handle(exchange); }});
  sites_.push_back({"/simulate/", [this](Exchange& exchange) { Control(exchange); }});
}

Simulator::~Simulator() {
  if (server_) server_->Stop();  // before what the handlers use
}

Result<std::unique_ptr<Simulator>> Simulator::Start(Options options, Clock& clock) {
  std::shared_ptr<const Corpus> corpus;
  if (options.posts.empty()) {
    HB_ASSIGN(corpus, Corpus::MakeUp(options.corpus));
  } else {
    HB_ASSIGN(corpus, Corpus::Play(options.corpus, std::move(options.posts), options.redactions));
  }
  std::unique_ptr<Simulator> simulator(new Simulator(options, std::move(corpus), clock));
  if (!options.faults.empty()) HB_TRY(simulator->world_.faults.Add(options.faults));
  Server::Options server;
  server.address = options.listen;
  HB_ASSIGN(simulator->server_, Server::Start(server, [raw = simulator.get()](Exchange& exchange) {
              raw->Handle(exchange);
            }));
  return simulator;
}

void Simulator::Handle(Exchange& exchange) {
  for (const Site& site : sites_) {
    if (exchange.request().path.starts_with(site.prefix)) return site.handler(exchange);
  }
  Answer(exchange, 404, R"({"error":"nothing is simulated here: see /2/ and /simulate/"})");
}

void Simulator::Control(Exchange& exchange) {
  const Request& request = exchange.request();
  const EventTime now = world_.clock.Now();
  if (request.path == "/simulate/faults" && request.method == "POST") {
    const Status added = world_.faults.Add(request.body);
    if (!added.ok())
      return Answer(exchange, 400, R"({"error":)" + JsonQuote(added.error().message) + "}");
    return Answer(exchange, 200, world_.faults.Json());
  }
  if (request.path == "/simulate/usage" && request.method == "POST") {
    x_.SetUsage(CountParam(request, "used"), CountParam(request, "cap"));
    return Answer(exchange, 200, "{}");
  }
  if (request.method != "GET") return Answer(exchange, 405, R"({"error":"GET is meant"})");
  if (request.path == "/simulate/faults") return Answer(exchange, 200, world_.faults.Json());
  if (request.path == "/simulate/sent") return Answer(exchange, 200, world_.ledger.Json(now));
  if (request.path == "/simulate/posts") {
    return x_.ListPosts(exchange, MillisParam(request, "from_ms", world_.corpus->TimeOf(0)),
                        std::min(MillisParam(request, "to_ms", now), now));
  }
  Answer(
      exchange, 404,
      R"({"error":"see /simulate/faults, /simulate/usage, /simulate/sent and /simulate/posts"})");
}

}  // namespace hb::simulate
