#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/model/histogram.h"

namespace tocsin {

/// Arithmetic of native histograms as PromQL has it (prometheus model/histogram at 3.14): schemas are brought to the coarser one, zero
/// buckets to the wider one, custom bounds to those that both have.
/// Threads: all functions are pure but for the histograms passed by pointer.

/// What an addition or subtraction had to do, for the annotations of a query.
struct HistogramMerge {
  bool counter_reset_collision = false;  ///< one operand was after a counter reset, the other was not
  bool bounds_reconciled = false;        ///< custom bounds differed; their intersection was taken
};

/// *h += other, *h -= other. The only error: one has custom buckets and the other has not (text: HistogramsIncompatibleText()).
/// The counter reset hint of the result follows from both; the "-" operator of PromQL sets it to kGauge afterwards.
/// The result may have empty buckets: CompactHistogram() drops them.
absl::StatusOr<HistogramMerge> AddHistogram(FloatHistogram* h, const FloatHistogram& other);
absl::StatusOr<HistogramMerge> SubHistogram(FloatHistogram* h, const FloatHistogram& other);
std::string_view HistogramsIncompatibleText();

/// Addition with Kahan and Neumaier's compensation: the lost low parts gather in *c, which starts as NewCompensation(*h) and always has the
/// layout of *h. At the end the total is *h plus *c: ApplyCompensation().
absl::StatusOr<HistogramMerge> KahanAddHistogram(FloatHistogram* h, FloatHistogram* c, const FloatHistogram& other);
FloatHistogram NewCompensation(const FloatHistogram& h);
void ApplyCompensation(FloatHistogram* h, const FloatHistogram& c);

/// Scales counts and sum. A negative factor makes it a gauge; dividing by zero drops the buckets and leaves Inf or NaN in count and sum.
void MulHistogram(FloatHistogram* h, double factor);
void DivHistogram(FloatHistogram* h, double divisor);

/// No empty buckets at the ends of spans, gaps of up to `max_empty` empty buckets inside spans, longer ones between them.
void CompactHistogram(FloatHistogram* h, uint32_t max_empty = 0);

/// Coarser buckets in place: `target` must be below the schema, neither may be of custom buckets; spans must fit the buckets.
absl::Status ReduceHistogramResolution(FloatHistogram* h, int32_t target);

/// True when `h` cannot follow `previous` in a series without a counter reset between them: a count became smaller, a populated bucket
/// went, the resolution rose, the zero bucket shrank. The hints kReset and kNotReset decide alone.
bool DetectHistogramReset(const FloatHistogram& h, const FloatHistogram& previous);

/// "histogram </ limit" (keep_below) and "histogram >/ limit": drops the observations on the other side, split buckets interpolated, and
/// estimates the sum of those kept from the middles of buckets. A histogram of which nothing is dropped stays as it is.
void TrimHistogram(FloatHistogram* h, double limit, bool keep_below);

/// Whether spans, buckets, bounds and counts fit each other, with Prometheus's texts.
absl::Status ValidateHistogram(const FloatHistogram& h);

/// The same data: layouts equal but for spans of length 0, numbers equal to the bit. The counter reset hint is not looked at.
bool IdenticalHistograms(const FloatHistogram& a, const FloatHistogram& b);

/// Equal as promqltest and promtool compare: both compacted, numbers by AlmostEqual (relative `epsilon`), bounds and zero threshold exact.
bool AlmostEqualHistograms(const FloatHistogram& a, const FloatHistogram& b, double epsilon);

/// Equal, or both stale markers, or both other NaNs, or closer than `epsilon` times the sum of magnitudes.
bool AlmostEqual(double a, double b, double epsilon);

/// Any count, sum or bound is infinite.
bool HistogramHasOverflow(const FloatHistogram& h);

/// {count:3, sum:4.5, [-2,-1):1, [-0.001,0.001]:1, (1,2]:1}
std::string HistogramToString(const FloatHistogram& h);

/// {{schema:1 count:3 sum:4.5 buckets:[1 2]}}: the notation of promqltest and rule unit tests. A histogram with gaps of more than
/// kMaxExpressionGap buckets is written as HistogramToString() does.
inline constexpr uint32_t kMaxExpressionGap = 10'000;
std::string HistogramTestExpression(const FloatHistogram& h);

/// Schemas: usable as they are; of those that may be read because they can be reduced to one of these (-9..52).
inline bool IsExponentialSchema(int32_t schema) { return schema >= kMinExponentialSchema && schema <= kMaxExponentialSchema; }
inline bool IsKnownSchema(int32_t schema) { return schema == kCustomBucketsSchema || (schema >= -9 && schema <= 52); }
absl::Status UnknownSchemaError(int32_t schema);
absl::Status InvalidSchemaError(int32_t schema);

}  // namespace tocsin
