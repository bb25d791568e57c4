#include <gtest/gtest.h>

#include <bit>
#include <deque>
#include <map>
#include <random>

#include "base/env.h"
#include "storage/head.h"
#include "storage/wal/replay.h"
#include "tests/support/temp_dir.h"

namespace tocsin {
namespace {

constexpr DurationMs kModelRange = 200 * kSecond;
constexpr DurationMs kModelRetention = 1000 * kSecond;

// What a store is: samples by series and time. Values as bits, so that stale markers compare.
struct ModelSeries {
  TimestampMs last_t = kMinTimestamp;
  uint64_t last_bits = 0;
  std::map<TimestampMs, uint64_t> in_order;
  std::map<TimestampMs, uint64_t> out_of_order;

  std::map<TimestampMs, uint64_t> All() const {
    std::map<TimestampMs, uint64_t> all = in_order;
    all.insert(out_of_order.begin(), out_of_order.end());
    return all;
  }
};

struct Model {
  std::map<std::string, ModelSeries> series;
  TimestampMs max_t = kMinTimestamp;
  TimestampMs cutoff = kMinTimestamp;

  AppendResult Check(const ModelSeries& one, TimestampMs t, uint64_t bits, DurationMs window) const {
    const TimestampMs min_valid = max_t == kMinTimestamp ? kMinTimestamp : max_t - kModelRange / 2;
    if (t >= min_valid) {
      if (one.last_t == kMinTimestamp || t > one.last_t) {
        return AppendResult::kOk;
      }
      if (t == one.last_t) {
        return bits == one.last_bits ? AppendResult::kOk : AppendResult::kDuplicate;
      }
    }
    if (window > 0) {
      return max_t == kMinTimestamp || t >= max_t - window ? AppendResult::kOk : AppendResult::kTooOld;
    }
    return t < min_valid ? AppendResult::kOutOfBounds : AppendResult::kOutOfOrder;
  }

  // The bounds are those of before the commit; its caller moves max_t on after the last sample.
  void Apply(const std::string& name, TimestampMs t, uint64_t bits, DurationMs window, TimestampMs* newest) {
    ModelSeries& one = series[name];
    if (Check(one, t, bits, window) != AppendResult::kOk) {
      return;
    }
    const TimestampMs min_valid = max_t == kMinTimestamp ? kMinTimestamp : max_t - kModelRange / 2;
    if (t >= min_valid && (one.last_t == kMinTimestamp || t >= one.last_t)) {
      one.in_order.emplace(t, bits);
      one.last_t = t;
      one.last_bits = bits;
    } else {
      one.out_of_order.emplace(t, bits);
    }
    *newest = std::max(*newest, t);
  }

  void Delete(const std::string& name, TimestampMs from, TimestampMs to) {
    ModelSeries& one = series[name];
    const auto erase = [&](std::map<TimestampMs, uint64_t>& samples) {
      samples.erase(samples.lower_bound(from), samples.upper_bound(std::min(to, one.last_t)));
    };
    if (one.last_t != kMinTimestamp) {
      erase(one.in_order);
      erase(one.out_of_order);
    }
  }
};

struct OpenReader {
  std::unique_ptr<Querier> querier;
  Model model;
};

class HeadModel {
 public:
  HeadModel(uint64_t seed, bool on_disk) : random_(seed), window_(seed % 2 == 0 ? 0 : 400 * kSecond), on_disk_(on_disk) { Open(); }

  void Step() {
    switch (random_() % 20) {
      case 0:
        DeleteSome();
        break;
      case 1:
        Maintain();
        break;
      case 2:
        now_ += static_cast<DurationMs>(random_() % 300) * kSecond;
        break;
      case 3:
        OpenOne();
        break;
      case 4:
        Restart();
        break;
      default:
        AppendSome();
    }
    if (readers_.size() > 3) {
      Compare(*readers_.front().querier, readers_.front().model, "older querier");
      readers_.pop_front();
    }
  }

  void CompareNow() {
    auto querier = head_->OpenQuerier(kMinTimestamp, kMaxTimestamp);
    ASSERT_TRUE(querier.ok());
    Compare(**querier, model_, "now");
  }

 private:
  void Open() {
    HeadOptions options;
    options.chunk_range_ms = kModelRange;
    options.retention_ms = kModelRetention;
    options.out_of_order_window_ms = window_;
    if (!on_disk_) {
      head_ = Head::OpenMemoryOnly(options, clock_);
      return;
    }
    auto opened = Head::Open(folder_.path(), options, clock_, SystemEnv(), nullptr);
    ASSERT_TRUE(opened.ok()) << opened.status();
    head_ = *std::move(opened);
    EXPECT_TRUE(head_->replay_report()->damages.empty()) << head_->replay_report()->damages.front();
  }

  void Restart() {
    if (!on_disk_) {
      return;
    }
    if (random_() % 2 == 0) {
      ASSERT_TRUE(head_->Checkpoint().ok());
      AppendSome();
    }
    readers_.clear();
    head_.reset();
    Open();
    CompareNow();
  }

  std::string NameOf(uint64_t number) const { return "m" + std::to_string(number % 12); }
  static Labels LabelsOf(const std::string& name) {
    return Labels::Of({{"__name__", name}, {"parity", name.size() % 2 == 0 ? "even" : "odd"}});
  }
  // A third of the series are histograms.
  static bool IsHistogram(const std::string& name) { return name.back() % 3 == 0; }

  void AppendSome() {
    const auto appender = head_->OpenAppender();
    struct Pending {
      std::string name;
      TimestampMs t;
      uint64_t bits;
    };
    std::vector<Pending> pending;
    now_ += static_cast<DurationMs>(random_() % 20) * kSecond;
    const size_t count = random_() % 30;
    for (size_t i = 0; i < count; ++i) {
      const std::string name = NameOf(random_());
      AppendResult result;
      const SeriesRef ref = appender->GetOrCreate(LabelsOf(name), &result);
      ASSERT_EQ(result, AppendResult::kOk);
      TimestampMs t = now_;
      if (random_() % 4 == 0) {
        t -= static_cast<DurationMs>(random_() % 600) * kSecond;
      }
      const double value = random_() % 10 == 0 ? kStaleNaN : static_cast<double>(random_() % 50);
      const uint64_t bits = std::bit_cast<uint64_t>(value);
      const AppendResult expected = model_.Check(model_.series[name], t, bits, window_);
      if (IsHistogram(name)) {
        ASSERT_EQ(appender->AppendHistogram(ref, t, HistogramOf(value), true), expected);
      } else {
        ASSERT_EQ(appender->Append(ref, t, value), expected);
      }
      if (expected == AppendResult::kOk) {
        pending.push_back({name, t, bits});
      }
    }
    if (random_() % 8 == 0) {
      appender->Rollback();
      return;
    }
    ASSERT_TRUE(appender->Commit().ok());
    TimestampMs newest = model_.max_t;
    for (const Pending& one : pending) {
      model_.Apply(one.name, one.t, one.bits, window_, &newest);
    }
    model_.max_t = newest;
  }

  static FloatHistogram HistogramOf(double value) {
    FloatHistogram histogram;
    histogram.sum = value;
    if (!IsStaleNaN(value)) {
      histogram.count = value;
      histogram.positive_spans = {{static_cast<int32_t>(value) % 3, 1}};
      histogram.positive_buckets = {value};
    }
    return histogram;
  }

  void DeleteSome() {
    const std::string name = NameOf(random_());
    const TimestampMs from = now_ - static_cast<DurationMs>(random_() % 900) * kSecond;
    const TimestampMs to = from + static_cast<DurationMs>(random_() % 300) * kSecond;
    const std::vector<Matcher> matchers = {Matcher::Equal("__name__", name)};
    ASSERT_TRUE(head_->Delete(matchers, from, to).ok());
    model_.Delete(name, from, to);
    // A deletion is seen at once by all.
    readers_.clear();
  }

  void Maintain() {
    head_->Maintain();
    if (model_.max_t != kMinTimestamp) {
      model_.cutoff = model_.max_t - kModelRetention;
      for (OpenReader& reader : readers_) {
        reader.model.cutoff = model_.cutoff;
      }
      for (auto& [name, one] : model_.series) {
        std::erase_if(one.out_of_order, [&](const auto& sample) { return sample.first < model_.cutoff; });
        if (one.last_t < model_.cutoff && one.out_of_order.empty()) {
          one = ModelSeries{};
        }
      }
    }
  }

  void OpenOne() {
    auto querier = head_->OpenQuerier(kMinTimestamp, kMaxTimestamp);
    ASSERT_TRUE(querier.ok());
    readers_.push_back({*std::move(querier), model_});
  }

  void Compare(Querier& querier, const Model& model, const char* what) {
    const std::vector<Matcher> all = {*Matcher::Create(MatchType::kRegexp, "__name__", "m.*")};
    const auto series = querier.Select(all, SelectHints{});
    ASSERT_TRUE(series.ok());
    std::map<std::string, std::map<TimestampMs, uint64_t>> got;
    for (const auto& one : *series) {
      SampleColumns samples;
      one->Read(model.cutoff, kMaxTimestamp, &samples);
      const Labels labels = one->labels();
      const std::string name(labels.metric_name());
      EXPECT_EQ(labels, LabelsOf(name));
      for (size_t i = 0; i < samples.size(); ++i) {
        ASSERT_TRUE(i == 0 || samples.timestamps[i] > samples.timestamps[i - 1]);
        ASSERT_EQ(samples.is_histogram(i), IsHistogram(name));
        got[name].emplace(samples.timestamps[i], std::bit_cast<uint64_t>(samples.values[i]));
      }
      Sample last;
      ASSERT_EQ(one->ReadLast(model.cutoff, kMaxTimestamp, &last), !samples.empty());
      if (!samples.empty()) {
        EXPECT_EQ(last.t, samples.timestamps.back());
        EXPECT_EQ(std::bit_cast<uint64_t>(last.value), std::bit_cast<uint64_t>(samples.values.back()));
      }
    }
    std::map<std::string, std::map<TimestampMs, uint64_t>> expected;
    for (const auto& [name, one] : model.series) {
      for (const auto& [t, bits] : one.All()) {
        if (t >= model.cutoff) {
          expected[name].emplace(t, bits);
        }
      }
    }
    ASSERT_EQ(got, expected) << what;
  }

  std::mt19937_64 random_;
  DurationMs window_;
  bool on_disk_;
  ManualClock clock_;
  test::TempDir folder_;
  TimestampMs now_ = 1'000'000 * kSecond;
  Model model_;
  std::unique_ptr<Head> head_;
  std::deque<OpenReader> readers_;
};

void RunModel(bool on_disk, uint64_t seeds) {
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    HeadModel model(seed, on_disk);
    for (int step = 0; step < 300 && !testing::Test::HasFatalFailure(); ++step) {
      SCOPED_TRACE(testing::Message() << "step " << step);
      model.Step();
    }
    model.CompareNow();
    if (testing::Test::HasFailure()) {
      return;
    }
  }
}

TEST(HeadModelTest, MemoryOnly) { RunModel(false, 20); }

TEST(HeadModelTest, OnDiskWithRestarts) { RunModel(true, 5); }

}  // namespace
}  // namespace tocsin
