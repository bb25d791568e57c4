#pragma once

#include <string>

#include "absl/status/status.h"
#include "rules/template/functions.h"
#include "rules/template/node.h"

namespace tocsin::gotemplate {

/// What one expansion may take; beyond it ends with an error.
inline constexpr size_t kMaxOutputBytes = 1 << 20;
inline constexpr int64_t kMaxSteps = 1'000'000;
inline constexpr int kMaxCallDepth = 200;

/// What a field of a map gives that is not there (Go's option missingkey).
enum class MissingKey { kDefault, kZero, kError };

struct ExecuteOptions {
  MissingKey missing_key = MissingKey::kZero;
  bool html = false;  ///< what actions print is escaped for HTML
};

/// Runs the tree of the set's own name on `data`. The error is Go's: `template: NAME:1:3: executing "NAME" at <.Foo>: ...`.
absl::Status Execute(const TreeSet& set, const Value& data, const FunctionContext& context, const ExecuteOptions& options,
                     std::string* out);

}  // namespace tocsin::gotemplate
