#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "base/model/convert_nhcb.h"
#include "base/model/float_histogram.h"

namespace {

/// Doubles from the input; small whole numbers more often than chance makes them.
class Numbers {
 public:
  Numbers(const uint8_t* data, size_t size) : at_(data), end_(data + size) {}

  bool done() const { return at_ == end_; }
  uint8_t Byte() { return done() ? 0 : *at_++; }
  double Next() {
    const uint8_t kind = Byte();
    if (kind < 200) {
      return kind;
    }
    double value = 0;
    const size_t size = std::min<size_t>(sizeof(value), static_cast<size_t>(end_ - at_));
    std::memcpy(&value, at_, size);
    at_ += size;
    return value;
  }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
};

}  // namespace

/// A classic histogram of any buckets: what can be made a native one is a valid one, and gives the same buckets back.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Numbers numbers(data, size);
  tocsin::NhcbBuilder builder;
  const uint8_t parts = numbers.Byte();
  if (parts & 1) {
    builder.SetCount(numbers.Next()).IgnoreError();
  }
  if (parts & 2) {
    builder.SetSum(numbers.Next()).IgnoreError();
  }
  while (!numbers.done()) {
    const double bound = numbers.Next();
    builder.SetBucket(bound, numbers.Next()).IgnoreError();
  }
  const auto result = builder.Build();
  if (!result.ok()) {
    return 0;
  }
  const tocsin::FloatHistogram& histogram = result->histogram;
  TOCSIN_CHECK(histogram.uses_custom_buckets());
  if (!tocsin::ValidateHistogram(histogram).ok()) {
    return 0;
  }
  double last = 0;
  const absl::Status classic =
      tocsin::NhcbToClassic(histogram, tocsin::Labels::Of({{"__name__", "h"}}), [&](const tocsin::Labels& labels, double value) {
        if (labels.Has("le")) {
          TOCSIN_CHECK(value >= last || std::isnan(value) || std::isnan(last));
          last = value;
        }
      });
  TOCSIN_CHECK(classic.ok());
  return 0;
}
