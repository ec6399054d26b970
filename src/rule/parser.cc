#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/hash.h"
#include "rule/ast.h"
#include "text/text_walk.h"
#include "text/utf8.h"

namespace hb::rule {

namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::vector<std::uint64_t> TokensOf(std::string_view text) {
  TextWalk walk;
  WalkText(text, walk);
  std::vector<std::uint64_t> hashes;
  for (const Token& token : walk.tokens) {
    if (token.hash != 0) hashes.push_back(token.hash);
  }
  return hashes;
}

std::optional<std::int64_t> Number(std::string_view text) {
  std::int64_t value = 0;
  const auto [at, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || at != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<double> Decimal(std::string_view text) {
  double value = 0;
  const auto [at, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || at != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Blank-separated numbers inside [ ]; nothing if there is anything else.
std::optional<std::vector<double>> Numbers(std::string_view text) {
  std::vector<double> numbers;
  while (!text.empty()) {
    const std::size_t blank = std::min(text.find(' '), text.size());
    if (blank > 0) {
      const auto number = Decimal(text.substr(0, blank));
      if (!number) return std::nullopt;
      numbers.push_back(*number);
    }
    text.remove_prefix(std::min(blank + 1, text.size()));
  }
  return numbers;
}

/// Recursive descent over the grammar: or_expr, and_expr, unary, term.
class Parser {
 public:
  Parser(std::string_view rule, RuleError& error) : rule_(rule), error_(error) {}

  Result<Node> Run() {
    if (!IsValidUtf8(rule_)) return Fail(0, "the rule is not valid UTF-8", "");
    if (CountCodePoints(rule_) > kMaxRuleCodePoints) {
      return Fail(0, "a rule has at most " + std::to_string(kMaxRuleCodePoints) + " characters",
                  "");
    }
    SkipBlanks();
    if (AtEnd()) return Fail(0, "the rule is empty", "write a word, \"a phrase\", #tag, @user ...");
    HB_ASSIGN(Node root, OrExpression(0));
    if (!AtEnd()) return Fail(at_, "there is no '(' for this ')'", "");
    HB_TRY(CheckStanding(root));
    return root;
  }

 private:
  Result<Node> OrExpression(int depth) {
    if (depth > kMaxDepth) return Fail(at_, "parentheses are nested too deeply", "");
    HB_ASSIGN(Node first, AndExpression(depth));
    if (!AtOr()) return first;
    Node node;
    node.kind = NodeKind::kOr;
    node.column = first.column;
    node.children.push_back(std::move(first));
    while (AtOr()) {
      const std::size_t or_at = at_;
      at_ += 2;
      SkipBlanks();
      if (AtEnd() || Peek() == ')' || AtOr()) {
        return Fail(or_at, "OR needs something on its right",
                    "to find the word itself, write \"OR\"");
      }
      HB_ASSIGN(Node next, AndExpression(depth));
      node.children.push_back(std::move(next));
    }
    return node;
  }

  Result<Node> AndExpression(int depth) {
    if (AtOr())
      return Fail(at_, "OR needs something on its left", "to find the word itself, write \"OR\"");
    std::vector<Node> parts;
    while (!AtEnd() && Peek() != ')' && !AtOr()) {
      HB_ASSIGN(Node part, Unary(depth));
      parts.push_back(std::move(part));
      SkipBlanks();
    }
    if (parts.empty()) return Fail(at_, "something is missing here", "");
    if (parts.size() == 1) return std::move(parts.front());
    Node node;
    node.kind = NodeKind::kAnd;
    node.column = parts.front().column;
    node.children = std::move(parts);
    return node;
  }

  Result<Node> Unary(int depth) {
    if (Peek() != '-') return Term(depth);
    const std::size_t minus = at_++;
    if (AtEnd() || IsBlank(Peek()))
      return Fail(minus, "'-' stands directly before what it excludes", "");
    if (Peek() == '(') {
      return Fail(minus, "a group cannot be negated", "negate each part: -snow -day");
    }
    if (Peek() == '-') return Fail(minus, "'--' is not allowed", "write one '-'");
    HB_ASSIGN(Node inner, Term(depth));
    if (inner.named != nullptr && !inner.named->negatable) {
      return Fail(minus, std::string(inner.named->name) + ": cannot be negated", "");
    }
    Node node;
    node.kind = NodeKind::kNot;
    node.column = Column(minus);
    node.children.push_back(std::move(inner));
    return node;
  }

  Result<Node> Term(int depth) {
    const std::size_t begin = at_;
    if (Peek() == '(') {
      ++at_;
      SkipBlanks();
      if (!AtEnd() && Peek() == ')') return Fail(begin, "the parentheses are empty", "");
      HB_ASSIGN(Node inner, OrExpression(depth + 1));
      if (AtEnd()) return Fail(begin, "this '(' is never closed", "add a ')'");
      ++at_;
      SkipBlanks();
      return inner;
    }
    if (Peek() == '"') return Phrase();
    for (const std::string_view curly : {"\u201C", "\u201D"}) {
      if (Rest().substr(0, curly.size()) == curly) {
        return Fail(begin, "this is a curly quote", "use straight quotes: \"exact phrase\"");
      }
    }
    return Bare();
  }

  /// "exact phrase" or "a b"~N.
  Result<Node> Phrase() {
    const std::size_t begin = at_;
    HB_ASSIGN(std::string text, Quoted());
    Node node;
    node.op = Operator::kPhrase;
    node.column = Column(begin);
    node.text = std::move(text);
    node.tokens = TokensOf(node.text);
    if (node.tokens.empty()) return Fail(begin, "the phrase holds no word", "");
    if (!AtEnd() && Peek() == '~') {
      const std::size_t tilde = at_++;
      const std::string_view digits = TakeUntilEnd();
      const auto n = Number(digits);
      if (!n || *n < 1 || *n > 6)
        return Fail(tilde, "the distance after '~' is 1 to 6", "\"social media\"~5");
      if (node.tokens.size() < 2) return Fail(begin, "a distance needs at least two words", "");
      node.op = Operator::kProximity;
      node.high = *n;
    }
    HB_TRY(EndOfTerm());
    return node;
  }

  /// The text between quotes; \" stands for a quote.
  Result<std::string> Quoted() {
    const std::size_t begin = at_++;
    std::string text;
    while (!AtEnd() && Peek() != '"') {
      if (Peek() == '\\' && at_ + 1 < rule_.size() && rule_[at_ + 1] == '"') ++at_;
      text.push_back(rule_[at_++]);
    }
    if (AtEnd()) return Fail(begin, "this quote is never closed", "add a \"");
    ++at_;
    return text;
  }

  /// A term without quotes in front: a word, #tag, @user, $CASH or name:value.
  Result<Node> Bare() {
    const std::size_t begin = at_;
    std::size_t name_end = at_;
    while (name_end < rule_.size() &&
           ((rule_[name_end] >= 'a' && rule_[name_end] <= 'z') ||
            (rule_[name_end] >= 'A' && rule_[name_end] <= 'Z') || rule_[name_end] == '_')) {
      ++name_end;
    }
    if (name_end > begin && name_end < rule_.size() && rule_[name_end] == ':')
      return NamedTerm(name_end);
    const std::string_view text = TakeUntilEnd();
    if (text.empty())
      return Fail(begin, "this character has no meaning here", "put text with it in quotes");
    return WordTerm(begin, text);
  }

  Result<Node> WordTerm(std::size_t begin, std::string_view text) {
    Node node;
    node.column = Column(begin);
    if (text.find('"') != std::string_view::npos) {
      return Fail(begin + text.find('"'), "a quote inside a word", "put a blank before it");
    }
    const char sign = text.front();
    if (sign == '#' || sign == '@' || sign == '$') {
      node.op = sign == '#'   ? Operator::kHashtag
                : sign == '@' ? Operator::kMention
                              : Operator::kCashtag;
      node.text = text.substr(1);
      if (node.text.empty())
        return Fail(begin, std::string("'") + sign + "' stands directly before a name", "");
      node.tokens = {Hash64(Folded(node.text))};
      return node;
    }
    node.text = text;
    node.tokens = TokensOf(text);
    if (node.tokens.empty()) {
      return Fail(begin, "'" + std::string(text) + "' holds no word",
                  "put punctuation inside a \"phrase with words\"");
    }
    node.op = node.tokens.size() == 1 ? Operator::kWord : Operator::kPhrase;
    return node;
  }

  /// name:value, name:"value", name:[...].
  Result<Node> NamedTerm(std::size_t name_end) {
    const std::size_t begin = at_;
    const std::string_view name = rule_.substr(begin, name_end - begin);
    at_ = name_end + 1;
    const std::size_t value_at = at_;
    std::string value;
    if (!AtEnd() && Peek() == '"') {
      HB_ASSIGN(value, Quoted());
    } else if (!AtEnd() && Peek() == '[') {
      const std::size_t close = rule_.find(']', at_);
      if (close == std::string_view::npos)
        return Fail(at_, "this '[' is never closed", "add a ']'");
      value = rule_.substr(at_ + 1, close - at_ - 1);
      at_ = close + 1;
    } else {
      value = TakeUntilEnd();
    }
    if (value.empty()) {
      return Fail(begin, std::string(name) + ": needs a value",
                  "write " + std::string(name) + ":value without a blank");
    }
    const Named* named = FindOperator(name);
    if (named == nullptr) named = FindOperator(std::string(name) + ":" + value);
    if (named == nullptr) return UnknownOperator(begin, name, value);
    if (named->op == Operator::kSearchOnly)
      return Fail(begin, std::string(named->name) + ": " + std::string(named->why), "");
    if (named->op == Operator::kIsNullcast && (begin == 0 || rule_[begin - 1] != '-')) {
      return Fail(begin, "is:nullcast is allowed only in negated form", "write -is:nullcast");
    }
    Node node;
    node.op = named->op;
    node.named = named;
    node.text = value;
    node.column = Column(begin);
    HB_TRY(CheckValue(value_at, node));
    HB_TRY(EndOfTerm());
    return node;
  }

  Error UnknownOperator(std::size_t begin, std::string_view name, const std::string& value) {
    if (name == "min_faves")
      return Fail(begin, "min_faves: is a name of X's website",
                  "its name here is min_likes:, in search only");
    if (name == "min_retweets")
      return Fail(begin, "min_retweets: is a name of X's website",
                  "its name here is min_reposts:, in search only");
    if (name == "is" || name == "has") {
      std::string known;
      for (const Named& named : NamedOperators()) {
        if (named.name.substr(0, name.size() + 1) == std::string(name) + ":") {
          known += (known.empty() ? "" : ", ") + std::string(named.name);
        }
      }
      return Fail(begin, "there is no " + std::string(name) + ":" + value, "there are " + known);
    }
    return Fail(begin, "there is no operator '" + std::string(name) + ":'",
                "to find this text itself, put it in quotes");
  }

  Status CheckValue(std::size_t at, Node& node) {
    const std::string& text = node.text;
    switch (node.named->value) {
      case Value::kText: node.tokens = TokensOf(text); return Ok();
      case Value::kNumber: {
        const auto number = Number(text);
        if (!number) return Fail(at, "'" + text + "' is not a whole number", "");
        node.low = *number;
        return Ok();
      }
      case Value::kRange: return CheckRange(at, node);
      case Value::kPercent: {
        const auto number = Number(text);
        if (!number || *number < 1 || *number > 100)
          return Fail(at, "a percentage is 1 to 100", "");
        node.low = *number;
        return Ok();
      }
      case Value::kLanguage:
        if (!IsRuleLanguage(text)) {
          return Fail(at, "'" + text + "' is not a language that X names",
                      "for example en, es, ja; Hebrew is iw, Indonesian is in");
        }
        return Ok();
      case Value::kCountry:
        if (text.size() != 2)
          return Fail(at, "a country is two letters (ISO 3166-1 alpha-2)", "for example GB");
        return Ok();
      case Value::kPoint: return CheckPoint(at, text);
      case Value::kBox: {
        const auto numbers = Numbers(text);
        if (!numbers || numbers->size() != 4)
          return Fail(at, "a box has four numbers: [west south east north]", "");
        return Ok();
      }
      case Value::kFraction: {
        const auto number = Decimal(text);
        if (!number || *number < 0 || *number > 1) return Fail(at, "a threshold is 0.0 to 1.0", "");
        return Ok();
      }
    }
    return Ok();
  }

  Status CheckRange(std::size_t at, Node& node) {
    const std::size_t dots = node.text.find("..");
    const auto low = Number(std::string_view(node.text).substr(0, dots));
    std::optional<std::int64_t> high = INT64_MAX;
    if (dots != std::string::npos) high = Number(std::string_view(node.text).substr(dots + 2));
    if (!low || !high || *low > *high)
      return Fail(at, "'" + node.text + "' is not a number or a range", "write 1000 or 1000..5000");
    node.low = *low;
    node.high = *high;
    return Ok();
  }

  Status CheckPoint(std::size_t at, std::string_view text) {
    const bool unit = text.size() > 2 && (text.substr(text.size() - 2) == "km" ||
                                          text.substr(text.size() - 2) == "mi");
    const auto numbers = Numbers(unit ? text.substr(0, text.size() - 2) : text);
    if (!unit || !numbers || numbers->size() != 3) {
      return Fail(at, "a circle is [longitude latitude radius] with km or mi",
                  "point_radius:[2.35 48.86 16km]");
    }
    return Ok();
  }

  /// X asks for at least one operator that can stand alone, and not negated.
  Status CheckStanding(const Node& root) {
    if (HasStanding(root)) return Ok();
    const bool negated = root.kind == NodeKind::kNot;
    return Fail(0, negated ? "a rule cannot only exclude" : "nothing in this rule can stand alone",
                "add a word, \"a phrase\", #tag, @user, $CASH or from:user");
  }

  static bool HasStanding(const Node& node) {
    if (node.kind == NodeKind::kNot) return false;
    if (node.kind == NodeKind::kLeaf)
      return node.named == nullptr || node.named->standing == Standing::kAlone;
    return std::any_of(node.children.begin(), node.children.end(), HasStanding);
  }

  Status EndOfTerm() {
    if (AtEnd() || IsBlank(Peek()) || Peek() == ')' || Peek() == '(') return Ok();
    return Fail(at_, "a blank is missing before this", "a term ends at a blank or a parenthesis");
  }

  Error Fail(std::size_t at, std::string message, std::string hint) {
    error_ = {Column(at), message, std::move(hint)};
    return {Code::kInvalidArgument,
            "column " + std::to_string(error_.column) + ": " + std::move(message)};
  }
  [[nodiscard]] std::size_t Column(std::size_t at) const {
    return CountCodePoints(rule_.substr(0, at)) + 1;
  }
  [[nodiscard]] bool AtEnd() const { return at_ >= rule_.size(); }
  [[nodiscard]] char Peek() const { return rule_[at_]; }
  [[nodiscard]] std::string_view Rest() const { return rule_.substr(at_); }
  [[nodiscard]] bool AtOr() const {
    return Rest().substr(0, 2) == "OR" && (at_ + 2 == rule_.size() || IsBlank(rule_[at_ + 2]) ||
                                           rule_[at_ + 2] == '(' || rule_[at_ + 2] == ')');
  }
  void SkipBlanks() {
    while (!AtEnd() && IsBlank(Peek())) ++at_;
  }
  std::string_view TakeUntilEnd() {
    const std::size_t begin = at_;
    while (!AtEnd() && !IsBlank(Peek()) && Peek() != '(' && Peek() != ')') ++at_;
    return rule_.substr(begin, at_ - begin);
  }

  const std::string_view rule_;
  RuleError& error_;
  std::size_t at_ = 0;
};

}  // namespace

Result<Node> Parse(std::string_view rule, RuleError& error) { return Parser(rule, error).Run(); }

}  // namespace hb::rule
