#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/strings.h"

namespace tocsin::promql {

/// "line:column" of a byte offset in a query, both counted from 1.
inline std::string PositionText(std::string_view query, int32_t offset) {
  if (query.empty()) {
    return "unknown position";
  }
  if (offset < 0 || static_cast<size_t>(offset) > query.size()) {
    return "invalid position";
  }
  int line = 1;
  int32_t last_break = -1;
  for (int32_t i = 0; i < offset; ++i) {
    if (query[static_cast<size_t>(i)] == '\n') {
      last_break = i;
      ++line;
    }
  }
  return Cat(line, ":", offset - last_break);
}

}  // namespace tocsin::promql
