#include "base/strings.h"
#include "rules/template/functions.h"
#include "rules/template/value_print.h"

/// eq ne lt le gt ge, with the rules of Go's text/template: values of one basic kind only, but signed and unsigned integers compare.
namespace tocsin::gotemplate {
namespace {

using Args = std::span<const Value>;

constexpr std::string_view kBadComparison = "incompatible types for comparison";
constexpr std::string_view kBadComparisonType = "invalid type for comparison";

enum class BasicKind { kNone, kBool, kInteger, kFloat, kString };

BasicKind BasicKindOf(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kBool:
      return BasicKind::kBool;
    case Value::Kind::kInt:
    case Value::Kind::kUint:
      return BasicKind::kInteger;
    case Value::Kind::kFloat:
      return BasicKind::kFloat;
    case Value::Kind::kString:
    case Value::Kind::kHtml:
      return BasicKind::kString;
    default:
      return BasicKind::kNone;
  }
}

absl::Status ComparisonError(std::string_view text) { return absl::InvalidArgumentError(av(text)); }

int CompareIntegers(const Value& a, const Value& b) {
  const bool a_negative = a.kind() == Value::Kind::kInt && a.int_value() < 0;
  const bool b_negative = b.kind() == Value::Kind::kInt && b.int_value() < 0;
  if (a_negative != b_negative) {
    return a_negative ? -1 : 1;
  }
  const auto bits = [](const Value& v) { return v.kind() == Value::Kind::kInt ? static_cast<uint64_t>(v.int_value()) : v.uint_value(); };
  return bits(a) < bits(b) ? -1 : bits(a) > bits(b) ? 1 : 0;
}

absl::StatusOr<bool> EqualValues(const Value& a, const Value& b) {
  const BasicKind kind = BasicKindOf(a);
  if (kind != BasicKindOf(b)) {
    if (a.valid() && b.valid()) {
      return ComparisonError(kBadComparison);
    }
    return false;
  }
  switch (kind) {
    case BasicKind::kBool:
      return a.bool_value() == b.bool_value();
    case BasicKind::kInteger:
      return CompareIntegers(a, b) == 0;
    case BasicKind::kFloat:
      return a.float_value() == b.float_value();
    case BasicKind::kString:
      return a.text() == b.text();
    case BasicKind::kNone:
      break;
  }
  if (!a.valid() || !b.valid()) {
    return a.valid() == b.valid();
  }
  if (a.kind() == b.kind()) {
    switch (a.kind()) {
      case Value::Kind::kSample:
        return a.sample() == b.sample();
      case Value::Kind::kTime:
        return a.time() == b.time();
      case Value::Kind::kDuration:
        return a.duration() == b.duration();
      default:
        break;
    }
  }
  return ComparisonError(Cat("non-comparable type ", PlainText(a), ": ", a.type_name()));
}

absl::StatusOr<bool> LessThan(const Value& a, const Value& b) {
  const BasicKind kind = BasicKindOf(a);
  if (kind == BasicKind::kNone || BasicKindOf(b) == BasicKind::kNone) {
    return ComparisonError(kBadComparisonType);
  }
  if (kind != BasicKindOf(b)) {
    return ComparisonError(kBadComparison);
  }
  switch (kind) {
    case BasicKind::kInteger:
      return CompareIntegers(a, b) < 0;
    case BasicKind::kFloat:
      return a.float_value() < b.float_value();
    case BasicKind::kString:
      return a.text() < b.text();
    default:
      return ComparisonError(kBadComparisonType);
  }
}

absl::StatusOr<Value> AsValue(const absl::StatusOr<bool>& truth) {
  if (!truth.ok()) {
    return truth.status();
  }
  return Value(*truth);
}

absl::StatusOr<Value> Eq(const FunctionContext&, Args args) {
  if (args.size() < 2) {
    return ComparisonError("missing argument for comparison");
  }
  for (const Value& other : args.subspan(1)) {
    const auto equal = EqualValues(args[0], other);
    if (!equal.ok() || *equal) {
      return AsValue(equal);
    }
  }
  return Value(false);
}

absl::StatusOr<Value> Ne(const FunctionContext&, Args args) {
  const auto equal = EqualValues(args[0], args[1]);
  return equal.ok() ? Value(!*equal) : AsValue(equal);
}

absl::StatusOr<Value> Lt(const FunctionContext&, Args args) { return AsValue(LessThan(args[0], args[1])); }

absl::StatusOr<Value> Le(const FunctionContext&, Args args) {
  const auto less = LessThan(args[0], args[1]);
  if (!less.ok() || *less) {
    return AsValue(less);
  }
  return AsValue(EqualValues(args[0], args[1]));
}

absl::StatusOr<Value> Gt(const FunctionContext& context, Args args) {
  const auto not_greater = Le(context, args);
  if (!not_greater.ok()) {
    return not_greater;
  }
  return Value(!not_greater->bool_value());
}

absl::StatusOr<Value> Ge(const FunctionContext&, Args args) {
  const auto less = LessThan(args[0], args[1]);
  return less.ok() ? Value(!*less) : AsValue(less);
}

}  // namespace

std::span<const Function> ComparisonFunctions() {
  constexpr auto kAny = ParamType::kAny;
  static const Function kTable[] = {
      {"eq", {kAny, kAny}, true, true, Eq},  {"ne", {kAny, kAny}, false, true, Ne}, {"lt", {kAny, kAny}, false, true, Lt},
      {"le", {kAny, kAny}, false, true, Le}, {"gt", {kAny, kAny}, false, true, Gt}, {"ge", {kAny, kAny}, false, true, Ge},
  };
  return kTable;
}

}  // namespace tocsin::gotemplate
