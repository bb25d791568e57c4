#include "base/json/reader.h"

#include <simdjson.h>

#include <cstring>

#include "base/strings.h"

namespace tocsin {
namespace {

using simdjson::dom::element;

static_assert(sizeof(element) <= sizeof(std::array<uintptr_t, 2>));
static_assert(std::is_trivially_copyable_v<element>);

element ElementOf(const std::array<uintptr_t, 2>& raw) {
  element value;
  std::memcpy(static_cast<void*>(&value), raw.data(), sizeof(value));
  return value;
}

std::array<uintptr_t, 2> RawOf(const element& value) {
  std::array<uintptr_t, 2> raw{};
  std::memcpy(raw.data(), &value, sizeof(value));
  return raw;
}

}  // namespace

struct JsonDocument::Impl {
  simdjson::dom::parser parser;
};

JsonDocument::JsonDocument() : impl_(std::make_unique<Impl>()) {}
JsonDocument::~JsonDocument() = default;
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;

absl::StatusOr<JsonValue> JsonDocument::Parse(std::string_view text) {
  element root;
  if (const auto error = impl_->parser.parse(text.data(), text.size()).get(root); error != simdjson::SUCCESS) {
    return absl::InvalidArgumentError(Cat("invalid JSON: ", std::string_view(simdjson::error_message(error))));
  }
  JsonValue value;
  value.raw_ = RawOf(root);
  value.present_ = true;
  return value;
}

JsonKind JsonValue::kind() const {
  if (!present_) {
    return JsonKind::kNull;
  }
  switch (ElementOf(raw_).type()) {
    case simdjson::dom::element_type::ARRAY:
      return JsonKind::kArray;
    case simdjson::dom::element_type::OBJECT:
      return JsonKind::kObject;
    case simdjson::dom::element_type::STRING:
      return JsonKind::kString;
    case simdjson::dom::element_type::BOOL:
      return JsonKind::kBool;
    case simdjson::dom::element_type::NULL_VALUE:
      return JsonKind::kNull;
    default:
      return JsonKind::kNumber;
  }
}

JsonValue JsonValue::operator[](std::string_view name) const {
  JsonValue found;
  if (kind() != JsonKind::kObject) {
    return found;
  }
  element member;
  if (ElementOf(raw_)[name].get(member) == simdjson::SUCCESS) {
    found.raw_ = RawOf(member);
    found.present_ = true;
  }
  return found;
}

std::string_view JsonValue::text() const {
  std::string_view text;
  if (kind() == JsonKind::kString && ElementOf(raw_).get(text) == simdjson::SUCCESS) {
    return text;
  }
  return {};
}

std::optional<bool> JsonValue::boolean() const {
  bool value = false;
  if (kind() == JsonKind::kBool && ElementOf(raw_).get(value) == simdjson::SUCCESS) {
    return value;
  }
  return std::nullopt;
}

std::optional<int64_t> JsonValue::integer() const {
  int64_t value = 0;
  if (kind() == JsonKind::kNumber && ElementOf(raw_).get(value) == simdjson::SUCCESS) {
    return value;
  }
  return std::nullopt;
}

std::optional<double> JsonValue::number() const {
  double value = 0;
  if (kind() == JsonKind::kNumber && ElementOf(raw_).get(value) == simdjson::SUCCESS) {
    return value;
  }
  return std::nullopt;
}

std::vector<JsonValue> JsonValue::items() const {
  std::vector<JsonValue> items;
  simdjson::dom::array array;
  if (kind() != JsonKind::kArray || ElementOf(raw_).get(array) != simdjson::SUCCESS) {
    return items;
  }
  for (const element one : array) {
    JsonValue& value = items.emplace_back();
    value.raw_ = RawOf(one);
    value.present_ = true;
  }
  return items;
}

std::vector<std::pair<std::string_view, JsonValue>> JsonValue::members() const {
  std::vector<std::pair<std::string_view, JsonValue>> members;
  simdjson::dom::object object;
  if (kind() != JsonKind::kObject || ElementOf(raw_).get(object) != simdjson::SUCCESS) {
    return members;
  }
  for (const auto [name, one] : object) {
    JsonValue value;
    value.raw_ = RawOf(one);
    value.present_ = true;
    members.emplace_back(name, value);
  }
  return members;
}

}  // namespace tocsin
