#include "storage/appender.h"

namespace tocsin {

std::string_view AppendResultText(AppendResult result) {
  switch (result) {
    case AppendResult::kOk:
      return "ok";
    case AppendResult::kUnknownSeries:
      return "unknown series reference";
    case AppendResult::kOutOfOrder:
      return "out of order sample";
    case AppendResult::kTooOld:
      return "too old sample";
    case AppendResult::kOutOfBounds:
      return "out of bounds";
    case AppendResult::kDuplicate:
      return "duplicate sample for timestamp";
    case AppendResult::kOutOfOrderStartTime:
      return "out of order start timestamp";
    case AppendResult::kInvalidHistogram:
      return "invalid histogram";
    case AppendResult::kNoSeries:
      return "empty or invalid labels";
    case AppendResult::kMemoryLimit:
      break;
  }
  return "memory limit reached: new series refused";
}

}  // namespace tocsin
