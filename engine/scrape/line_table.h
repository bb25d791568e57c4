#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "engine/scrape/exposition/parser.h"
#include "storage/appender.h"

namespace tocsin {

/// What a target's last good scrape said, line by line and in its order, without values: the memory that makes the next scrape cheap.
///
/// Lines of a target come in the same order each time. LineWalk goes through a new exposition in lockstep with the table: where the hash of
/// the text that names the series equals that of the expected line, the series is known and only its value is read. 20 bytes a line.
/// Two different texts of equal 64-bit hash and length would be taken for one another: once in 10^19 comparisons.
class LineTable {
 public:
  enum class Kind : uint8_t {
    kSeries,
    kDropped,     ///< By relabelling: counted, not stored.
    kUnresolved,  ///< The store has forgotten the series: its labels must be read again.
    kType,
    kMetadata,  ///< HELP, UNIT and comments.
  };

  /// A longer text has this length: it is found again by its hash, but always read by the parser.
  static constexpr uint32_t kLengthMax = (1U << 24) - 1;

#pragma pack(push, 4)
  struct Line {
    uint64_t hash = 0;         ///< Of the naming text, or of the whole line.
    uint64_t ref = 0;          ///< SeriesRef of a series; of metadata its place in MetadataTable, kNoPlace for a comment.
    uint32_t length : 24 = 0;  ///< In bytes, of what is hashed.
    Kind kind : 3 = Kind::kSeries;
    MetricType type : 3 = MetricType::kUnknown;  ///< kType.
    bool tracked : 1 = false;                    ///< Its series ends (stale marker) when the line vanishes.

    SeriesRef series() const { return static_cast<SeriesRef>(ref); }
  };
#pragma pack(pop)
  static_assert(sizeof(Line) == 20);
  static constexpr uint64_t kNoPlace = ~uint64_t{0};

  static uint32_t LengthOf(std::string_view text) { return text.size() < kLengthMax ? static_cast<uint32_t>(text.size()) : kLengthMax; }

  static uint64_t HashOf(std::string_view text);

  std::span<const Line> lines() const { return lines_; }

  /// Whether the last scrape was good: only then do tracked series have an end to be marked.
  bool live() const { return live_; }
  void set_live(bool live) { live_ = live; }

  /// Marks the series that the store no longer knows.
  void Unresolve(const absl::flat_hash_set<SeriesRef>& gone);

  /// Forgets the lines, since another configuration would give other series. Their series end with the next scrape unless it has them.
  void Forget();

  /// Series of forgotten lines, which have not been ended yet.
  std::vector<SeriesRef>& orphans() { return orphans_; }

  size_t MemoryBytes() const { return lines_.capacity() * sizeof(Line) + orphans_.capacity() * sizeof(SeriesRef); }

 private:
  friend class LineWalk;

  std::vector<Line> lines_;
  std::vector<SeriesRef> orphans_;
  bool live_ = false;
};

/// One pass over a table beside one exposition. The table is untouched until Commit, but for changes made through Line pointers.
class LineWalk {
 public:
  explicit LineWalk(LineTable* table) : lines_(table->lines_), table_(table) {}

  /// The line that comes next if nothing changed; null at the end.
  LineTable::Line* Expected() { return cursor_ < lines_.size() && !IsTaken(cursor_) ? &lines_[cursor_] : nullptr; }
  void TakeExpected() {
    if (diverged_) {
      next_.push_back(lines_[cursor_]);
      taken_[cursor_] = true;
    }
    ++cursor_;
  }

  /// A line that is not the expected one, wherever it stood before; null: it is new, or `*twice`: this exposition has had it already.
  /// A line that is found is taken; the walk goes on behind it. The result is valid until the next call.
  LineTable::Line* Find(uint64_t hash, uint32_t length, bool* twice);

  /// A new line.
  void Add(const LineTable::Line& line);

  /// Lines of the table that the exposition did not have. Call before Commit.
  template <typename Visit>
  void VisitVanished(const Visit& visit) const {
    for (size_t i = diverged_ ? diverged_at_ : cursor_; i < lines_.size(); ++i) {
      if (!IsTaken(i)) {
        visit(lines_[i]);
      }
    }
  }

  /// The exposition's lines, in its order, as they will stand in the table.
  std::span<const LineTable::Line> current() const {
    return diverged_ ? std::span<const LineTable::Line>(next_) : std::span<const LineTable::Line>(lines_).first(cursor_);
  }

  /// Whether anything but values has changed so far.
  bool diverged() const { return diverged_; }

  void Commit();

 private:
  /// How far ahead a vanished line is looked for before the index is asked.
  static constexpr size_t kWindow = 16;

  bool IsTaken(size_t i) const { return diverged_ ? i < diverged_at_ || taken_[i] : i < cursor_; }
  void Diverge();
  LineTable::Line* TakeAt(size_t i);

  std::vector<LineTable::Line>& lines_;
  LineTable* const table_;
  size_t cursor_ = 0;
  bool diverged_ = false;
  size_t diverged_at_ = 0;
  std::vector<bool> taken_;
  std::vector<LineTable::Line> next_;
  bool indexed_ = false;
  absl::flat_hash_map<uint64_t, uint32_t> index_;
  absl::flat_hash_set<uint64_t> added_;
};

}  // namespace tocsin
