#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace tocsin {

/// Debian builds Abseil with a string_view type of its own. These two cross the border; all our interfaces have std::string_view.
inline absl::string_view av(std::string_view s) { return {s.data(), s.size()}; }
inline std::string_view sv(absl::string_view s) { return {s.data(), s.size()}; }

namespace strings_internal {
template <typename T>
decltype(auto) ForAbsl(const T& value) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    return av(value);
  } else {
    return (value);
  }
}
}  // namespace strings_internal

/// absl::StrCat that takes std::string_view too.
template <typename... Args>
std::string Cat(const Args&... args) {
  return absl::StrCat(strings_internal::ForAbsl(args)...);
}

/// absl::StrAppend that takes std::string_view too.
template <typename... Args>
void Append(std::string* out, const Args&... args) {
  absl::StrAppend(out, strings_internal::ForAbsl(args)...);
}

/// The text of a status without its code.
inline std::string_view Message(const absl::Status& status) { return sv(status.message()); }

/// Hash and equality for string-keyed hash maps that are looked up by std::string_view.
struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view s) const { return std::hash<std::string_view>()(s); }
};
struct StringEq {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return a == b; }
};

}  // namespace tocsin
