#include "rules/journal_record.h"

#include <zlib.h>

#include <bit>
#include <cstring>

namespace tocsin::rules {
namespace {

constexpr uint8_t kHasFired = 1;
constexpr uint8_t kHasKeepFiring = 2;
constexpr uint8_t kHasResolved = 4;
constexpr uint8_t kHasSent = 8;

void PutFixed32(uint32_t value, std::string* out) {
  for (int i = 0; i < 4; ++i) {
    out->push_back(static_cast<char>(value >> (8 * i)));
  }
}

void PutFixed64(uint64_t value, std::string* out) {
  for (int i = 0; i < 8; ++i) {
    out->push_back(static_cast<char>(value >> (8 * i)));
  }
}

void PutVarint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) {
    out->push_back(static_cast<char>(value | 0x80));
  }
  out->push_back(static_cast<char>(value));
}

void PutInteger(int64_t value, std::string* out) {
  PutVarint((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63), out);
}

void PutText(std::string_view text, std::string* out) {
  PutVarint(text.size(), out);
  out->append(text);
}

uint32_t Crc32(std::string_view bytes) {
  return static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

/// Reads from the front of a payload; after a read that fails all others fail.
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view rest) : rest_(rest) {}

  bool good() const { return good_; }
  bool finished() const { return good_ && rest_.empty(); }

  uint8_t Byte() {
    if (rest_.empty()) {
      good_ = false;
      return 0;
    }
    const auto byte = static_cast<uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    return byte;
  }

  uint64_t Fixed(int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) {
      value |= static_cast<uint64_t>(Byte()) << (8 * i);
    }
    return value;
  }

  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = Byte();
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    good_ = false;
    return 0;
  }

  int64_t Integer() {
    const uint64_t raw = Varint();
    return static_cast<int64_t>(raw >> 1) ^ -static_cast<int64_t>(raw & 1);
  }

  std::string_view Text() {
    const uint64_t size = Varint();
    if (!good_ || size > rest_.size()) {
      good_ = false;
      return {};
    }
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }

  /// A label set as pairs of texts.
  Labels LabelSet() {
    const uint64_t count = Varint();
    std::vector<std::pair<std::string, std::string>> pairs;
    for (uint64_t i = 0; i < count && good_; ++i) {
      std::string name(Text());
      pairs.emplace_back(std::move(name), std::string(Text()));
    }
    return Labels::FromPairs(std::move(pairs));
  }

 private:
  std::string_view rest_;
  bool good_ = true;
};

void PutLabels(const Labels& labels, std::string* out) {
  PutVarint(labels.size(), out);
  for (const Label& label : labels) {
    PutText(label.name, out);
    PutText(label.value, out);
  }
}

void PutAlert(const Alert& alert, std::string* out) {
  PutLabels(alert.labels, out);
  PutLabels(alert.annotations, out);
  out->push_back(static_cast<char>(alert.state));
  out->push_back(static_cast<char>((alert.fired_at ? kHasFired : 0) | (alert.keep_firing_since ? kHasKeepFiring : 0) |
                                   (alert.resolved_at ? kHasResolved : 0) | (alert.last_sent_at ? kHasSent : 0)));
  PutFixed64(std::bit_cast<uint64_t>(alert.value), out);
  PutInteger(alert.active_at, out);
  for (const auto& time : {alert.fired_at, alert.keep_firing_since, alert.resolved_at, alert.last_sent_at}) {
    if (time) {
      PutInteger(*time, out);
    }
  }
}

bool ReadAlert(PayloadReader& reader, Alert* alert) {
  alert->labels = reader.LabelSet();
  alert->annotations = reader.LabelSet();
  const uint8_t state = reader.Byte();
  const uint8_t flags = reader.Byte();
  alert->value = std::bit_cast<double>(reader.Fixed(8));
  alert->active_at = reader.Integer();
  const std::pair<uint8_t, std::optional<TimestampMs>*> times[] = {{kHasFired, &alert->fired_at},
                                                                   {kHasKeepFiring, &alert->keep_firing_since},
                                                                   {kHasResolved, &alert->resolved_at},
                                                                   {kHasSent, &alert->last_sent_at}};
  for (const auto& [flag, time] : times) {
    if ((flags & flag) != 0) {
      *time = reader.Integer();
    }
  }
  if (!reader.good() || state < static_cast<uint8_t>(AlertState::kInactive) || state > static_cast<uint8_t>(AlertState::kFiring)) {
    return false;
  }
  alert->state = static_cast<AlertState>(state);
  return true;
}

bool ReadPayload(std::string_view payload, JournalRecord* record) {
  PayloadReader reader(payload);
  *record = JournalRecord();
  const uint8_t type = reader.Byte();
  record->group = reader.Text();
  record->rule = reader.Text();
  record->type = static_cast<JournalRecord::Type>(type);
  switch (record->type) {
    case JournalRecord::Type::kEvaluation:
      record->time = reader.Integer();
      break;
    case JournalRecord::Type::kAlert:
      if (!ReadAlert(reader, &record->alert)) {
        return false;
      }
      break;
    case JournalRecord::Type::kGone:
      record->alert.labels = reader.LabelSet();
      break;
    case JournalRecord::Type::kRule:
      break;
    default:
      return false;
  }
  return reader.finished();
}

}  // namespace

void AppendJournalRecord(const JournalRecord& record, std::string* out) {
  std::string payload;
  payload.push_back(static_cast<char>(record.type));
  PutText(record.group, &payload);
  PutText(record.rule, &payload);
  switch (record.type) {
    case JournalRecord::Type::kEvaluation:
      PutInteger(record.time, &payload);
      break;
    case JournalRecord::Type::kAlert:
      PutAlert(record.alert, &payload);
      break;
    case JournalRecord::Type::kGone:
      PutLabels(record.alert.labels, &payload);
      break;
    case JournalRecord::Type::kRule:
      break;
  }
  PutFixed32(static_cast<uint32_t>(payload.size()), out);
  PutFixed32(Crc32(payload), out);
  out->append(payload);
}

bool TakeJournalRecord(std::string_view* content, JournalRecord* record) {
  constexpr size_t kHeaderBytes = 8;
  if (content->size() < kHeaderBytes) {
    return false;
  }
  PayloadReader header(content->substr(0, kHeaderBytes));
  const auto length = static_cast<uint32_t>(header.Fixed(4));
  const auto crc = static_cast<uint32_t>(header.Fixed(4));
  if (length > kMaxJournalRecordBytes || content->size() - kHeaderBytes < length) {
    return false;
  }
  const std::string_view payload = content->substr(kHeaderBytes, length);
  if (Crc32(payload) != crc || !ReadPayload(payload, record)) {
    return false;
  }
  content->remove_prefix(kHeaderBytes + length);
  return true;
}

}  // namespace tocsin::rules
