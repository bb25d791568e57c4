#pragma once

#include <optional>

#include "base/model/labels.h"
#include "base/types.h"
#include "rules/rule_status.h"

namespace tocsin::rules {

/// How long a resolved alert is kept and told again (upstream's resolvedRetention).
inline constexpr DurationMs kResolvedRetentionMs = 15 * kMinute;

/// One alert of a rule; features.md 4.3 has the state machine. Times are evaluation times, without the query offset.
struct Alert {
  Labels labels;
  Labels annotations;
  AlertState state = AlertState::kPending;
  double value = 0;
  TimestampMs active_at = 0;
  std::optional<TimestampMs> fired_at;
  std::optional<TimestampMs> keep_firing_since;
  std::optional<TimestampMs> resolved_at;
  std::optional<TimestampMs> last_sent_at;

  /// Came from the journal of an earlier process and was not yet seen by an evaluation of this one.
  bool restored = false;

  /// Whether the Alertmanagers are to hear of it at `ts`.
  bool NeedsSending(TimestampMs ts, DurationMs resend_delay_ms) const {
    if (state == AlertState::kPending) {
      return false;
    }
    if (!last_sent_at || (resolved_at && *resolved_at > *last_sent_at)) {
      return true;
    }
    if (*last_sent_at > ts) {
      return true;  // the clock was set back: by others' clocks the last word may be old
    }
    return *last_sent_at + resend_delay_ms < ts;
  }
};

}  // namespace tocsin::rules
