#include "rules/slot.h"

#include <xxhash.h>

#include "base/model/labels.h"

namespace tocsin::rules {

DurationMs SlotOffset(std::string_view file, std::string_view name, DurationMs interval_ms) {
  const Labels labels = Labels::Of({{"file", file}, {"name", name}});
  const uint64_t hash = XXH64(labels.encoded().data(), labels.encoded().size(), 0);
  constexpr uint64_t kNsPerMs = 1'000'000;
  return static_cast<DurationMs>(hash % (static_cast<uint64_t>(interval_ms) * kNsPerMs) / kNsPerMs);
}

TimestampMs PreviousSlot(TimestampMs now, DurationMs interval_ms, DurationMs offset_ms) {
  const TimestampMs shifted = now - offset_ms;
  const TimestampMs rest = shifted % interval_ms;
  return shifted - (rest < 0 ? rest + interval_ms : rest) + offset_ms;
}

}  // namespace tocsin::rules
