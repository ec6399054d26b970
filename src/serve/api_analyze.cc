// /api/v1/analyze
#include "analysis/chain.h"
#include "analysis/result_json.h"
#include "record/identity.h"
#include "serve/answer.h"
#include "serve/params.h"
#include "serve/router.h"

namespace hb {

namespace {

constexpr std::size_t kMaxTexts = 1000, kMaxTextBytes = 1u << 20, kMaxExplained = 100;
constexpr std::string_view kHint = R"(send {"texts":["Good morning","Not again!"]})";

/// The texts of the body.
Result<std::vector<std::string_view>> TextsOf(const JsonBody& body) {
  simdjson::dom::array list;
  if (body.root()["texts"].get(list) != simdjson::SUCCESS) {
    return Error{Code::kInvalidArgument, "the body has no list \"texts\""};
  }
  std::vector<std::string_view> texts;
  std::size_t bytes = 0;
  for (const simdjson::dom::element element : list) {
    std::string_view text;
    if (element.get(text) != simdjson::SUCCESS) {
      return Error{Code::kInvalidArgument,
                   "texts[" + std::to_string(texts.size()) + "] is no text"};
    }
    bytes += text.size();
    texts.push_back(text);
    if (texts.size() > kMaxTexts || bytes > kMaxTextBytes) {
      return Error{Code::kInvalidArgument, "at most " + std::to_string(kMaxTexts) +
                                               " texts of together 1 MiB are analysed at once"};
    }
  }
  return texts;
}

Result<ResultChoice> ChoiceOf(const JsonBody& body) {
  simdjson::dom::array list;
  if (body.root()["analyzers"].get(list) != simdjson::SUCCESS) return ResultChoice{};
  std::string names;
  for (const simdjson::dom::element element : list) {
    std::string_view name;
    if (element.get(name) != simdjson::SUCCESS)
      return Error{Code::kInvalidArgument, "an analyzer is no text"};
    names += (names.empty() ? "" : ",") + std::string(name);
  }
  return names.empty() ? Result<ResultChoice>(ResultChoice{}) : ResultChoice::Parse(names);
}

}  // namespace

HttpResponse PostAnalyze(const HttpRequest& request, const ApiContext& context) {
  JsonBody body;
  HB_ANSWER_TRY(body.Parse(request));
  const auto texts = TextsOf(body);
  if (!texts.ok()) return Problem(400, texts.error().message, kHint);
  HB_ANSWER_ASSIGN(const ResultChoice choice, ChoiceOf(body));
  const bool explain = body.Flag("explain");
  if (explain && texts.value().size() > kMaxExplained) {
    return Problem(400, "at most " + std::to_string(kMaxExplained) + " texts are explained at once",
                   "send fewer, or leave explain out");
  }
  const AnalysisChain& chain = context.backend.chain();
  auto posts = std::make_shared<PostBatch>();
  for (const std::string_view text : texts.value())
    posts->Append({.key = PostKey{posts->size()}, .content = text});
  AnalysisBatch batch;
  const auto scratch = chain.MakeScratch();
  chain.Analyze(posts, *scratch, batch);
  if (std::string_view target; body.root()["toward"].get(target) == simdjson::SUCCESS) {
    if (const Status read = chain.ReadToward(batch, target, *scratch); !read.ok()) {
      if (read.error().code != Code::kInvalidArgument) return Problem(500, read.error().message);
      return Problem(400, read.error().message, "leave toward out, or set analysis.tier");
    }
  } else if (body.root()["toward"].error() == simdjson::SUCCESS) {
    return Problem(400, "toward is no text", R"("toward":"the new tram line")");
  }
  std::string out = "{\"results\":[";
  for (std::size_t row = 0; row < batch.size(); ++row) {
    if (row > 0) out += ',';
    AppendResultJson(chain, batch, row, choice, explain, *scratch, out);
  }
  JsonWriter models;
  models.Open();
  for (const AnalysisChain::Model& model : chain.models()) models.Member(model.task, model.name);
  models.Close();
  HttpResponse response;
  response.body = out + "],\"models\":" + models.Take() + "}";
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace hb
