#include "app/sentiment_choice.h"

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "analysis/lexicon_sentiment.h"
#include "remote/protocol.h"
#include "remote/remote_sentiment.h"
#include "remote/unit_budget.h"

namespace hb {

namespace {

constexpr char kSpentFile[] = "comprehend-units";
/// Dollars, up to ten million units a month (https://aws.amazon.com/comprehend/pricing/, 2026).
constexpr double kComprehendUnit = 0.0001;

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool IsWebAddress(const std::string& url) {
  return url.starts_with("http://") || url.starts_with("https://");
}

Result<std::shared_ptr<const SentimentModel>> MakeRemote(const Config& config, Clock& clock) {
  const bool comprehend = config.analysis_sentiment == "comprehend";
  const std::string& url = config.remote_url;
  const auto wrong = [](std::string what) {
    return Error{Code::kInvalidArgument, std::move(what)};
  };
  if ((!comprehend || !url.empty()) && !IsWebAddress(url)) {
    return wrong("remote.url '" + url + "' is no address such as https://host/path");
  }
  std::unique_ptr<const RemoteProtocol> protocol;
  if (comprehend) {
    AwsAccess access{.region = config.remote_region,
                     .key = FromEnvironment("AWS_ACCESS_KEY_ID"),
                     .secret = FromEnvironment("AWS_SECRET_ACCESS_KEY"),
                     .session_token = FromEnvironment("AWS_SESSION_TOKEN"),
                     .url = url};
    if (access.region.empty()) access.region = FromEnvironment("AWS_REGION");
    if (access.region.empty()) access.region = FromEnvironment("AWS_DEFAULT_REGION");
    if (access.region.empty()) return wrong("comprehend needs a region: set remote.region");
    if (access.key.empty() || access.secret.empty()) {
      return wrong(
          "comprehend needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment");
    }
    protocol = MakeComprehendProtocol(access);
  } else {
    protocol = MakeHttpProtocol(url, FromEnvironment("HEARTBEAT_REMOTE_TOKEN"),
                                static_cast<std::size_t>(config.remote_batch));
  }
  const std::string spent = comprehend ? config.data_dir + "/" + kSpentFile : "";
  auto budget = std::make_unique<UnitBudget>(
      spent, static_cast<std::uint64_t>(config.remote_monthly_units), clock);
  RemoteSentiment::Options options;
  options.parallel = static_cast<std::size_t>(config.remote_parallel);
  options.timeout = std::chrono::milliseconds(config.remote_timeout_ms);
  options.patience = std::chrono::milliseconds(config.remote_patience_ms);
  options.unit_price = comprehend ? kComprehendUnit : 0;
  return std::shared_ptr<const SentimentModel>(std::make_shared<RemoteSentiment>(
      std::move(options), std::move(protocol), std::move(budget), clock));
}

}  // namespace

const std::vector<std::string>& SentimentNames() {
  static const std::vector<std::string> names = {
      "model", "vader", "vader-repaired", "textblob", "textblob-repaired", "http", "comprehend"};
  return names;
}

Result<std::shared_ptr<const SentimentModel>> MakeSentiment(const Config& config, Clock& clock) {
  const std::string& name = config.analysis_sentiment;
  std::shared_ptr<const WordList> words;
  if (!config.analysis_words.empty()) {
    if (!IsLexicon(name)) {
      return Error{Code::kInvalidArgument, "a list of words (" + config.analysis_words +
                                               ") goes with vader or textblob, not with '" + name +
                                               "'"};
    }
    HB_ASSIGN(const std::string text, ReadFile(config.analysis_words));
    HB_ASSIGN(words, WordList::Parse(text, config.analysis_words));
  }
  if (IsLexicon(name)) return MakeLexiconSentiment(name, std::move(words));
  if (name != "model") return MakeRemote(config, clock);
  return std::shared_ptr<const SentimentModel>();
}

Result<std::shared_ptr<const SentimentModel>> MakeSentiment(const std::string& name,
                                                            const std::string& words,
                                                            const std::string& config_path) {
  if (name.empty() && words.empty()) return std::shared_ptr<const SentimentModel>();
  HB_ASSIGN(Config config, LoadConfig(config_path));
  if (!name.empty() && name != config.analysis_sentiment && words.empty())
    config.analysis_words.clear();  // belongs to the configured one
  if (!name.empty()) config.analysis_sentiment = name;
  if (!words.empty()) config.analysis_words = words;
  // What a command spends counts too, where there is a data folder to write it into.
  static SystemClock clock;
  std::error_code none;
  if (config.analysis_sentiment == "comprehend" &&
      !std::filesystem::is_directory(config.data_dir, none)) {
    return Error{Code::kInvalidArgument, "there is no data folder " + config.data_dir +
                                             " to keep in what comprehend has cost"};
  }
  return MakeSentiment(config, clock);
}

}  // namespace hb
