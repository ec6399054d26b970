#include "app/hand_over.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/json_util.h"
#include "app/staging_place.h"
#include "base/logging.h"

namespace hb {

namespace {

using std::chrono::steady_clock;

constexpr int kRest = 10;  ///< times as long as the call before took
constexpr std::chrono::milliseconds kLeastRest{500};
constexpr std::chrono::minutes kLongestRest{1};
constexpr std::chrono::minutes kPatience{5};  ///< with a program that cannot take in

}  // namespace

HandOver::HandOver(const Config& config, std::unique_ptr<Control> program, const std::string& place)
    : config_(config), program_(std::move(program)), place_(FullStagingPlace(place)) {}

Result<bool> HandOver::Tell(const backfill::Totals& totals, bool last) {
  const auto begun = steady_clock::now();
  const bool rests = !last || refused_rest_.count() > 0;
  if (rests && begun < next_) return false;
  if (!last && totals.done + totals.failed == 0) return false;
  const Result<HttpResponse> answer =
      program_->Call("POST", "/api/v1/backfill",
                     fmt::format(R"({{"staging":{},"done":{},"failed":{}}})", JsonQuote(place_),
                                 totals.done, totals.failed));
  if (!answer.ok()) {
    const Error& error = answer.error();
    if (Control::OfRunning(config_)) return Refused(error);
    return Error{Code::kUnavailable,
                 "the program that had the data folder " + config_.data_dir +
                     " has stopped; what was fetched is staged, and the same command goes on"};
  }
  refused_rest_ = {};
  simdjson::dom::parser parser;
  HB_ASSIGN(const simdjson::dom::element document, ParseAnswer(answer.value().body, parser));
  const steady_clock::duration rest = (steady_clock::now() - begun) * kRest;
  next_ = steady_clock::now() + std::clamp<steady_clock::duration>(rest, kLeastRest, kLongestRest);
  return Member(document, "stored") == "true";
}

Result<bool> HandOver::Refused(const Error& error) {
  const auto now = steady_clock::now();
  const bool first = refused_rest_.count() == 0;
  if (first) refused_since_ = now;
  if (error.code != Code::kUnavailable || now - refused_since_ >= kPatience)
    return Error{error.code, "the running program: " + error.message};
  if (first) LogWarning("the running program cannot take in what is staged now: {}", error.message);
  refused_rest_ = first ? steady_clock::duration(kLeastRest)
                        : std::min<steady_clock::duration>(refused_rest_ * 2, kLongestRest);
  next_ = now + refused_rest_;
  return false;
}

}  // namespace hb
