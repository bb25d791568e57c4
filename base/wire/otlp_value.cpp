#include "base/wire/otlp_value.h"

#include <cmath>

#include "absl/strings/escaping.h"
#include "base/json/writer.h"
#include "base/strings.h"
#include "base/wire/otlp_metrics.h"
#include "base/wire/proto_reader.h"

namespace tocsin::wire {
namespace {

bool AppendAnyValue(std::string_view message, int depth, bool nested, std::string* out);

void AppendTextValue(std::string_view text, bool nested, std::string* out) {
  if (nested) {
    JsonWriter(out).String(text);
  } else {
    out->append(text);
  }
}

/// Calls append(bytes) for each item of an ArrayValue or KeyValueList, with commas in between and brackets around.
template <typename AppendItem>
bool AppendItems(std::string_view message, std::string_view brackets, std::string* out, const AppendItem& append) {
  *out += brackets[0];
  bool first = true;
  const bool good = ForEachField(message, [&](const ProtoReader& field) {
    if (field.tag() != Tag(1, kBytes)) {
      return true;
    }
    *out += first ? "" : ",";
    first = false;
    return append(field.bytes());
  });
  *out += brackets[1];
  return good;
}

bool AppendListValue(std::string_view message, int depth, std::string* out) {
  return AppendItems(message, "[]", out, [&](std::string_view item) { return AppendAnyValue(item, depth + 1, true, out); });
}

bool AppendMapValue(std::string_view message, int depth, std::string* out) {
  return AppendItems(message, "{}", out, [&](std::string_view item) {
    std::string_view key;
    std::string_view value;
    if (!SplitKeyValue(item, &key, &value)) {
      return false;
    }
    JsonWriter(out).String(key);
    *out += ':';
    return AppendAnyValue(value, depth + 1, true, out);
  });
}

bool AppendMember(const ProtoReader& field, int depth, bool nested, std::string* out) {
  switch (field.tag()) {
    case Tag(1, kBytes):
      AppendTextValue(field.bytes(), nested, out);
      return true;
    case Tag(2, kVarint):
      *out += field.boolean() ? "true" : "false";
      return true;
    case Tag(3, kVarint):
      Append(out, field.int64());
      return true;
    case Tag(4, kFixed64):
      AppendJsonNumber(field.float64(), out);
      return true;
    case Tag(5, kBytes):
      return AppendListValue(field.bytes(), depth, out);
    case Tag(6, kBytes):
      return AppendMapValue(field.bytes(), depth, out);
    case Tag(7, kBytes):
      AppendTextValue(absl::Base64Escape(av(field.bytes())), nested, out);
      return true;
    default:
      return true;
  }
}

/// The last member of the oneof counts.
bool AppendAnyValue(std::string_view message, int depth, bool nested, std::string* out) {
  if (depth > kOtlpValueDepthMax) {
    return false;
  }
  const size_t begin = out->size();
  bool found = false;
  const bool good = ForEachField(message, [&](const ProtoReader& field) {
    if (field.field() >= 1 && field.field() <= 7) {
      out->resize(begin);
      found = true;
    }
    return AppendMember(field, depth, nested, out);
  });
  if (!found && nested) {
    *out += "null";
  }
  return good;
}

}  // namespace

bool SplitKeyValue(std::string_view message, std::string_view* key, std::string_view* value) {
  return ForEachField(message, [&](const ProtoReader& field) {
    if (field.tag() == Tag(1, kBytes)) {
      *key = field.bytes();
    } else if (field.tag() == Tag(2, kBytes)) {
      *value = field.bytes();
    }
    return true;
  });
}

bool AppendOtlpValue(std::string_view message, std::string* out) { return AppendAnyValue(message, 0, false, out); }

void AppendJsonNumber(double value, std::string* out) {
  if (!std::isfinite(value)) {
    *out += std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
    return;
  }
  JsonWriter(out).Float(value);
}

}  // namespace tocsin::wire
