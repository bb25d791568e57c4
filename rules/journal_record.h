#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/model/labels.h"
#include "rules/alert.h"

namespace tocsin::rules {

/// One entry of the alert journal.
///
///   record  = length:u32 crc32:u32 payload        little endian; crc32 (zlib's) of the payload
///   payload = type:u8 group:text rule:text body   text = length:varint bytes; integers are zigzag varints
///   type 1, evaluation: body = time
///   type 2, alert:      body = labels annotations state:u8 flags:u8 value:u64 active_at [fired_at] [keep_firing_since]
///                              [resolved_at] [last_sent_at]       flags tell which times follow
///   type 3, gone:       body = labels          labels = count:varint (name:text value:text)*
///   type 4, rule:       body empty; the rule exists and has, so far, no alerts
struct JournalRecord {
  enum class Type : uint8_t { kEvaluation = 1, kAlert = 2, kGone = 3, kRule = 4 };

  Type type = Type::kEvaluation;
  std::string group;
  std::string rule;
  TimestampMs time = 0;  // kEvaluation
  Alert alert;           // kAlert; kGone: its labels
};

inline constexpr uint32_t kMaxJournalRecordBytes = 16 << 20;

void AppendJournalRecord(const JournalRecord& record, std::string* out);

/// Takes one record off the front of `content`; false at the end and at damage.
bool TakeJournalRecord(std::string_view* content, JournalRecord* record);

}  // namespace tocsin::rules
