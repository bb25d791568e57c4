#pragma once

#include <string>
#include <vector>

#include "base/model/labels.h"
#include "base/types.h"

namespace tocsin::rules {

/// An alert as it leaves the rules for the Alertmanagers: firing while `ends_at` lies ahead, resolved when it does not.
struct OutgoingAlert {
  Labels labels;
  Labels annotations;
  TimestampMs starts_at = 0;  ///< when it began to fire
  TimestampMs ends_at = 0;    ///< firing: until when it is to be believed without another word; resolved: since when
  std::string generator_url;
  bool resolved = false;
};

/// Where rules hand their alerts to. A call takes the alerts of one rule after one evaluation.
/// Threads: safe; must not block.
class AlertSink {
 public:
  virtual ~AlertSink() = default;
  virtual void Send(std::vector<OutgoingAlert> alerts) = 0;
};

}  // namespace tocsin::rules
