// `heartbeat simulate`: stand-ins for the networks on loopback.
#include <cstdio>
#include <cstring>
#include <memory>

#include "app/commands.h"
#include "app/signals.h"
#include "app/simulation.h"

namespace hb {

namespace {

Result<int> Simulate(const SimulationOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  const Signals signals;  // before any thread is started
  SystemClock clock;
  HB_ASSIGN(const auto simulator, StartSimulation(options, clock));
  std::printf(
      "%s\n"
      "  X API v2: base_url of x_stream, x_sample and x_search; any token%s\n"
      "  Bluesky:  url of bluesky: ws://%s/subscribe, or /xrpc/network.bsky.jetstream."
      "subscribeEvents\n"
      "  Mastodon: base_url of mastodon; any token\n"
      "  faults:   POST /simulate/faults; what was sent: GET /simulate/sent\n",
      simulator->base_url().c_str(), options.token.empty() ? "" : " but a wrong one",
      simulator->base_url().c_str() + std::strlen("http://"));
  HB_TRY(FinishOutput());
  while (!signals.Next(std::chrono::seconds(1))) {
  }
  simulator->Stop();
  return kExitDone;
}

}  // namespace

void AddSimulateCommand(CLI::App& app, CommandContext& context) {
  auto* command = app.add_subcommand(
      "simulate", "stand in for the networks on loopback: to try a configuration without a key");
  auto options = std::make_shared<SimulationOptions>();
  options->listen = "127.0.0.1:8990";
  command->add_option("--listen", options->listen, "address; port 0 takes a free one")
      ->capture_default_str();
  command->add_option("--corpus", options->corpus,
                      "play the posts of this file (as --replay of up); else they are made up");
  command->add_option("--map", options->map, "columns of a CSV: content=text,time=created_at");
  command->add_option("--format", options->format,
                      "format of the file, if it is not recognised by itself");
  command->add_option("--rate", options->rate,
                      "posts a second (default 25, or as the file has them)");
  command->add_option("--speed", options->speed, "how fast a file's own times pass")
      ->capture_default_str();
  command->add_option("--seed", options->seed, "of what is made up and of faults at random")
      ->capture_default_str();
  command->add_option("--history", options->history, "how much was said before now")
      ->capture_default_str();
  command->add_option("--begin", options->begin,
                      "when the first post was said, instead of --history");
  command->add_flag("--once", options->once, "play a file once; else again and again");
  command
      ->add_option("--edits", options->edits, "share of what is made up that edits an earlier post")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_flag("--plain", options->plain, "make up no edits and deletes");
  command->add_option("--faults", options->faults,
                      "'random', or JSON as POST /simulate/faults takes it");
  command->add_option("--token", options->token, "the bearer token that is right (default: any)");
  command
      ->add_option("--vocabulary", options->vocabulary,
                   "names of X's fields: tweet.fields or post.fields")
      ->check(CLI::IsMember({"tweet", "post"}))
      ->capture_default_str();
  command->add_flag("!--no-rate-limits", options->rate_limits, "answer any number of requests");
  command->add_option("--keep-alive", options->keep_alive, "of a stream that has nothing to say")
      ->capture_default_str();
  command->add_option("--search-lag", options->search_lag, "what is younger is not found")
      ->capture_default_str();
  command->add_option("--chunk-bytes", options->chunk_bytes,
                      "HTTP chunks of streams (default: each message is one)");
  command->add_option("--usage-cap", options->usage_cap, "posts a month")->capture_default_str();
  command->callback([options, &context] {
    const Result<int> code = Simulate(*options);
    context.exit_code = code.ok() ? code.value() : Fail(code.error());
  });
}

}  // namespace hb
