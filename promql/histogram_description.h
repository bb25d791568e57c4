#pragma once

#include <optional>
#include <vector>

#include "base/model/histogram.h"
#include "promql/token_stream.h"

namespace tocsin::promql {

struct DescribedHistogram {
  FloatHistogram histogram;
  bool hint_set = false;  // counter_reset_hint was given
};

/// Reads {{schema:1 sum:0.3 count:3 z_bucket:7 z_bucket_w:5 buckets:[5 10] offset:-3 n_buckets:[4] n_offset:5 custom_values:[1 2]
/// counter_reset_hint:gauge}}: keys in any order, each at most once, no space around the colons.
class HistogramDescriptionParser {
 public:
  explicit HistogramDescriptionParser(TokenStream* tokens) : tokens_(*tokens) {}

  /// From "{{" on; nothing on a syntax error that is not reported yet.
  std::optional<DescribedHistogram> Parse();

  /// A number with an optional sign. False on a syntax error.
  bool ParseSignedNumber(double* value);

 private:
  struct Fields;

  bool ParseFields(Fields* fields);
  bool ParseField(Fields* fields);
  bool ParseFieldValue(TokenKind key, Fields* fields);
  bool ParseUnsignedNumber(double* value);
  bool ParseInteger(int64_t* value);
  bool ParseBuckets(std::vector<double>* buckets);
  bool ParseHint(Fields* fields);

  TokenStream& tokens_;
};

}  // namespace tocsin::promql
