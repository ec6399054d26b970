#include "app/hand_over.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "app/json_util.h"

namespace hb {

namespace {

using std::chrono::steady_clock;

constexpr int kRest = 10;  ///< times as long as the call before took
constexpr std::chrono::milliseconds kLeastRest{500};
constexpr std::chrono::minutes kLongestRest{1};

std::string AsOthersFindIt(const std::string& place) {
  if (place.starts_with("s3://")) return place;
  std::error_code error;
  return std::filesystem::absolute(place, error).string();
}

}  // namespace

HandOver::HandOver(const Config& config, std::unique_ptr<Control> program, const std::string& place)
    : config_(config), program_(std::move(program)), place_(AsOthersFindIt(place)) {}

Result<bool> HandOver::Tell(const backfill::Totals& totals, bool last) {
  const auto begun = steady_clock::now();
  if (!last && (begun < next_ || totals.done + totals.failed == 0)) return false;
  const Result<HttpResponse> answer =
      program_->Call("POST", "/api/v1/backfill",
                     fmt::format(R"({{"staging":{},"done":{},"failed":{}}})", JsonQuote(place_),
                                 totals.done, totals.failed));
  if (!answer.ok()) {
    const Error& error = answer.error();
    if (Control::OfRunning(config_))
      return Error{error.code, "the running program: " + error.message};
    return Error{Code::kUnavailable,
                 "the program that had the data folder " + config_.data_dir +
                     " has stopped; what was fetched is staged, and the same command goes on"};
  }
  simdjson::dom::parser parser;
  HB_ASSIGN(const simdjson::dom::element document, ParseAnswer(answer.value().body, parser));
  const steady_clock::duration rest = (steady_clock::now() - begun) * kRest;
  next_ = steady_clock::now() + std::clamp<steady_clock::duration>(rest, kLeastRest, kLongestRest);
  return Member(document, "stored") == "true";
}

}  // namespace hb
