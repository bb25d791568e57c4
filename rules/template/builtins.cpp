#include <cmath>

#include "absl/strings/str_format.h"
#include "base/strings.h"
#include "base/text/markup.h"
#include "base/text/quote.h"
#include "rules/template/functions.h"
#include "rules/template/value_print.h"

/// Functions that Go's text/template has itself.
namespace tocsin::gotemplate {
namespace {

using Args = std::span<const Value>;

absl::Status BuiltinError(std::string text) { return absl::InvalidArgumentError(text); }

/// `and` and `or` are evaluated by the evaluator, which stops early; never called.
absl::StatusOr<Value> LastArgument(const FunctionContext&, Args args) { return args.back(); }

absl::StatusOr<Value> Not(const FunctionContext&, Args args) { return Value(!IsTrue(args[0])); }

absl::StatusOr<Value> Len(const FunctionContext&, Args args) {
  if (!args[0].valid()) {
    return BuiltinError("len of nil pointer");
  }
  const int64_t length = ValueLength(args[0]);
  if (length < 0) {
    return BuiltinError(Cat("len of type ", args[0].type_name()));
  }
  return Value(length);
}

/// An index of index or slice, 0 <= index < limit.
absl::StatusOr<int64_t> IndexArgument(const Value& index, int64_t limit) {
  int64_t position = 0;
  if (index.kind() == Value::Kind::kInt) {
    position = index.int_value();
  } else if (index.kind() == Value::Kind::kUint) {
    position = static_cast<int64_t>(index.uint_value());
  } else if (!index.valid()) {
    return BuiltinError("cannot index slice/array with nil");
  } else {
    return BuiltinError(Cat("cannot index slice/array with type ", index.type_name()));
  }
  if (position < 0 || position >= limit) {
    return BuiltinError(Cat("index out of range: ", position));
  }
  return position;
}

absl::StatusOr<Value> IndexMap(const Value& map, const Value& key) {
  if (key.kind() != Value::Kind::kString) {
    if (!key.valid()) {
      return BuiltinError("value is nil; should be of type string");
    }
    return BuiltinError(Cat("value has type ", key.type_name(), "; should be string"));
  }
  if (map.kind() == Value::Kind::kStringMap) {
    return Value(map.labels().Get(key.text()));
  }
  const auto it = map.map().find(key.text());
  return it == map.map().end() ? Value() : it->second;
}

absl::StatusOr<Value> IndexOne(const Value& item, const Value& index) {
  switch (item.kind()) {
    case Value::Kind::kStringMap:
    case Value::Kind::kAnyMap:
      return IndexMap(item, index);
    case Value::Kind::kString:
    case Value::Kind::kHtml:
    case Value::Kind::kList:
    case Value::Kind::kQueryResult: {
      const auto position = IndexArgument(index, ValueLength(item));
      if (!position.ok()) {
        return position.status();
      }
      const auto at = static_cast<size_t>(*position);
      if (item.kind() == Value::Kind::kList) {
        return item.list().items[at];
      }
      if (item.kind() == Value::Kind::kQueryResult) {
        return Value(item.query_result()[at]);
      }
      return Value(static_cast<int64_t>(static_cast<unsigned char>(item.text()[at])));
    }
    case Value::Kind::kNone:
      return BuiltinError("index of nil pointer");
    default:
      return BuiltinError(Cat("can't index item of type ", item.type_name()));
  }
}

absl::StatusOr<Value> Index(const FunctionContext&, Args args) {
  if (!args[0].valid()) {
    return BuiltinError("index of untyped nil");
  }
  Value item = args[0];
  for (const Value& index : args.subspan(1)) {
    auto next = IndexOne(item, index);
    if (!next.ok()) {
      return next.status();
    }
    item = *std::move(next);
  }
  return item;
}

absl::StatusOr<Value> Slice(const FunctionContext&, Args args) {
  const Value& item = args[0];
  if (!item.valid()) {
    return BuiltinError("slice of untyped nil");
  }
  const bool is_text = item.kind() == Value::Kind::kString || item.kind() == Value::Kind::kHtml;
  if (!is_text && item.kind() != Value::Kind::kList && item.kind() != Value::Kind::kQueryResult) {
    return BuiltinError(Cat("can't slice item of type ", item.type_name()));
  }
  if (args.size() > 4) {
    return BuiltinError(Cat("too many slice indexes: ", args.size() - 1));
  }
  if (is_text && args.size() == 4) {
    return BuiltinError("cannot 3-index slice a string");
  }
  int64_t bounds[3] = {0, ValueLength(item), ValueLength(item)};
  for (size_t i = 1; i < args.size(); ++i) {
    const auto bound = IndexArgument(args[i], ValueLength(item) + 1);
    if (!bound.ok()) {
      return bound.status();
    }
    bounds[i - 1] = *bound;
  }
  if (bounds[0] > bounds[1]) {
    return BuiltinError(Cat("invalid slice index: ", bounds[0], " > ", bounds[1]));
  }
  if (args.size() == 4 && bounds[1] > bounds[2]) {
    return BuiltinError(Cat("invalid slice index: ", bounds[1], " > ", bounds[2]));
  }
  if (is_text) {
    return Value(item.text().substr(static_cast<size_t>(bounds[0]), static_cast<size_t>(bounds[1] - bounds[0])));
  }
  if (item.kind() == Value::Kind::kQueryResult) {
    const QuerySamples& all = item.query_result();
    return Value(std::make_shared<const QuerySamples>(all.begin() + bounds[0], all.begin() + bounds[1]));
  }
  auto part = std::make_shared<ListValue>();
  part->type_name = item.list().type_name;
  part->items.assign(item.list().items.begin() + bounds[0], item.list().items.begin() + bounds[1]);
  return Value(std::shared_ptr<const ListValue>(std::move(part)));
}

absl::StatusOr<Value> CallFunction(const FunctionContext&, Args args) {
  if (!args[0].valid()) {
    return BuiltinError("call of nil");
  }
  return BuiltinError(Cat("non-function ", PlainText(args[0]), " of type ", args[0].type_name()));
}

absl::StatusOr<Value> Print(const FunctionContext&, Args args) { return Value(SprintValues(args)); }
absl::StatusOr<Value> Println(const FunctionContext&, Args args) { return Value(SprintlnValues(args)); }
absl::StatusOr<Value> Printf(const FunctionContext&, Args args) { return Value(SprintfValues(args[0].text(), args.subspan(1))); }

std::string JsEscaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '\'':
        out += "\\'";
        break;
      case '"':
        out += "\\\"";
        break;
      case '<':
      case '>':
      case '&':
      case '=':
        out += absl::StrFormat("\\u%04X", static_cast<unsigned char>(c));
        break;
      default:
        if (static_cast<unsigned char>(c) < ' ') {
          out += absl::StrFormat("\\u%04X", static_cast<unsigned char>(c));
        } else {
          out.push_back(c);
        }
    }
  }
  return out;
}

absl::StatusOr<Value> Html(const FunctionContext&, Args args) { return Value(HtmlEscaped(JoinedText(args))); }
absl::StatusOr<Value> Js(const FunctionContext&, Args args) { return Value(JsEscaped(JoinedText(args))); }
absl::StatusOr<Value> UrlQuery(const FunctionContext&, Args args) { return Value(QueryEscaped(JoinedText(args))); }

}  // namespace

std::string JoinedText(Args args) {
  if (args.size() == 1 && args[0].kind() == Value::Kind::kString) {
    return args[0].text();
  }
  std::vector<Value> printable;
  for (const Value& arg : args) {
    printable.push_back(arg.valid() ? arg : Value("<no value>"));
  }
  return SprintValues(printable);
}

std::string HtmlEscaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\0') {
      AppendUtf8(kRuneError, &out);
    } else {
      AppendMarkupEscaped(c, &out);
    }
  }
  return out;
}

std::span<const Function> BuiltinFunctions() {
  constexpr auto kAny = ParamType::kAny;
  static const Function kTable[] = {
      {"and", {kAny, kAny}, true, true, LastArgument},
      {"or", {kAny, kAny}, true, true, LastArgument},
      {"not", {kAny}, false, true, Not},
      {"len", {kAny}, false, true, Len},
      {"index", {kAny, kAny}, true, true, Index},
      {"slice", {kAny, kAny}, true, true, Slice},
      {"call", {kAny, kAny}, true, true, CallFunction},
      {"print", {kAny}, true, true, Print},
      {"println", {kAny}, true, true, Println},
      {"printf", {ParamType::kString, kAny}, true, true, Printf},
      {"html", {kAny}, true, true, Html},
      {"js", {kAny}, true, true, Js},
      {"urlquery", {kAny}, true, true, UrlQuery},
  };
  return kTable;
}

}  // namespace tocsin::gotemplate
