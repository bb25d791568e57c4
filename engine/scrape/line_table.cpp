#include "engine/scrape/line_table.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <utility>

#ifdef __x86_64__
// Of <xxh_x86dispatch.h>, which cannot stand beside XXH_INLINE_ALL: the same hash with the widest registers that the processor has.
extern "C" XXH64_hash_t XXH3_64bits_dispatch(const void* text, size_t length);
#endif

namespace tocsin {
namespace {

/// Up to here XXH3 has no loop that wide registers could help, nor one that costs a start and an end.
constexpr size_t kShortTextMax = 240;
/// Odd: what differs in the first part differs in the product.
constexpr uint64_t kFirstPartFactor = 0x9e3779b97f4a7c15;

}  // namespace

uint64_t LineTable::HashOf(std::string_view text) {
  if (text.size() > kShortTextMax && text.size() <= 2 * kShortTextMax) {
    return XXH3_64bits(text.data(), kShortTextMax) * kFirstPartFactor +
           XXH3_64bits(text.data() + kShortTextMax, text.size() - kShortTextMax);
  }
#ifdef __x86_64__
  if (text.size() > kShortTextMax) {
    return XXH3_64bits_dispatch(text.data(), text.size());
  }
#endif
  return XXH3_64bits(text.data(), text.size());
}

void LineTable::Unresolve(const absl::flat_hash_set<SeriesRef>& gone) {
  for (Line& line : lines_) {
    if (line.kind == Kind::kSeries && gone.contains(line.series())) {
      line.kind = Kind::kUnresolved;
      line.ref = 0;
      line.tracked = false;
    }
  }
}

void LineTable::Forget() {
  for (const Line& line : lines_) {
    if (live_ && line.kind == Kind::kSeries && line.tracked) {
      orphans_.push_back(line.series());
    }
  }
  lines_.clear();
  lines_.shrink_to_fit();
}

void LineWalk::Diverge() {
  if (diverged_) {
    return;
  }
  diverged_ = true;
  diverged_at_ = cursor_;
  taken_.assign(lines_.size(), false);
  next_.reserve(lines_.size() + lines_.size() / 16);
  next_.assign(lines_.begin(), lines_.begin() + static_cast<ptrdiff_t>(cursor_));
}

LineTable::Line* LineWalk::TakeAt(size_t i) {
  taken_[i] = true;
  cursor_ = i + 1;
  next_.push_back(lines_[i]);
  return &next_.back();
}

LineTable::Line* LineWalk::Find(uint64_t hash, uint32_t length, bool* twice) {
  Diverge();
  *twice = false;
  for (size_t i = cursor_; i < lines_.size() && i < cursor_ + kWindow; ++i) {
    if (lines_[i].hash == hash && lines_[i].length == length && !IsTaken(i)) {
      return TakeAt(i);
    }
  }
  if (!indexed_) {
    indexed_ = true;
    index_.reserve(lines_.size());
    for (size_t i = 0; i < lines_.size(); ++i) {
      index_.emplace(uint64_t{lines_[i].hash}, static_cast<uint32_t>(i));  // a copy: the field is not aligned
    }
  }
  const auto found = index_.find(hash);
  if (found != index_.end() && lines_[found->second].length == length) {
    if (!IsTaken(found->second)) {
      return TakeAt(found->second);
    }
    *twice = true;
  } else {
    *twice = added_.contains(hash);
  }
  return nullptr;
}

void LineWalk::Add(const LineTable::Line& line) {
  Diverge();
  added_.insert(uint64_t{line.hash});
  next_.push_back(line);
}

void LineWalk::Commit() {
  if (diverged_) {
    if (next_.capacity() > next_.size() + next_.size() / 8 + 16) {
      next_.shrink_to_fit();
    }
    lines_ = std::move(next_);
  } else if (cursor_ < lines_.size()) {
    lines_.resize(cursor_);
    lines_.shrink_to_fit();
  }
  table_->live_ = true;
}

}  // namespace tocsin
