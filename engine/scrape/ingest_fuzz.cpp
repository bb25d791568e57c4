#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/strings.h"
#include "engine/scrape/ingest.h"

namespace tocsin {
namespace {

/// Counts what is appended; gives every series the same few references.
class CountingAppender : public Appender {
 public:
  SeriesRef GetOrCreate(const Labels& labels, AppendResult* result) override {
    *result = AppendResult::kOk;
    return static_cast<SeriesRef>(labels.Hash() | 1);
  }
  AppendResult Append(SeriesRef /*ref*/, TimestampMs /*t*/, double /*value*/) override { return AppendResult::kOk; }
  size_t AppendBatch(std::span<const RefSample> samples, AppendResult* results) override {
    std::fill(results, results + samples.size(), AppendResult::kOk);
    return samples.size();
  }
  AppendResult AppendHistogram(SeriesRef, TimestampMs, const FloatHistogram&, bool) override { return AppendResult::kOk; }
  void SetStartTimestamp(SeriesRef, TimestampMs) override {}
  AppendResult AppendExemplar(SeriesRef, const Exemplar&) override { return AppendResult::kOk; }
  void SetMetadata(SeriesRef, const MetricMetadata&) override {}
  absl::Status Commit() override { return absl::OkStatus(); }
  void Rollback() override {}
};

}  // namespace
}  // namespace tocsin

/// Several pages of one target, parted by zero bytes: with the memory of the page before, each must count the same as without.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tocsin;
  if (size == 0) {
    return 0;
  }
  const std::string_view type = (data[0] & 1) != 0 ? "application/openmetrics-text" : "text/plain";
  std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
  Target target;
  ScrapeConfig config;
  config.name_validation_scheme = NameScheme::kUtf8;
  ScrapeMemory memory;
  CountingAppender appender;
  for (TimestampMs t = 1; !rest.empty(); ++t) {
    const size_t end = rest.find('\0');
    std::string page(rest.substr(0, end));
    std::string same_page = page;
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    Ingest with(target, config, {}, &memory);
    const absl::Status status = with.Run(&page, type, t, t, &appender);
    ScrapeMemory empty;
    Ingest without(target, config, {}, &empty);
    const absl::Status other = without.Run(&same_page, type, t, t, &appender);
    TOCSIN_CHECK(status == other);
    TOCSIN_CHECK(!status.ok() || (with.counts().scraped == without.counts().scraped && with.counts().kept == without.counts().kept));
  }
  return 0;
}
