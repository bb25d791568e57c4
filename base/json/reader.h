#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace tocsin {

enum class JsonKind { kNull, kBool, kNumber, kString, kArray, kObject };

/// A value within a JsonDocument, as small as a pointer pair; valid while the document lives and parses nothing else.
/// Looking up what is not there gives a null value, so that paths can be read without asking at each step.
class JsonValue {
 public:
  JsonValue() = default;

  JsonKind kind() const;
  bool is_null() const { return kind() == JsonKind::kNull; }

  /// The member of an object. The first one where a name is given twice.
  JsonValue operator[](std::string_view name) const;

  /// "" when the value is no string.
  std::string_view text() const;
  /// Nothing when the value is of another type; numbers with a fraction are no integers.
  std::optional<bool> boolean() const;
  std::optional<int64_t> integer() const;
  std::optional<double> number() const;

  /// Empty when the value is no array, or no object.
  std::vector<JsonValue> items() const;
  std::vector<std::pair<std::string_view, JsonValue>> members() const;

 private:
  friend class JsonDocument;
  std::array<uintptr_t, 2> raw_{};  // a simdjson::dom::element, which its own header would cost every reader of this one
  bool present_ = false;
};

/// A parsed JSON text. Reusable: its memory serves the next text.
/// Threads: one at a time.
class JsonDocument {
 public:
  JsonDocument();
  ~JsonDocument();
  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;

  /// The text may go once this returns. Errors tell what is wrong, not where.
  absl::StatusOr<JsonValue> Parse(std::string_view text);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tocsin
