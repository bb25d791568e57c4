#include "engine/scrape/ingest.h"

#include <utility>

#include "base/log.h"
#include "base/model/sample.h"
#include "base/status.h"
#include "base/strings.h"
#include "engine/scrape/body_spill.h"
#include "engine/scrape/fast_number.h"
#include "engine/scrape/sample_labels.h"

namespace tocsin {
namespace {

/// What is remembered of a line that is no series, and of a family, at most; counted so that a flood of them is seen.
constexpr int64_t kLineBytes = 96;

/// From so many lines on, the memory that a scrape takes besides its body is kept free for it: its transaction, and the table of its lines
/// while there are two. Of others it comes out of what is left above the point where series are refused.
constexpr size_t kLargeScrapeLines = 16384;
constexpr int64_t kScrapeBytesOfLine = 100;

}  // namespace

absl::Status Ingest::Run(std::string* body, std::string_view content_type, TimestampMs t, TimestampMs now, Appender* appender,
                         BodyPieces* pieces) {
  ExpositionOptions format;
  format.type_and_unit_labels = options_.type_and_unit_labels;
  format.created_timestamps = options_.created_timestamps;
  format.ignore_native_histograms = !target_.native_histograms;
  format.convert_classic_histograms_to_nhcb = target_.convert_to_nhcb;
  format.keep_classic = target_.classic_histograms;
  std::string warning;
  ASSIGN_OR_RETURN(parser_, MakeExpositionParser(body, content_type, config_.fallback_scrape_protocol, format, &warning));
  if (!warning.empty()) {
    LogDebug("Invalid content type on scrape, using fallback setting.", {{"target", target_.url}, {"err", warning}});
  }
  body_ = *body;
  buffer_ = body;
  pieces_ = pieces;
  t_ = t;
  latest_t_ = now + kScrapeAheadMaxMs;
  appender_ = appender;
  counts_ = IngestCounts();
  walk_.emplace(&memory_->lines);
  batch_.resize(kBatchSamples);
  batch_size_ = 0;
  limited_ = 0;
  family_place_.reset();
  ++memory_->scrape;
  if (pieces != nullptr) {
    if (!parser_->can_continue()) {
      return BodyWithoutRoom();
    }
    pieces->Rewind();
    RETURN_IF_ERROR(NextPiece(body));
  }

  RETURN_IF_ERROR(ReadEntries());
  Flush();
  if (!gone_.empty()) {
    memory_->lines.Unresolve(gone_);
    gone_.clear();
    return absl::AbortedError("the store has dropped series of this target");
  }
  if (counts_.sample_limit_hit) {
    return absl::ResourceExhaustedError("sample limit exceeded");
  }
  if (counts_.bucket_limit_hit) {
    return absl::ResourceExhaustedError("histogram bucket limit exceeded");
  }
  EndVanished(t);
  RememberMetadata();
  walk_->Commit();
  const size_t lines = memory_->lines.lines().size();
  memory_->next_scrape.Set(options_.memory_budget, lines < kLargeScrapeLines ? 0 : static_cast<int64_t>(lines) * kScrapeBytesOfLine);
  return absl::OkStatus();
}

absl::Status Ingest::ReadEntries() {
  const bool lines = parser_->has_lines();
  while (true) {
    const size_t known = lines ? TakeKnownLines() : 0;
    ++counts_.parsed;
    const EntryKind kind = known > 0 ? parser_->NextKnown(known) : parser_->Next();
    switch (kind) {
      case EntryKind::kEnd:
        --counts_.parsed;
        if (pieces_ == nullptr || pieces_->at_end()) {
          return absl::OkStatus();
        }
        RETURN_IF_ERROR(NextPiece(buffer_));
        break;
      case EntryKind::kError:
        return absl::InvalidArgumentError(av(parser_->error()));
      case EntryKind::kSeries:
      case EntryKind::kHistogram:
        RETURN_IF_ERROR(OnSeries(kind));
        break;
      default:
        OnMetadata(kind);
    }
  }
}

absl::Status Ingest::NextPiece(std::string* body) {
  RETURN_IF_ERROR(pieces_->Next(body));
  parser_->Continue(body, pieces_->at_end());
  body_ = *body;
  if (options_.memory_budget != nullptr) {
    options_.memory_budget->SetMeasured(MemoryBudget::ResidentBytes());
  }
  return absl::OkStatus();
}

// What is not remembered is read again in the next scrape.
bool Ingest::MayRemember() {
  MemoryBudget* const budget = options_.memory_budget;
  if (budget == nullptr) {
    return true;
  }
  if (budget->pressure() == MemoryBudget::Pressure::kRefuseSeries) {
    return false;
  }
  budget->Add(kLineBytes);
  return true;
}

// The repeat path: while the lines are those of the scrape before, only numbers are read. Returns the length of the naming text when the
// next line is a known series with more behind it than a number and a time; 0 when the parser must look.
size_t Ingest::TakeKnownLines() {
  size_t position = parser_->position();
  size_t known = 0;
  while (LineTable::Line* const line = walk_->Expected()) {
    const size_t end = position + line->length;
    if (end > body_.size() || LineTable::HashOf(body_.substr(position, line->length)) != line->hash) {
      break;
    }
    if (line->kind == LineTable::Kind::kType || line->kind == LineTable::Kind::kMetadata) {
      if (!TakeKnownMetadata(*line, &position)) {
        break;
      }
    } else if (line->kind == LineTable::Kind::kUnresolved || end + 1 >= body_.size() || body_[end] != ' ') {
      break;
    } else if (!TakeKnownSeries(line, &position)) {
      known = line->length;
      break;
    }
    walk_->TakeExpected();
    ++counts_.matched;
  }
  parser_->SkipTo(position);
  return known;
}

bool Ingest::TakeKnownMetadata(const LineTable::Line& line, size_t* position) {
  // The line end is part of what was hashed.
  *position += line.length;
  if (line.kind == LineTable::Kind::kType) {
    parser_->SkipType(*position, line.type);
  }
  if (line.ref != LineTable::kNoPlace) {
    family_place_ = static_cast<uint32_t>(line.ref);
  }
  return true;
}

bool Ingest::TakeKnownSeries(LineTable::Line* line, size_t* position) {
  const char* const end = body_.data() + body_.size();
  double value = 0;
  const char* next = ReadNumber(body_.data() + *position + line->length + 1, end, &value);
  if (next == nullptr || next == end) {
    return false;
  }
  bool has_timestamp = false;
  TimestampMs timestamp = 0;
  if (*next == ' ' && !parser_->times_are_seconds()) {
    next = ReadMilliseconds(next + 1, &timestamp);
    has_timestamp = true;
  }
  if (next == nullptr || next == end || *next != '\n') {
    return false;
  }
  *position = static_cast<size_t>(next - body_.data()) + 1;
  ++counts_.scraped;
  if (line->kind == LineTable::Kind::kDropped) {
    return true;
  }
  ++counts_.kept;
  has_timestamp = has_timestamp && config_.honor_timestamps;
  Track(line, has_timestamp);
  if (UnderSampleLimit()) {
    Push(line->series(), has_timestamp ? timestamp : t_, value);
  }
  return true;
}

absl::Status Ingest::OnSeries(EntryKind kind) {
  const ExpositionEntry& entry = parser_->entry();
  ++counts_.scraped;
  const uint64_t hash = LineTable::HashOf(entry.raw);
  const uint32_t length = LineTable::LengthOf(entry.raw);
  LineTable::Line* line = walk_->Expected();
  const bool expected = line != nullptr && line->hash == hash && line->length == length;
  bool twice = false;
  if (!expected) {
    line = walk_->Find(hash, length, &twice);
  }
  absl::Status status;
  if (line == nullptr || line->kind == LineTable::Kind::kUnresolved) {
    status = OnUnknownSeries(kind, line, hash, twice);
  } else if (line->kind == LineTable::Kind::kSeries) {
    ++counts_.kept;
    Track(line, entry.has_timestamp && config_.honor_timestamps);
    status = AppendEntry(kind, line->series());
  }
  if (expected) {
    walk_->TakeExpected();
  }
  return status;
}

absl::Status Ingest::OnUnknownSeries(EntryKind kind, LineTable::Line* line, uint64_t hash, bool twice) {
  const ExpositionEntry& entry = parser_->entry();
  const bool has_timestamp = entry.has_timestamp && config_.honor_timestamps;
  parser_->ReadLabels(&pairs_);
  ASSIGN_OR_RETURN(const SeriesLabels made, MakeSeriesLabels(pairs_, target_.public_labels, config_, &counts_.label_limit_hit));
  LineTable::Line fresh;
  fresh.hash = hash;
  fresh.length = LineTable::LengthOf(entry.raw);
  if (made.dropped) {
    fresh.kind = LineTable::Kind::kDropped;
  } else {
    ++counts_.kept;
    if (twice && !has_timestamp) {
      ++counts_.duplicates;
      return absl::OkStatus();
    }
    if (config_.limits.samples > 0 && limited_ >= config_.limits.samples) {
      counts_.sample_limit_hit = true;
      return absl::OkStatus();
    }
    AppendResult result = AppendResult::kOk;
    const SeriesRef ref = appender_->GetOrCreate(made.labels, &result);
    if (ref == SeriesRef::kNone) {
      if (result != AppendResult::kMemoryLimit) {
        return absl::InvalidArgumentError(av(AppendResultText(result)));
      }
      ++counts_.refused;
      return absl::OkStatus();
    }
    fresh.ref = static_cast<uint64_t>(ref);
    fresh.tracked = !has_timestamp || config_.track_timestamps_staleness;
    AppendMetadata(ref, made.labels);
    RETURN_IF_ERROR(AppendEntry(kind, ref));
  }
  if (line != nullptr) {
    *line = fresh;
  } else if (!twice && (!made.dropped || MayRemember())) {
    counts_.added += made.dropped ? 0 : 1;
    walk_->Add(fresh);
  }
  return absl::OkStatus();
}

void Ingest::OnMetadata(EntryKind kind) {
  const ExpositionEntry& entry = parser_->entry();
  LineTable::Line line;
  line.kind = kind == EntryKind::kType ? LineTable::Kind::kType : LineTable::Kind::kMetadata;
  line.ref = LineTable::kNoPlace;
  // Where memory is short, families that are told anew stay unknown.
  const bool remember = MayRemember();
  if (kind != EntryKind::kComment && !remember) {
    family_place_.reset();
  } else if (kind != EntryKind::kComment) {
    const uint32_t place = kind == EntryKind::kType   ? memory_->metadata.SetType(entry.family, entry.type, memory_->scrape)
                           : kind == EntryKind::kHelp ? memory_->metadata.SetHelp(entry.family, entry.text, memory_->scrape)
                                                      : memory_->metadata.SetUnit(entry.family, entry.text, memory_->scrape);
    line.ref = place;
    line.type = entry.type;
    family_place_ = place;
  }
  if (!parser_->has_lines()) {
    return;
  }
  const std::string_view text = body_.substr(parser_->entry_start(), parser_->position() - parser_->entry_start());
  line.length = LineTable::LengthOf(text);
  line.hash = LineTable::HashOf(text);
  if (LineTable::Line* const expected = walk_->Expected();
      expected != nullptr && expected->hash == line.hash && expected->length == line.length) {
    *expected = remember ? line : *expected;
    walk_->TakeExpected();
    return;
  }
  bool twice = false;
  if (LineTable::Line* const found = walk_->Find(line.hash, line.length, &twice); found != nullptr) {
    *found = remember ? line : *found;
  } else if (remember) {
    walk_->Add(line);
  }
}

bool Ingest::UnderSampleLimit() {
  if (config_.limits.samples == 0) {
    return true;
  }
  if (limited_ >= config_.limits.samples) {
    counts_.sample_limit_hit = true;
    return false;
  }
  ++limited_;
  return true;
}

/// A series whose lines begin to have times of their own is no longer ended by its absence.
void Ingest::Track(LineTable::Line* line, bool has_timestamp) {
  const bool tracked = !has_timestamp || config_.track_timestamps_staleness;
  if (line->tracked && !tracked) {
    untracked_.push_back(line->series());
  }
  if (line->tracked != tracked) {
    line->tracked = tracked;
  }
}

}  // namespace tocsin
