// query_string: what people write into a search box.
#include <algorithm>
#include <string>
#include <utility>

#include "serve/es_match.h"
#include "serve/es_query.h"

namespace hb::es {

namespace {

constexpr int kMaxWords = 64;

Error Bad(std::string reason) { return {Code::kInvalidArgument, std::move(reason)}; }

/// One piece of a query string.
struct Piece {
  std::string field, text;
  bool phrase = false, negated = false, required = false;
};

/// Takes the next word or quoted phrase off `text`.
Result<Piece> TakePiece(std::string_view& text) {
  Piece piece;
  while (!text.empty() && (text.front() == '+' || text.front() == '-' || text.front() == '!')) {
    (text.front() == '+' ? piece.required : piece.negated) = true;
    text.remove_prefix(1);
  }
  while (true) {
    if (!text.empty() && text.front() == '"') {
      const std::size_t end = text.find('"', 1);
      if (end == std::string_view::npos)
        return Bad("Failed to parse query: the quote is never closed");
      piece.phrase = true;
      piece.text = text.substr(1, end - 1);
      text.remove_prefix(end + 1);
      return piece;
    }
    const std::size_t end = std::min(text.find_first_of(" \t\n\r:()\""), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end);
    if (!text.empty() && (text.front() == '(' || text.front() == ')')) {
      return Bad("Failed to parse query: parentheses are not known here; write a bool query");
    }
    if (!text.empty() && text.front() == ':' && piece.field.empty() && !word.empty()) {
      piece.field = word;
      text.remove_prefix(1);
      continue;
    }
    if (!text.empty() && text.front() == ':')
      return Bad("Failed to parse query: ':' without a field");
    piece.text = word;
    return piece;
  }
}

/// The words of a query string put together: those that are needed, and of the others any.
class Reader {
 public:
  Reader(const Index& index, bool all_words, EventTime now)
      : index_(index), all_words_(all_words), now_(now) {}

  Status Read(std::string_view text) {
    for (int words = 0; SkipBlanks(text); ++words) {
      if (words == kMaxWords)
        return Bad("Failed to parse query: more than " + std::to_string(kMaxWords) + " words");
      HB_ASSIGN(const Piece piece, TakePiece(text));
      if (IsOperator(piece)) continue;
      HB_ASSIGN(const Statement clause, ClauseOf(piece));
      Place(clause, piece, text);
      next_and_ = next_not_ = false;
    }
    return Ok();
  }

  [[nodiscard]] Statement Condition() const {
    Statement out("(true");
    out.Append(required_);
    if (optional_ > 0) out.Add(" AND (").Append(any_).Add(")");
    out.Add(")");
    return out;
  }

 private:
  /// False at the end.
  static bool SkipBlanks(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\n\r"), text.size()));
    return !text.empty();
  }

  /// AND, OR and NOT say something of the words beside them; nothing at all says nothing.
  bool IsOperator(const Piece& piece) {
    if (piece.phrase || !piece.field.empty()) return false;
    if (piece.text == "AND" || piece.text == "&&") {
      next_and_ = true;
    } else if (piece.text == "OR" || piece.text == "||") {
      next_and_ = false;
    } else if (piece.text == "NOT") {
      next_not_ = true;
    } else {
      return piece.text.empty();
    }
    return true;
  }

  Status AddField(const Field& field, const Piece& piece, Statement& out) const {
    if (!piece.phrase || field.type != FieldType::kWords)
      return AddMatch(field, piece.text, true, now_, out);
    AddPhrase(field, piece.text, out);
    return Ok();
  }

  /// Of a piece without a field: any that has words.
  Status AddAnyField(const Piece& piece, Statement& out) const {
    bool first = true;
    for (const Field& field : index_.fields) {
      if (field.type != FieldType::kWords) continue;
      if (!std::exchange(first, false)) out.Add(" OR ");
      HB_TRY(AddField(field, piece, out));
    }
    if (first) out.Add("false");
    return Ok();
  }

  Result<Statement> ClauseOf(const Piece& piece) const {
    const bool anything = piece.text == "*" && !piece.phrase;
    Statement out("(");
    if (piece.field.empty()) {
      if (anything) {
        out.Add("true");
      } else {
        HB_TRY(AddAnyField(piece, out));
      }
    } else if (const Field* field = index_.Find(piece.field); field == nullptr) {
      out.Add("false");
    } else if (anything) {
      out.Add(field->sql).Add(" IS NOT NULL");
    } else {
      HB_TRY(AddField(*field, piece, out));
    }
    out.Add(")");
    return out;
  }

  /// `rest`: what comes after the piece.
  void Place(const Statement& clause, const Piece& piece, std::string_view rest) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    // "a AND b": what stands before the AND is needed too.
    const bool before_and = rest.rfind("AND ", 0) == 0 || rest.rfind("&& ", 0) == 0;
    if (piece.negated || next_not_) {
      required_.Add(" AND NOT coalesce(").Append(clause).Add(", false)");
    } else if (piece.required || all_words_ || next_and_ || before_and) {
      required_.Add(" AND ").Append(clause);
    } else {
      any_.Add(optional_++ > 0 ? " OR " : "").Append(clause);
    }
  }

  const Index& index_;
  const bool all_words_;
  const EventTime now_;
  bool next_and_ = false, next_not_ = false;
  Statement required_;  ///< each begins with " AND "
  Statement any_;       ///< joined by OR
  int optional_ = 0;    ///< clauses of any_
};

}  // namespace

Result<Statement> QueryStringCondition(const Index& index, std::string_view text, bool all_words,
                                       EventTime now) {
  Reader reader(index, all_words, now);
  HB_TRY(reader.Read(text));
  return reader.Condition();
}

}  // namespace hb::es
