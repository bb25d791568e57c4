#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/model/histogram.h"
#include "base/model/labels.h"
#include "base/model/sample.h"
#include "base/types.h"

namespace tocsin {

/// Names a series of a store within one process. Opaque; a reference whose series has gone is recognised, never mistaken for another.
enum class SeriesRef : uint64_t { kNone = 0 };

/// What became of one sample. All but kOk are counted by the store; none ends the transaction.
enum class AppendResult : uint8_t {
  kOk,
  kUnknownSeries,        ///< the reference is not, or no longer, known: append with labels again
  kOutOfOrder,           ///< older than the newest sample, and there is no out-of-order window
  kTooOld,               ///< older than the out-of-order window
  kOutOfBounds,          ///< older than the store's minimum, or too far in the future
  kDuplicate,            ///< the same time, another value
  kOutOfOrderStartTime,  ///< a start timestamp that is not usable
  kInvalidHistogram,     ///< counts that contradict each other
  kNoSeries,             ///< a new series was refused: empty or invalid labels
  kMemoryLimit,          ///< a new series was refused: the memory budget is used up
};

/// "out of order sample", ... : upstream's words, for logs and for answers of remote write.
std::string_view AppendResultText(AppendResult result);

struct RefSample {
  SeriesRef ref;
  TimestampMs t;
  double value;
};

struct Exemplar {
  Labels labels;
  double value = 0;
  TimestampMs t = 0;
  bool has_timestamp = false;
};

struct MetricMetadata {
  std::string type;  // counter gauge histogram gaugehistogram summary info stateset unknown
  std::string help;
  std::string unit;
};

/// One transaction. Nothing is seen by queriers before Commit; Commit makes all of it seen at once and, with a log, durable.
/// Destroying without Commit rolls back. Order within a series is the order of the calls.
/// Threads: one thread at a time; several appenders may be open at once.
class Appender {
 public:
  virtual ~Appender() = default;

  /// The series of these labels, made when it is new. kNone with `*result` telling why not.
  virtual SeriesRef GetOrCreate(const Labels& labels, AppendResult* result) = 0;

  virtual AppendResult Append(SeriesRef ref, TimestampMs t, double value) = 0;

  /// The hot path: one call a scrape. `results` has an entry a sample; returns the number of kOk.
  virtual size_t AppendBatch(std::span<const RefSample> samples, AppendResult* results) = 0;

  /// `histogram` has float counts; `integers` tells that they are whole numbers that were exposed as such (the chunk encoding differs).
  virtual AppendResult AppendHistogram(SeriesRef ref, TimestampMs t, const FloatHistogram& histogram, bool integers) = 0;

  /// Tells the start timestamp of the next samples appended to `ref` in this transaction (0: none). Ignored unless the store keeps them.
  virtual void SetStartTimestamp(SeriesRef ref, TimestampMs start_t) = 0;

  virtual AppendResult AppendExemplar(SeriesRef ref, const Exemplar& exemplar) = 0;
  virtual void SetMetadata(SeriesRef ref, const MetricMetadata& metadata) = 0;

  /// OK: visible, and written to the log where there is one. An error (the log cannot be written): visible, not durable.
  virtual absl::Status Commit() = 0;
  virtual void Rollback() = 0;
};

/// The writing door of a store.
/// Threads: safe.
class Appendable {
 public:
  virtual ~Appendable() = default;
  virtual std::unique_ptr<Appender> OpenAppender() = 0;
};

}  // namespace tocsin
