#include <string>

#include "base/check.h"
#include "base/compress/compress.h"
#include "base/wire/histogram_wire.h"
#include "base/wire/library/proto_library.h"
#include "base/wire/remote_write.h"

namespace {

struct Totals {
  size_t labels = 0;
  size_t samples = 0;
  double values = 0;
  size_t histograms = 0;
  size_t exemplars = 0;

  bool operator==(const Totals& other) const {
    return labels == other.labels && samples == other.samples && histograms == other.histograms && exemplars == other.exemplars &&
           (values == other.values || values != values);
  }
};

absl::Status DecodeBoth(bool v2, std::string_view body, Totals* totals) {
  std::vector<std::string_view> symbols;
  tocsin::wire::WireHistogram histogram;
  tocsin::FloatHistogram usable;
  const auto count = [&](tocsin::wire::WriteSeries& series) {
    if (!v2 && !tocsin::wire::DecodeLabels(&series)) {
      return absl::InvalidArgumentError("labels");
    }
    totals->labels += series.labels.size() + series.label_refs.size();
    totals->samples += series.samples.size();
    for (const auto& sample : series.samples) {
      totals->values += sample.value + static_cast<double>(sample.t);
    }
    totals->histograms += series.histograms.size();
    for (const std::string_view message : series.histograms) {
      if (!tocsin::wire::DecodeHistogram(message, &histogram)) {
        return absl::InvalidArgumentError("histogram");
      }
      (void)tocsin::wire::UsableHistogram(histogram, &usable);
    }
    totals->exemplars += series.exemplars.size();
    std::vector<tocsin::Label> labels;
    for (const auto& exemplar : series.exemplars) {
      (void)tocsin::wire::ExemplarLabels(exemplar, v2 ? &symbols : nullptr, &labels);
    }
    (void)tocsin::wire::ResolveLabels(series.label_refs, symbols, &labels);
    return absl::OkStatus();
  };
  return v2 ? tocsin::wire::DecodeWriteRequestV2(body, &symbols, count) : tocsin::wire::DecodeWriteRequest(body, count, nullptr);
}

}  // namespace

/// The first byte chooses: bit 0 the version, bit 1 snappy in front. What the library reads we read with the same totals, before and after
/// the library has written it anew.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  static tocsin::wire::ProtoLibrary library;
  const bool v2 = data[0] & 1;
  std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] & 2) {
    std::string unpacked;
    if (!tocsin::SnappyDecode(body, 1 << 20, &unpacked).ok()) {
      return 0;
    }
    body = std::move(unpacked);
  }
  Totals totals;
  const absl::Status decoded = DecodeBoth(v2, body, &totals);
  std::string rewritten;
  if (library.Rewrite(v2 ? "io.prometheus.write.v2.Request" : "prometheus.WriteRequest", body, &rewritten)) {
    TOCSIN_CHECK(decoded.ok());
    Totals again;
    TOCSIN_CHECK(DecodeBoth(v2, rewritten, &again).ok());
    TOCSIN_CHECK(totals == again);
  }
  return 0;
}
