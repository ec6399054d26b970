#include "source/x/x_connection.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "source/x/x_search.h"

namespace hb {

std::optional<Ending> XConnection::Prepare() {
  return options_.gate ? options_.gate(true) : std::nullopt;
}

bool XConnection::Line(std::string_view line, FeedSink& sink) {
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  if (line.empty()) {
    sink.Alive();
    return true;
  }
  // Within a text the quotes are escaped, so this is a member. Posts come with partial errors too.
  if (line.find("\"errors\"") != std::string_view::npos ||
      line.find("\"connection_issue\"") != std::string_view::npos) {
    std::vector<std::string> rules;
    XProblem problem;
    if (answers_.Message(line, rules, problem) == XMessageKind::kError) {
      ending_ = XEndingOf(problem);
      return false;
    }
  }
  return sink.Message(line);
}

bool XConnection::Split(std::string_view piece, FeedSink& sink) {
  while (!piece.empty()) {
    const std::size_t end = piece.find('\n');
    const std::string_view part = piece.substr(0, end);
    const bool whole = end != std::string_view::npos;
    piece.remove_prefix(whole ? end + 1 : piece.size());
    if (skipping_) {
      skipping_ = !whole;
      continue;
    }
    if (whole && partial_.empty()) {
      if (!Line(part, sink)) return false;
      continue;
    }
    partial_.append(part.substr(0, options_.max_line_bytes + 1 - partial_.size()));
    const bool too_long = partial_.size() > options_.max_line_bytes;
    if (!whole && !too_long) continue;
    const std::string line = std::exchange(partial_, {});
    skipping_ = too_long && !whole;
    if (!(too_long ? sink.Message(line) : Line(line, sink))) return false;
  }
  return true;
}

Ending XConnection::Run(FeedSink& sink) {
  if (options_.gate) {
    if (const auto closed = options_.gate(false)) return *closed;
  }
  for (int attempt = 0;; ++attempt) {
    partial_.clear();
    skipping_ = false;
    ending_.reset();
    XParams params = options_.params;
    if (options_.post_fields) {
      for (auto& field : XPostFields(vocabulary_)) params.push_back(std::move(field));
    }
    HttpStreamCall call;
    call.url = XUrl(options_.access, options_.path, params);
    call.headers = XHeaders(options_.access);
    call.silence = options_.silence;
    call.max_body = std::size_t{64} << 10;
    call.on_data = [&](std::string_view piece) { return Split(piece, sink); };
    const HttpStreamEnd end = http_.Run(call);
    // The other side may leave out the last line's end, and may break off in the midst of a post:
    // what is whole is one, what is not lies in the hole that begins now.
    std::vector<std::string> rules;
    XProblem problem;
    if (!partial_.empty() && !ending_) {
      const XMessageKind kind = answers_.Message(partial_, rules, problem);
      if (kind == XMessageKind::kData) sink.Message(partial_);
      if (kind == XMessageKind::kError) ending_ = XEndingOf(problem);
    }
    if (ending_) return *ending_;
    const Ending ending = XEndingOf(end, clock_.Now(), answers_, problem);
    if (attempt == 0 && RefusesVocabulary(end, problem, vocabulary_)) {
      vocabulary_ = vocabulary_ == XVocabulary::kTweet ? XVocabulary::kPost : XVocabulary::kTweet;
      continue;
    }
    return ending;
  }
}

}  // namespace hb
