#include <simdjson.h>

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "record/avro_handle.h"
#include "record/avro_schema.h"
#include "record/avro_schema_rep.h"
#include "record/avro_walk.h"
#include "record/avro_wire.h"

namespace hb {

namespace {

using avro::Target;
namespace dom = simdjson::dom;

Error Unusable(std::string message) { return {Code::kInvalidArgument, std::move(message)}; }

std::string BinaryLong(std::int64_t number) {
  std::string bytes;
  avro::AppendRecord(bytes, [&](auto& sink) { sink.Long(number); });
  return bytes;
}

// ---- defaults: libavro drops them when it parses a schema, so they are read from its text ----

/// Appends the binary form of a default. `schema` is one of ours and the value fits it (a test
/// encodes each), so what is not used there is not here.
Status PutDefault(avro_schema_t schema, const dom::element& value, std::string& out);

Status PutDefaultRecord(avro_schema_t schema, const dom::element& value, std::string& out) {
  dom::object members;
  if (value.get(members) != simdjson::SUCCESS) return Unusable("default of a record is no object");
  const auto fields = static_cast<int>(avro_schema_record_size(schema));
  for (int i = 0; i < fields; ++i) {
    dom::element member;
    if (members[avro_schema_record_field_name(schema, i)].get(member) != simdjson::SUCCESS) {
      return Unusable("default of a record lacks a field");
    }
    HB_TRY(PutDefault(avro_schema_record_field_get_by_index(schema, i), member, out));
  }
  return Ok();
}

Status PutDefaultArray(avro_schema_t schema, const dom::element& value, std::string& out) {
  dom::array elements;
  if (value.get(elements) != simdjson::SUCCESS) return Unusable("default of an array is no array");
  if (elements.size() != 0) {
    out += BinaryLong(static_cast<std::int64_t>(elements.size()));
    for (const dom::element element : elements) {
      HB_TRY(PutDefault(avro_schema_array_items(schema), element, out));
    }
  }
  out += BinaryLong(0);
  return Ok();
}

Status PutDefault(avro_schema_t schema, const dom::element& value, std::string& out) {
  schema = Target(schema);
  std::int64_t number = 0;
  double real = 0;
  bool truth = false;
  std::string_view text;
  bool fits = true;
  switch (avro_typeof(schema)) {
    case AVRO_RECORD: return PutDefaultRecord(schema, value, out);
    case AVRO_ARRAY: return PutDefaultArray(schema, value, out);
    case AVRO_BOOLEAN: fits = value.get(truth) == simdjson::SUCCESS; break;
    case AVRO_INT32:
    case AVRO_INT64: fits = value.get(number) == simdjson::SUCCESS; break;
    case AVRO_FLOAT:
    case AVRO_DOUBLE: fits = value.get(real) == simdjson::SUCCESS; break;
    case AVRO_STRING:
    case AVRO_BYTES: fits = value.get(text) == simdjson::SUCCESS; break;
    case AVRO_ENUM:
      fits = value.get(text) == simdjson::SUCCESS;
      number = avro_schema_enum_get_by_name(schema, std::string(text).c_str());
      fits = fits && number >= 0;
      break;
    default: fits = false;
  }
  if (!fits) return Unusable("default does not fit its type");
  const auto type = avro_typeof(schema);
  avro::AppendRecord(out, [&](auto& sink) {
    if (type == AVRO_BOOLEAN) return sink.Boolean(truth);
    if (type == AVRO_FLOAT) return sink.Float(static_cast<float>(real));
    if (type == AVRO_DOUBLE) return sink.Double(real);
    if (type == AVRO_STRING || type == AVRO_BYTES) return sink.String(text);
    sink.Long(number);
  });
  return Ok();
}

// ---- how a writer's type becomes one of ours ----

/// One type of ours made from one of the writer's. Ours have no unions, maps or links left, so the
/// tree is as small as our schema, whatever the writer's is like.
struct Node {
  enum class Kind : std::uint8_t {
    kNumber,
    kBoolean,
    kText,
    kEnum,
    kArray,
    kRecord,
    kUnion,
    kSeconds
  };
  /// A field as the writer has it: what becomes of it, or that it is skipped.
  struct Input {
    std::size_t target = 0;
    std::unique_ptr<Node> node{};
    avro_schema_t skipped = nullptr;
  };
  Kind kind = Kind::kNumber;
  avro_type_t from = AVRO_NULL, to = AVRO_NULL;
  std::vector<std::unique_ptr<Node>> children{};  ///< item of an array, or branches (null: unfit)
  std::vector<Input> inputs{};                    ///< of a record
  std::vector<std::optional<std::string>> defaults{};  ///< of our record's fields
  std::vector<std::optional<std::string>>
      symbols{};  ///< binary form of ours for each of the writer's
};

bool IsText(avro_type_t type) { return type == AVRO_STRING || type == AVRO_BYTES; }

/// int to long to float to double.
int NumberRank(avro_type_t type) {
  switch (type) {
    case AVRO_INT32: return 1;
    case AVRO_INT64: return 2;
    case AVRO_FLOAT: return 3;
    case AVRO_DOUBLE: return 4;
    default: return 0;
  }
}

class Planner {
 public:
  /// `own_type` is the whole schema of ours as JSON, and outlives this.
  explicit Planner(const dom::element& own_type) { Learn(own_type); }

  /// Null if the types do not fit; why() then names the place.
  std::unique_ptr<Node> Plan(avro_schema_t from, avro_schema_t to, const dom::element& own_type) {
    from = Target(from);
    to = Target(to);
    auto node = std::make_unique<Node>();
    node->from = avro_typeof(from);
    node->to = avro_typeof(to);
    if (node->from == AVRO_UNION) return Union(from, to, own_type, std::move(node));
    if (node->to == AVRO_RECORD && node->from == AVRO_RECORD) {
      return Record(from, to, own_type, std::move(node));
    }
    if (node->to == AVRO_ARRAY && node->from == AVRO_ARRAY) {
      node->kind = Node::Kind::kArray;
      node->children.push_back(Plan(avro_schema_array_items(from), avro_schema_array_items(to),
                                    Member(own_type, "items")));
      return node->children[0] ? std::move(node) : nullptr;
    }
    if (node->to == AVRO_ENUM && node->from == AVRO_ENUM) {
      node->kind = Node::Kind::kEnum;
      node->symbols = MapSymbols(from, to);
      return node;
    }
    if (node->to == AVRO_BOOLEAN && node->from == AVRO_BOOLEAN) {
      node->kind = Node::Kind::kBoolean;
      return node;
    }
    if (IsText(node->to) && IsText(node->from)) {
      node->kind = Node::Kind::kText;
      return node;
    }
    const int rank = NumberRank(node->from);
    if (rank > 0 && rank <= NumberRank(node->to)) return node;
    return Unfit("is another type");
  }

  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  std::unique_ptr<Node> Unfit(std::string_view what) {
    why_ = "field " + path_ + " " + std::string(what);
    return nullptr;
  }

  std::unique_ptr<Node> Union(avro_schema_t from, avro_schema_t to, const dom::element& own_type,
                              std::unique_ptr<Node> node) {
    node->kind = Node::Kind::kUnion;
    bool any = false;
    for (std::size_t i = 0; i < avro_schema_union_size(from); ++i) {
      avro_schema_t branch = Target(avro_schema_union_branch(from, static_cast<int>(i)));
      const bool nested = avro_typeof(branch) == AVRO_UNION;  // no schema: would be without end
      const std::size_t path_size = path_.size();
      node->children.push_back(nested ? nullptr : Plan(branch, to, own_type));
      path_.resize(path_size);
      any = any || node->children.back() != nullptr;
    }
    return any ? std::move(node) : nullptr;
  }

  std::unique_ptr<Node> Record(avro_schema_t from, avro_schema_t to, const dom::element& own_type,
                               std::unique_ptr<Node> node) {
    node->kind = Node::Kind::kRecord;
    dom::array own_fields;
    if (Named(own_type)["fields"].get(own_fields) != simdjson::SUCCESS)
      return Unfit("is not described");
    std::vector<dom::element> own_types;
    for (const dom::element field : own_fields) {
      own_types.push_back(Member(field, "type"));
      auto& fallback = node->defaults.emplace_back();
      dom::element value;
      if (field["default"].get(value) != simdjson::SUCCESS) continue;
      const auto place = static_cast<int>(node->defaults.size()) - 1;
      if (!PutDefault(avro_schema_record_field_get_by_index(to, place), value, fallback.emplace())
               .ok()) {
        return Unfit("has a default that does not fit");
      }
    }
    const std::size_t path_size = path_.size();
    for (std::size_t i = 0; i < node->defaults.size(); ++i) {
      const char* name = avro_schema_record_field_name(to, static_cast<int>(i));
      if (node->defaults[i] || avro_schema_record_field_get_index(from, name) >= 0) continue;
      path_ += (path_.empty() ? "" : ".") + std::string(name);
      return Unfit("is missing, and has no default");
    }
    for (std::size_t i = 0; i < avro_schema_record_size(from); ++i) {
      const char* name = avro_schema_record_field_name(from, static_cast<int>(i));
      avro_schema_t written = avro_schema_record_field_get_by_index(from, static_cast<int>(i));
      Node::Input& input = node->inputs.emplace_back();
      const int target = avro_schema_record_field_get_index(to, name);
      if (target < 0) {
        input.skipped = written;
        continue;
      }
      input.target = static_cast<std::size_t>(target);
      path_ += (path_.empty() ? "" : ".") + std::string(name);
      input.node =
          Plan(written, avro_schema_record_field_get_by_index(to, target), own_types[input.target]);
      if (!input.node) return nullptr;
      // The older form of our topics: seconds in an int.
      if (path_ == "time" && input.node->from == AVRO_INT32 && input.node->to == AVRO_INT64) {
        input.node->kind = Node::Kind::kSeconds;
      }
      path_.resize(path_size);
    }
    return node;
  }

  std::vector<std::optional<std::string>> MapSymbols(avro_schema_t from, avro_schema_t to) {
    std::vector<std::optional<std::string>> symbols;
    for (int i = 0; i < avro_schema_enum_number_of_symbols(from); ++i) {
      const int ours = avro_schema_enum_get_by_name(to, avro_schema_enum_get(from, i));
      symbols.emplace_back();
      if (ours >= 0) symbols.back() = BinaryLong(ours);
    }
    return symbols;
  }

  static dom::element Member(const dom::element& element, std::string_view name) {
    dom::element member;
    if (element[name].get(member) != simdjson::SUCCESS) return element;  // not of that kind
    return member;
  }
  /// The description of a type of ours, also where only its name stands.
  dom::element Named(const dom::element& own_type) const {
    std::string_view name;
    if (own_type.get(name) != simdjson::SUCCESS) return own_type;
    const auto known = types_.find(name);
    return known == types_.end() ? own_type : known->second;
  }
  /// Notes each type below `own_type` that has a name. (A link comes after what it names in our
  /// schema, but not in the order of the writer's fields.)
  void Learn(const dom::element& own_type) {
    dom::array fields;
    std::string_view name;
    if (own_type["name"].get(name) == simdjson::SUCCESS) types_.emplace(name, own_type);
    if (own_type["fields"].get(fields) == simdjson::SUCCESS) {
      for (const dom::element field : fields) Learn(Member(field, "type"));
    }
    dom::element items;
    if (own_type["items"].get(items) == simdjson::SUCCESS) Learn(items);
  }

  std::string path_, why_;
  std::map<std::string, dom::element, std::less<>> types_;
};

/// Reads a value of the writer's and appends it as ours.
class Translator {
 public:
  explicit Translator(avro::Cursor& cursor) : cursor_(cursor), skipper_(cursor, nullptr) {}

  void Value(const Node& node, std::string& out) {
    switch (node.kind) {
      case Node::Kind::kNumber: return Number(node, out);
      case Node::Kind::kSeconds: out += BinaryLong(std::int64_t{cursor_.Int()} * 1000); return;
      case Node::Kind::kBoolean: out += cursor_.Boolean() ? '\1' : '\0'; return;
      case Node::Kind::kText: return Text(node, out);
      case Node::Kind::kEnum: return Enum(node, out);
      case Node::Kind::kArray: return Array(node, out);
      case Node::Kind::kRecord: return Record(node, out);
      case Node::Kind::kUnion: return Union(node, out);
    }
  }

 private:
  void Number(const Node& node, std::string& out) {
    std::int64_t whole = 0;
    double real = 0;
    switch (node.from) {
      case AVRO_INT32: real = static_cast<double>(whole = cursor_.Int()); break;
      case AVRO_INT64: real = static_cast<double>(whole = cursor_.Long()); break;
      case AVRO_FLOAT: real = cursor_.Float(); break;
      default: real = cursor_.Double();
    }
    avro::AppendRecord(out, [&](auto& sink) {
      if (node.to == AVRO_FLOAT) return sink.Float(static_cast<float>(real));
      if (node.to == AVRO_DOUBLE) return sink.Double(real);
      sink.Long(whole);
    });
  }

  void Text(const Node& node, std::string& out) {
    const std::string_view text = cursor_.Bytes();
    const bool is_text = node.from == AVRO_STRING || node.to == AVRO_STRING;
    if (is_text && !IsValidUtf8(text)) cursor_.Fail("string is not UTF-8");
    avro::AppendRecord(out, [&](auto& sink) { sink.Bytes(text); });
  }

  void Enum(const Node& node, std::string& out) {
    const std::int64_t symbol = cursor_.Long();
    if (symbol < 0 || static_cast<std::size_t>(symbol) >= node.symbols.size()) {
      cursor_.Fail("enum has no such symbol");
    } else if (const auto& ours = node.symbols[static_cast<std::size_t>(symbol)]; ours) {
      out += *ours;
    } else {
      cursor_.Fail("symbol is not one of ours");
    }
  }

  void Array(const Node& node, std::string& out) {
    std::string items;
    std::int64_t count = 0;
    cursor_.Blocks([&] {
      Value(*node.children[0], items);
      ++count;
    });
    if (count > 0) out += BinaryLong(count) + items;
    out += '\0';
  }

  // Fields come in the writer's order and leave in ours.
  void Record(const Node& node, std::string& out) {
    std::string values;
    std::vector<std::string_view::size_type> begin(node.defaults.size(), std::string::npos),
        end(begin);
    for (const Node::Input& input : node.inputs) {
      if (input.node == nullptr) {
        skipper_.Value(input.skipped, 1);
        continue;
      }
      begin[input.target] = values.size();
      Value(*input.node, values);
      end[input.target] = values.size();
    }
    for (std::size_t i = 0; i < node.defaults.size(); ++i) {
      if (begin[i] == std::string::npos) {
        out += *node.defaults[i];
      } else {
        out.append(values, begin[i], end[i] - begin[i]);
      }
    }
  }

  void Union(const Node& node, std::string& out) {
    const std::int64_t branch = cursor_.Long();
    if (branch < 0 || static_cast<std::size_t>(branch) >= node.children.size()) {
      cursor_.Fail("union has no such branch");
    } else if (const auto& child = node.children[static_cast<std::size_t>(branch)]; child) {
      Value(*child, out);
    } else {
      cursor_.Fail("this branch of the union cannot become ours");
    }
  }

  avro::Cursor& cursor_;
  avro::Walker skipper_;
};

}  // namespace

struct AvroResolver::Rep {
  AvroSchema writer;  ///< the plan points into it
  std::unique_ptr<Node> plan;
};

AvroResolver::AvroResolver(std::shared_ptr<const Rep> rep) : rep_(std::move(rep)) {}

Result<AvroResolver> AvroResolver::Create(const AvroSchema& writer, RecordType type) {
  const AvroSchema ours = AvroSchema::Of(type);
  dom::parser parser;
  dom::element own_type;
  const std::string_view text = SchemaText(type);
  if (parser.parse(text.data(), text.size()).get(own_type) != simdjson::SUCCESS) {
    return Error{Code::kInternal, "own schema cannot be read"};
  }
  if (avro_typeof(writer.rep_->schema.get()) != AVRO_RECORD) {
    return Error{Code::kInvalidArgument, "writer's schema is no record"};
  }
  // The names of the records need not be the same: they are matched by the topic they lie on.
  Planner planner(own_type);
  auto plan = planner.Plan(writer.rep_->schema.get(), ours.rep_->schema.get(), own_type);
  if (!plan) return Error{Code::kInvalidArgument, "writer's schema does not fit: " + planner.why()};
  return AvroResolver(std::make_shared<const Rep>(Rep{writer, std::move(plan)}));
}

Status AvroResolver::Resolve(std::string_view bytes, std::string& out) const {
  avro::Cursor cursor(bytes);
  const std::size_t before = out.size();
  Translator(cursor).Value(*rep_->plan, out);
  auto status = cursor.Finish("record");
  if (!status.ok()) out.resize(before);
  return status;
}

}  // namespace hb
