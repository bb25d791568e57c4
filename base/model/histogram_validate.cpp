#include <cmath>
#include <limits>
#include <span>
#include <string>

#include "base/model/float_histogram.h"
#include "base/model/integer_histogram.h"
#include "base/status.h"
#include "base/text/float_text.h"

namespace tocsin {
namespace {

constexpr std::string_view kSpansMismatch = "histogram spans specify different number of buckets than provided";
constexpr std::string_view kNegativeBucket = "histogram has a bucket whose observation count is negative";

absl::Status InvalidHistogram(std::string text) { return absl::InvalidArgumentError(text); }

absl::Status Within(std::string_view place, const absl::Status& status) {
  return status.ok() ? status : InvalidHistogram(Cat(place, ": ", Message(status)));
}

absl::Status CheckSpanOffset(std::span<const Span> spans, size_t i) {
  return InvalidHistogram(Cat("span number ", i + 1, " with offset ", spans[i].offset, ": histogram has a span whose offset is negative"));
}

absl::Status CheckSpanLengths(uint64_t wanted, size_t buckets) {
  if (wanted != buckets) {
    return InvalidHistogram(Cat("spans need ", wanted, " buckets, have ", buckets, " buckets: ", kSpansMismatch));
  }
  return absl::OkStatus();
}

absl::Status CheckSpans(std::span<const Span> spans, size_t buckets) {
  uint64_t wanted = 0;
  for (size_t i = 0; i < spans.size(); ++i) {
    if (i > 0 && spans[i].offset < 0) {
      return CheckSpanOffset(spans, i);
    }
    wanted += spans[i].length;
  }
  return CheckSpanLengths(wanted, buckets);
}

absl::Status CheckCustomBounds(std::span<const double> bounds, std::span<const Span> spans, size_t buckets) {
  double previous = -std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < bounds.size(); ++i) {
    if (std::isnan(bounds[i])) {
      return InvalidHistogram("histogram custom bounds must not be NaN");
    }
    if (i > 0 && bounds[i] <= previous) {
      return InvalidHistogram(Cat("previous bound is ", GoFloat(previous, 'f', 6), " and current is ", GoFloat(bounds[i], 'f', 6),
                                  ": histogram custom bounds must be in strictly increasing order"));
    }
    previous = bounds[i];
  }
  if (previous == std::numeric_limits<double>::infinity()) {
    return InvalidHistogram("last +Inf bound must not be explicitly defined: histogram custom bounds must be finite");
  }
  uint64_t wanted = 0;
  uint64_t reach = 0;
  for (size_t i = 0; i < spans.size(); ++i) {
    if (spans[i].offset < 0) {
      return CheckSpanOffset(spans, i);
    }
    wanted += spans[i].length;
    reach += static_cast<uint64_t>(spans[i].offset) + spans[i].length;
  }
  RETURN_IF_ERROR(CheckSpanLengths(wanted, buckets));
  if (bounds.size() + 1 < reach) {
    return InvalidHistogram(Cat("only ", bounds.size(), " custom bounds defined which is insufficient to cover total span length of ",
                                reach, ": histogram custom bounds are too few"));
  }
  return absl::OkStatus();
}

/// What both kinds of histogram must fulfil, counts aside. H is FloatHistogram or IntegerHistogram.
template <typename H>
absl::Status CheckLayout(const H& h, size_t positive_buckets, size_t negative_buckets) {
  if (h.schema == kCustomBucketsSchema) {
    RETURN_IF_ERROR(Within("custom buckets", CheckCustomBounds(h.custom_values, h.positive_spans, positive_buckets)));
    if (h.zero_count != 0) {
      return InvalidHistogram("custom buckets: must have zero count of 0");
    }
    if (h.zero_threshold != 0) {
      return InvalidHistogram("custom buckets: must have zero threshold of 0");
    }
    if (!h.negative_spans.empty()) {
      return InvalidHistogram("custom buckets: must not have negative spans");
    }
    return negative_buckets == 0 ? absl::OkStatus() : InvalidHistogram("custom buckets: must not have negative buckets");
  }
  if (!IsExponentialSchema(h.schema)) {
    return InvalidSchemaError(h.schema);
  }
  RETURN_IF_ERROR(Within("positive side", CheckSpans(h.positive_spans, positive_buckets)));
  return Within("negative side", CheckSpans(h.negative_spans, negative_buckets));
}

absl::Status CheckFloatCounts(std::span<const double> counts) {
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] < 0) {
      return InvalidHistogram(Cat("bucket number ", i + 1, " has observation count of ", GoFloat(counts[i], 'g'), ": ", kNegativeBucket));
    }
  }
  return absl::OkStatus();
}

/// Sums wrap around as upstream's do: a sum that overflows is then unequal to the count.
absl::Status CheckIntegerCounts(std::span<const int64_t> deltas, uint64_t* total) {
  uint64_t count = 0;
  for (size_t i = 0; i < deltas.size(); ++i) {
    count += static_cast<uint64_t>(deltas[i]);
    if (static_cast<int64_t>(count) < 0) {
      return InvalidHistogram(
          Cat("bucket number ", i + 1, " has observation count of ", static_cast<int64_t>(count), ": ", kNegativeBucket));
    }
    *total += count;
  }
  return absl::OkStatus();
}

std::string SchemaRange(std::string_view kind, int lowest, int highest, int32_t schema) {
  return Cat("histogram has an ", kind, " schema, which must be between ", lowest, " and ", highest, " for exponential buckets, or ",
             kCustomBucketsSchema, " for custom buckets, got schema ", schema);
}

}  // namespace

absl::Status UnknownSchemaError(int32_t schema) { return InvalidHistogram(SchemaRange("unknown", -9, 52, schema)); }

absl::Status InvalidSchemaError(int32_t schema) {
  return InvalidHistogram(SchemaRange("invalid", kMinExponentialSchema, kMaxExponentialSchema, schema));
}

absl::Status ValidateHistogram(const FloatHistogram& h) {
  RETURN_IF_ERROR(CheckLayout(h, h.positive_buckets.size(), h.negative_buckets.size()));
  if (!h.uses_custom_buckets()) {
    RETURN_IF_ERROR(Within("negative side", CheckFloatCounts(h.negative_buckets)));
    if (h.zero_count < 0) {
      return InvalidHistogram(Cat("zero bucket has observation count of ", GoFloat(h.zero_count, 'g'), ": ", kNegativeBucket));
    }
    if (!h.custom_values.empty()) {
      return InvalidHistogram("histogram with exponential schema must not have custom bounds");
    }
  }
  if (h.count < 0) {
    return InvalidHistogram(Cat("observation count is  ", GoFloat(h.count, 'g'), ": histogram's observation count is negative"));
  }
  return Within("positive side", CheckFloatCounts(h.positive_buckets));
}

absl::Status ValidateIntegerHistogram(const IntegerHistogram& h) {
  uint64_t total = h.zero_count;
  RETURN_IF_ERROR(CheckLayout(h, h.positive_deltas.size(), h.negative_deltas.size()));
  if (h.schema != kCustomBucketsSchema) {
    RETURN_IF_ERROR(Within("negative side", CheckIntegerCounts(h.negative_deltas, &total)));
    if (!h.custom_values.empty()) {
      return InvalidHistogram("histogram with exponential schema must not have custom bounds");
    }
  }
  RETURN_IF_ERROR(Within("positive side", CheckIntegerCounts(h.positive_deltas, &total)));
  const std::string found = Cat(total, " observations found in buckets, but the Count field is ", h.count, ": ");
  if (std::isnan(h.sum)) {
    return total <= h.count ? absl::OkStatus()
                            : InvalidHistogram(Cat(found,
                                                   "histogram's observation count should be at least the number of observations found in "
                                                   "the buckets"));
  }
  return total == h.count ? absl::OkStatus()
                          : InvalidHistogram(Cat(found,
                                                 "histogram's observation count should equal the number of observations found in the "
                                                 "buckets (in absence of NaN)"));
}

}  // namespace tocsin
