// query analyze: how many buckets of histograms are in use.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "api/main/commands.h"
#include "api/main/query_print.h"
#include "api/main/server_client.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text/duration.h"
#include "base/text/float_text.h"
#include "base/text/time_text.h"

namespace tocsin {
namespace {

constexpr const char* kAnalyzeHeader =
    "Bucket stats for each histogram series over time\n"
    "------------------------------------------------\n"
    "First the min, avg, and max number of populated buckets, followed by the total\n"
    "number of buckets (only if different from the max number of populated buckets\n"
    "which is typical for classic but not native histograms).\n\n";
constexpr const char* kAnalyzeFooter =
    "\nAggregated bucket stats\n"
    "-----------------------\n"
    "Each line shows min/avg/max over the series above.\n";

std::string MinAvgMax(int64_t min, double avg, int64_t max) { return Cat(min, "/", GoFloat(avg, 'f', 3), "/", max); }

/// Populated buckets of one histogram over time.
struct BucketUse {
  int64_t min = std::numeric_limits<int64_t>::max();
  int64_t max = 0;
  int64_t total = 0;  // all buckets of all times
  double avg = 0;

  std::string Text() const { return Cat(MinAvgMax(min, avg, max), max == total ? "" : Cat("/", total)); }
};

/// One figure over many histograms.
class Spread {
 public:
  void Add(int64_t value) {
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
    ++count_;
    avg_ += static_cast<double>(value) / static_cast<double>(count_) - avg_ / static_cast<double>(count_);
  }
  int64_t count() const { return count_; }
  std::string Text() const { return MinAvgMax(min_, avg_, max_); }
  bool operator==(const Spread&) const = default;

 private:
  int64_t min_ = std::numeric_limits<int64_t>::max();
  int64_t max_ = 0;
  int64_t count_ = 0;
  double avg_ = 0;
};

struct Spreads {
  Spread min;
  Spread avg;
  Spread max;
  Spread total;

  void Add(const BucketUse& use) {
    min.Add(use.min);
    avg.Add(static_cast<int64_t>(use.avg));
    max.Add(use.max);
    total.Add(use.total);
  }
  void Print(const char* kind) const {
    if (min.count() == 0) {
      return;
    }
    std::printf("\n%s histogram series (%lld in total):\n- min populated: %s\n- avg populated: %s\n- max populated: %s\n", kind,
                static_cast<long long>(min.count()), min.Text().c_str(), avg.Text().c_str(), max.Text().c_str());
    if (max != total) {
      std::printf("- total: %s\n", total.Text().c_str());
    }
  }
};

double NumberOf(const JsonValue& text) { return ParseGoFloat(text.text()).value; }

/// Nothing: no native histogram, or too short to tell.
std::optional<BucketUse> NativeUse(const JsonValue& series) {
  const std::vector<JsonValue> samples = series["histograms"].items();
  if (samples.size() < 2) {
    return std::nullopt;
  }
  BucketUse use;
  std::set<std::string> bounds;
  int64_t sum = 0;
  for (const JsonValue& sample : samples) {
    const std::vector<JsonValue> pair = sample.items();
    const std::vector<JsonValue> buckets = pair.size() < 2 ? std::vector<JsonValue>() : pair[1]["buckets"].items();
    for (const JsonValue& bucket : buckets) {
      const std::vector<JsonValue> parts = bucket.items();
      if (parts.size() == 4) {
        bounds.insert(Cat(parts[0].integer().value_or(0), " ", parts[1].text(), " ", parts[2].text()));
      }
    }
    const auto populated = static_cast<int64_t>(buckets.size());
    use.min = std::min(use.min, populated);
    use.max = std::max(use.max, populated);
    sum += populated;
  }
  use.total = static_cast<int64_t>(bounds.size());
  use.avg = static_cast<double>(sum) / static_cast<double>(samples.size());
  return use;
}

struct ClassicBucket {
  double le = 0;
  std::vector<std::pair<double, double>> samples;  // time, count
};

ClassicBucket MakeClassicBucket(const JsonValue& series) {
  ClassicBucket bucket{.le = NumberOf(series["metric"]["le"]), .samples = {}};
  for (const JsonValue& sample : series["values"].items()) {
    const std::vector<JsonValue> pair = sample.items();
    if (pair.size() == 2) {
      bucket.samples.emplace_back(pair[0].number().value_or(0), NumberOf(pair[1]));
    }
  }
  return bucket;
}

/// Buckets above zero at one time; those behind a series that ends earlier count as empty.
absl::StatusOr<int64_t> PopulatedAt(const std::vector<ClassicBucket>& buckets, size_t index) {
  int64_t populated = 0;
  for (size_t i = 0; i < buckets.size() && index < buckets[i].samples.size(); ++i) {
    const auto& [time, count] = buckets[i].samples[index];
    double below = 0;
    if (i > 0) {
      if (buckets[i - 1].samples[index].first != time) {
        return absl::InvalidArgumentError("matrix result is not time aligned");
      }
      below = buckets[i - 1].samples[index].second;
    }
    populated += std::trunc(count - below) != 0 ? 1 : 0;
  }
  return populated;
}

absl::StatusOr<std::optional<BucketUse>> ClassicUse(std::vector<ClassicBucket> buckets) {
  if (buckets.front().samples.size() < 2) {
    return std::nullopt;
  }
  const size_t count = buckets.front().samples.size();
  std::stable_sort(buckets.begin(), buckets.end(), [](const ClassicBucket& a, const ClassicBucket& b) { return a.le < b.le; });
  BucketUse use;
  int64_t sum = 0;
  for (size_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(const int64_t populated, PopulatedAt(buckets, i));
    use.min = std::min(use.min, populated);
    use.max = std::max(use.max, populated);
    sum += populated;
  }
  use.total = static_cast<int64_t>(buckets.size());
  use.avg = static_cast<double>(sum) / static_cast<double>(count);
  return use;
}

/// The name and labels of a classic histogram, without `le`: http_seconds_bucket{code="200"}. "" for what is no bucket.
std::string ClassicKey(const JsonValue& metric) {
  const std::string_view name = metric["__name__"].text();
  if (metric["le"].is_null() || !name.ends_with("_bucket")) {
    return "";
  }
  std::string labels;
  for (const auto& [label, value] : metric.members()) {
    if (label != "__name__" && label != "le") {
      Append(&labels, labels.empty() ? "" : ", ", label, "=", JsonText(value));
    }
  }
  return Cat(name, "{", labels, "}");
}

absl::Status AnalyzeMatrix(const JsonValue& matrix, Spreads* native, Spreads* classic) {
  std::map<std::string, std::vector<ClassicBucket>> histograms;
  for (const JsonValue& series : matrix.items()) {
    if (!series["values"].items().empty()) {
      if (const std::string key = ClassicKey(series["metric"]); !key.empty()) {
        histograms[key].push_back(MakeClassicBucket(series));
      }
    } else if (const std::optional<BucketUse> use = NativeUse(series)) {
      std::printf("- %s (native): %s\n", MetricText(series["metric"]).c_str(), use->Text().c_str());
      native->Add(*use);
    }
  }
  for (auto& [key, buckets] : histograms) {
    ASSIGN_OR_RETURN(const std::optional<BucketUse> use, ClassicUse(std::move(buckets)));
    if (use.has_value()) {
      std::printf("- %s (classic): %s\n", key.c_str(), use->Text().c_str());
      classic->Add(*use);
    }
  }
  return absl::OkStatus();
}

absl::Status Analyze(const CommandLine& line) {
  if (const std::string type = line.Get("type"); type != "histogram") {
    return absl::InvalidArgumentError(Cat("analyze type is ", type, ", must be 'histogram'"));
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<ServerClient> client, ServerClient::Create(line.Get("server"), line));
  TimestampMs end = SystemClock().NowMs();
  if (const std::string time = line.Get("time"); !time.empty()) {
    const absl::StatusOr<TimestampMs> parsed = ParseApiTime(time);
    if (!parsed.ok()) {
      return absl::InvalidArgumentError(Cat("error parsing time '", time, "': ", Message(parsed.status())));
    }
    end = *parsed;
  }
  std::printf("%s", kAnalyzeHeader);
  Spreads native;
  Spreads classic;
  for (const std::string& match : line.All("match")) {
    std::vector<std::string> warnings;
    ASSIGN_OR_RETURN(const JsonValue data, client->Query("/query",
                                                         {{"query", Cat(match, "[", line.Get("duration", "1h"), "]")},
                                                          {"time", GoFloat(static_cast<double>(end) / 1000, 'f')}},
                                                         &warnings));
    if (data["resultType"].text() != "matrix") {
      return absl::InvalidArgumentError("query of buckets resulted in non-Matrix");
    }
    RETURN_IF_ERROR(AnalyzeMatrix(data["result"], &native, &classic));
  }
  std::printf("%s", kAnalyzeFooter);
  native.Print("Native");
  classic.Print("Classic");
  return absl::OkStatus();
}

}  // namespace

int QueryAnalyze(const CommandLine& line) {
  const absl::Status status = Analyze(line);
  if (!status.ok()) {
    std::fflush(stdout);
    std::fprintf(stderr, "%s\n", std::string(Message(status)).c_str());
    return 1;
  }
  return 0;
}

}  // namespace tocsin
