#include "storage/head.h"

#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <set>
#include <thread>

#include "base/env.h"
#include "base/memory_budget.h"
#include "storage/head_core.h"
#include "storage/store_dump.h"
#include "tests/support/temp_dir.h"

namespace tocsin {
namespace {

constexpr AppendResult kOk = AppendResult::kOk;

class HeadTest : public testing::Test {
 protected:
  void Open(const HeadOptions& options = {}) { head_ = Head::OpenMemoryOnly(options, clock_); }

  SeriesRef Ref(Appender& appender, const Labels& labels) {
    AppendResult result;
    const SeriesRef ref = appender.GetOrCreate(labels, &result);
    EXPECT_EQ(result, kOk);
    return ref;
  }

  // Appends and commits one sample.
  AppendResult Put(const Labels& labels, TimestampMs t, double value) {
    const auto appender = head_->OpenAppender();
    const AppendResult result = appender->Append(Ref(*appender, labels), t, value);
    EXPECT_TRUE(appender->Commit().ok());
    return result;
  }

  SampleColumns Read(const std::vector<Matcher>& matchers, TimestampMs min_t = kMinTimestamp, TimestampMs max_t = kMaxTimestamp) {
    auto querier = head_->OpenQuerier(kMinTimestamp, kMaxTimestamp);
    const auto list = (*querier)->Select(matchers, SelectHints{});
    SampleColumns samples;
    for (const auto& series : *list) {
      series->Read(min_t, max_t, &samples);
    }
    return samples;
  }

  std::vector<std::string> Names(const std::vector<Matcher>& matchers) {
    auto querier = head_->OpenQuerier(kMinTimestamp, kMaxTimestamp);
    const auto list = (*querier)->Select(matchers, SelectHints{});
    std::vector<std::string> names;
    for (const auto& series : *list) {
      names.push_back(series->labels().ToString());
    }
    return names;
  }

  static Matcher Match(MatchType type, std::string name, std::string value) {
    return *Matcher::Create(type, std::move(name), std::move(value));
  }

  ManualClock clock_{0};
  std::unique_ptr<Head> head_;
};

const Labels kM = Labels::Of({{"__name__", "m"}});
const std::vector<Matcher> kMatchM = {Matcher::Equal("__name__", "m")};

TEST_F(HeadTest, NothingIsSeenBeforeTheCommitNorAfterARollback) {
  Open();
  const auto appender = head_->OpenAppender();
  const SeriesRef ref = Ref(*appender, kM);
  EXPECT_EQ(appender->Append(ref, 1000, 1), kOk);
  EXPECT_TRUE(Read(kMatchM).empty());
  appender->Rollback();
  EXPECT_EQ(appender->Append(ref, 2000, 2), kOk);
  ASSERT_TRUE(appender->Commit().ok());
  EXPECT_EQ(Read(kMatchM).timestamps, std::vector<TimestampMs>{2000});
}

TEST_F(HeadTest, ReasonsOfRefusal) {
  Open();
  EXPECT_EQ(Put(kM, 10 * kHour, 1), kOk);
  EXPECT_EQ(Put(kM, 10 * kHour, 1), kOk) << "the same again is silently taken";
  EXPECT_EQ(Put(kM, 10 * kHour, 2), AppendResult::kDuplicate);
  EXPECT_EQ(Put(kM, 10 * kHour - 1, 1), AppendResult::kOutOfOrder);
  EXPECT_EQ(Put(Labels::Of({{"__name__", "new"}}), 9 * kHour, 1), kOk) << "half a chunk range behind the newest sample";
  EXPECT_EQ(Put(Labels::Of({{"__name__", "newer"}}), 9 * kHour - 1, 1), AppendResult::kOutOfBounds);
  const auto appender = head_->OpenAppender();
  EXPECT_EQ(appender->Append(static_cast<SeriesRef>(12345), 1, 1), AppendResult::kUnknownSeries);
  EXPECT_EQ(appender->Append(SeriesRef::kNone, 1, 1), AppendResult::kUnknownSeries);
  AppendResult result;
  EXPECT_EQ(appender->GetOrCreate(Labels(), &result), SeriesRef::kNone);
  EXPECT_EQ(result, AppendResult::kNoSeries);
  appender->GetOrCreate(Labels::Of({{"__name__", "\xff"}}), &result);
  EXPECT_EQ(result, AppendResult::kNoSeries);
  EXPECT_EQ(Read(kMatchM).size(), 1U);
}

TEST_F(HeadTest, OutOfOrderSamplesWithinTheWindow) {
  HeadOptions options;
  options.out_of_order_window_ms = kHour;
  Open(options);
  EXPECT_EQ(Put(kM, 10 * kHour, 1), kOk);
  EXPECT_EQ(Put(kM, 9 * kHour, 2), kOk) << "the first of the window";
  EXPECT_EQ(Put(kM, 9 * kHour - 1, 3), AppendResult::kTooOld);
  EXPECT_EQ(Put(kM, 9 * kHour, 4), kOk) << "there is one already: not kept";
  const SampleColumns samples = Read(kMatchM);
  EXPECT_EQ(samples.timestamps, (std::vector<TimestampMs>{9 * kHour, 10 * kHour}));
  EXPECT_EQ(samples.values, (std::vector<double>{2, 1}));
}

TEST_F(HeadTest, OutOfOrderSamplesAreMergedIntoChunks) {
  HeadOptions options;
  options.out_of_order_window_ms = kDay;
  Open(options);
  for (int i = 0; i < 400; ++i) {
    ASSERT_EQ(Put(kM, kDay + i * 10'000, i), kOk);
  }
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(Put(kM, kDay + i * 10'000 + 5000, -i), kOk);
  }
  const SampleColumns before = Read(kMatchM);
  head_->Maintain();
  const SampleColumns after = Read(kMatchM);
  EXPECT_EQ(before.size(), 500U);
  EXPECT_EQ(after.timestamps, before.timestamps);
  EXPECT_EQ(after.values, before.values);
}

TEST_F(HeadTest, MatchersOfAllKinds) {
  Open();
  for (const auto& [job, env] : std::vector<std::pair<std::string, std::string>>{{"a", "x"}, {"b", ""}, {"c", "y"}, {"ab", "x"}}) {
    ASSERT_EQ(Put(Labels::Of({{"__name__", "m"}, {"job", job}, {"env", env}}), 1, 1), kOk);
  }
  ASSERT_EQ(Put(Labels::Of({{"__name__", "other"}, {"job", "a"}}), 1, 1), kOk);
  const Matcher m = kMatchM[0];
  const auto jobs = [&](std::vector<Matcher> matchers) {
    auto querier = head_->OpenQuerier(kMinTimestamp, kMaxTimestamp);
    return *(*querier)->LabelValues("job", matchers);
  };
  using Jobs = std::vector<std::string>;
  EXPECT_EQ(jobs({m, Match(MatchType::kEqual, "job", "a")}), (Jobs{"a"}));
  EXPECT_EQ(jobs({m, Match(MatchType::kNotEqual, "job", "a")}), (Jobs{"ab", "b", "c"}));
  EXPECT_EQ(jobs({m, Match(MatchType::kRegexp, "job", "a|c|none")}), (Jobs{"a", "c"}));
  EXPECT_EQ(jobs({m, Match(MatchType::kNotRegexp, "job", "a|c")}), (Jobs{"ab", "b"}));
  EXPECT_EQ(jobs({m, Match(MatchType::kRegexp, "job", "a.*")}), (Jobs{"a", "ab"}));
  EXPECT_EQ(jobs({m, Match(MatchType::kEqual, "env", "")}), (Jobs{"b"}));
  EXPECT_EQ(jobs({m, Match(MatchType::kNotEqual, "env", "")}), (Jobs{"a", "ab", "c"}));
  EXPECT_EQ(jobs({m, Match(MatchType::kRegexp, "env", "x|")}), (Jobs{"a", "ab", "b"}));
  EXPECT_EQ(jobs({m, Match(MatchType::kNotRegexp, "env", "x|")}), (Jobs{"c"}));
  EXPECT_EQ(jobs({m, Match(MatchType::kNotRegexp, "env", "x")}), (Jobs{"b", "c"}));
  EXPECT_EQ(jobs({m, Match(MatchType::kEqual, "none", "x")}), Jobs{});
  EXPECT_EQ(jobs({Match(MatchType::kNotEqual, "none", "x")}), (Jobs{"a", "ab", "b", "c"}));
  // A value that comes later is found by the matcher that was remembered.
  ASSERT_EQ(Put(Labels::Of({{"__name__", "m"}, {"job", "ax"}}), 1, 1), kOk);
  EXPECT_EQ(jobs({m, Match(MatchType::kRegexp, "job", "a.*")}), (Jobs{"a", "ab", "ax"}));
}

TEST_F(HeadTest, SeriesComeSortedByLabels) {
  Open();
  for (const char* b : {"2", "10", "1"}) {
    ASSERT_EQ(Put(Labels::Of({{"__name__", "m"}, {"b", b}}), 1, 1), kOk);
  }
  ASSERT_EQ(Put(Labels::Of({{"__name__", "m"}, {"a", "z"}}), 1, 1), kOk);
  ASSERT_EQ(Put(kM, 1, 1), kOk);
  EXPECT_EQ(Names(kMatchM), (std::vector<std::string>{R"({__name__="m"})", R"({__name__="m", a="z"})", R"({__name__="m", b="1"})",
                                                      R"({__name__="m", b="10"})", R"({__name__="m", b="2"})"}));
}

TEST_F(HeadTest, StaleMarkerOfAHistogramIsAHistogram) {
  Open();
  FloatHistogram histogram;
  histogram.count = 1;
  histogram.sum = 2;
  histogram.positive_spans = {{0, 1}};
  histogram.positive_buckets = {1};
  const auto appender = head_->OpenAppender();
  const SeriesRef ref = Ref(*appender, kM);
  EXPECT_EQ(appender->AppendHistogram(ref, 1000, histogram, true), kOk);
  ASSERT_TRUE(appender->Commit().ok());
  EXPECT_EQ(appender->Append(ref, 2000, kStaleNaN), kOk);
  ASSERT_TRUE(appender->Commit().ok());
  const SampleColumns samples = Read(kMatchM);
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_TRUE(samples.is_histogram(1));
  EXPECT_TRUE(IsStaleNaN(samples.values[1]));
  histogram.positive_buckets = {-1};
  EXPECT_EQ(appender->AppendHistogram(ref, 3000, histogram, true), AppendResult::kInvalidHistogram);
}

TEST_F(HeadTest, SeriesAreSweptWhenTimeHasGoneOnOrStandsStill) {
  HeadOptions options;
  options.retention_ms = kMinute;
  Open(options);
  const Labels other = Labels::Of({{"__name__", "n"}});
  ASSERT_EQ(Put(kM, 0, 1), kOk);
  ASSERT_EQ(Put(other, 59 * kSecond, 1), kOk);
  head_->Maintain();
  ASSERT_EQ(Put(other, 61 * kSecond, 1), kOk);
  head_->Maintain();
  EXPECT_EQ(head_->series_count(), 2U) << "too soon";
  head_->Maintain();
  EXPECT_EQ(head_->series_count(), 1U) << "nothing has come since";
  ASSERT_EQ(Put(kM, 62 * kSecond, 1), kOk);
  ASSERT_EQ(Put(other, 125 * kSecond, 1), kOk);
  head_->Maintain();
  EXPECT_EQ(head_->series_count(), 1U) << "long enough";
}

TEST_F(HeadTest, SeriesWithoutSamplesInTheRetentionGiveTheirMemoryBack) {
  HeadOptions options;
  options.retention_ms = kHour;
  Open(options);
  const auto appender = head_->OpenAppender();
  const SeriesRef old = Ref(*appender, kM);
  ASSERT_EQ(Put(kM, kHour, 1), kOk);
  const HeadStatus one = head_->Status(10);
  ASSERT_EQ(Put(Labels::Of({{"__name__", "n"}}), 3 * kHour, 1), kOk);
  head_->Maintain();
  EXPECT_EQ(head_->series_count(), 1U);
  EXPECT_EQ(appender->Append(old, 4 * kHour, 1), AppendResult::kUnknownSeries);
  EXPECT_NE(Ref(*appender, kM), old) << "a reference is never given out again";
  const HeadStatus now = head_->Status(10);
  EXPECT_EQ(one.label_pairs, 1U);
  EXPECT_EQ(now.chunk_bytes, one.chunk_bytes);
}

TEST_F(HeadTest, SeriesThatGoesBetweenAppendAndCommitComesBack) {
  HeadOptions options;
  options.retention_ms = kHour;
  Open(options);
  ASSERT_EQ(Put(kM, 0, 1), kOk);
  const auto appender = head_->OpenAppender();
  ASSERT_EQ(appender->Append(Ref(*appender, kM), kMinute, 2), kOk);
  ASSERT_EQ(Put(Labels::Of({{"__name__", "n"}}), 3 * kHour, 1), kOk);
  head_->Maintain();
  EXPECT_EQ(head_->series_count(), 1U);
  // Its time is out of bounds by now; one that is not is taken.
  ASSERT_TRUE(appender->Commit().ok());
  ASSERT_EQ(appender->Append(Ref(*appender, kM), 3 * kHour, 3), kOk);
  ASSERT_TRUE(appender->Commit().ok());
  EXPECT_EQ(Read(kMatchM).values, std::vector<double>{3});
}

TEST_F(HeadTest, ManySeriesStayUntilTheirFirstCommitHoweverLateThatIs) {
  HeadOptions options;
  options.retention_ms = kHour;
  Open(options);
  constexpr int kSeries = 100'000;
  const auto appender = head_->OpenAppender();
  for (int i = 0; i < kSeries; ++i) {
    ASSERT_EQ(appender->Append(Ref(*appender, Labels::Of({{"__name__", "m"}, {"i", std::to_string(i)}})), kHour, i), kOk);
  }
  head_->Maintain();
  head_->Maintain();
  head_->Maintain();
  ASSERT_EQ(head_->series_count(), static_cast<size_t>(kSeries));
  ASSERT_TRUE(appender->Commit().ok());
  EXPECT_EQ(head_->series_count(), static_cast<size_t>(kSeries));
  EXPECT_EQ(Read({Matcher::Equal("i", "77777")}).values, std::vector<double>{77777});
}

TEST_F(HeadTest, ChurnDoesNotGrow) {
  HeadOptions options;
  options.retention_ms = kHour;
  Open(options);
  HeadStatus after_first;
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < 200; ++i) {
      const Labels labels = Labels::Of({{"__name__", "m"}, {"pod", std::to_string(round) + "-" + std::to_string(i)}});
      ASSERT_EQ(Put(labels, round * kHour / 2, 1), kOk);
    }
    head_->Maintain();
    if (round == 5) {
      after_first = head_->Status(1);
    }
  }
  const HeadStatus last = head_->Status(1);
  EXPECT_EQ(last.series, after_first.series);
  EXPECT_EQ(last.label_pairs, after_first.label_pairs);
  EXPECT_EQ(last.chunk_bytes, after_first.chunk_bytes);
  EXPECT_LE(last.symbol_bytes, after_first.symbol_bytes + 2000) << "values of more digits";
}

TEST_F(HeadTest, ReadersSeeWholeCommitsOnly) {
  Open();
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    const auto appender = head_->OpenAppender();
    std::vector<RefSample> batch;
    for (int i = 0; i < 50; ++i) {
      batch.push_back({Ref(*appender, Labels::Of({{"__name__", "m"}, {"i", std::to_string(i)}})), 0, 0});
    }
    std::vector<AppendResult> results(batch.size());
    for (int round = 1; round <= 2000; ++round) {
      for (RefSample& sample : batch) {
        sample.t = round * 1000;
        sample.value = round;
      }
      EXPECT_EQ(appender->AppendBatch(batch, results.data()), batch.size());
      EXPECT_TRUE(appender->Commit().ok());
    }
    stop = true;
  });
  while (!stop) {
    auto querier = head_->OpenQuerier(kMinTimestamp, kMaxTimestamp);
    // Two selectors of one query, with commits in between.
    const auto first = (*querier)->Select(std::vector<Matcher>{kMatchM[0], Match(MatchType::kRegexp, "i", "[0-4]")}, SelectHints{});
    const auto second = (*querier)->Select(kMatchM, SelectHints{});
    std::set<TimestampMs> newest;
    for (const auto* list : {&*first, &*second}) {
      for (const auto& series : *list) {
        Sample last;
        ASSERT_TRUE(series->ReadLast(kMinTimestamp, kMaxTimestamp, &last));
        newest.insert(last.t);
      }
    }
    ASSERT_LE(newest.size(), 1U) << "half a commit";
  }
  writer.join();
}

TEST_F(HeadTest, HeldSelectorTellsWhoJoinsAndLeaves) {
  HeadOptions options;
  options.retention_ms = kHour;
  options.out_of_order_window_ms = kHour;
  Open(options);
  ASSERT_EQ(Put(kM, 0, 1), kOk);
  const auto held = head_->Hold(kMatchM);
  HeldSelector::Changes changes = held->TakeChanges();
  ASSERT_EQ(changes.joined.size(), 1U);
  EXPECT_EQ(changes.joined[0].labels, kM);
  const uint64_t id = changes.joined[0].id;
  SampleCursor cursor;
  SampleColumns samples;
  ASSERT_TRUE(held->ReadSince(id, kMaxTimestamp, &cursor, &samples));
  EXPECT_EQ(samples.timestamps, std::vector<TimestampMs>{0});
  ASSERT_EQ(Put(kM, 60'000, 2), kOk);
  samples.Clear();
  ASSERT_TRUE(held->ReadSince(id, kMaxTimestamp, &cursor, &samples));
  EXPECT_EQ(samples.timestamps, std::vector<TimestampMs>{60'000});
  ASSERT_EQ(Put(kM, 30'000, 2), kOk);
  EXPECT_FALSE(held->ReadSince(id, kMaxTimestamp, &cursor, &samples)) << "the past has changed";
  const uint64_t version = held->version();
  ASSERT_EQ(Put(Labels::Of({{"__name__", "m"}, {"a", "b"}}), 4 * kHour, 1), kOk);
  ASSERT_EQ(Put(Labels::Of({{"__name__", "n"}}), 4 * kHour, 1), kOk);
  head_->Maintain();
  EXPECT_NE(held->version(), version);
  changes = held->TakeChanges();
  ASSERT_EQ(changes.joined.size(), 1U);
  EXPECT_EQ(changes.left, std::vector<uint64_t>{id});
  EXPECT_EQ(held->series_count(), 1U);
}

TEST_F(HeadTest, ExemplarsLieInABoundedRing) {
  HeadOptions options;
  options.max_exemplars = 3;
  Open(options);
  const auto appender = head_->OpenAppender();
  const SeriesRef ref = Ref(*appender, kM);
  for (TimestampMs t = 1; t <= 5; ++t) {
    EXPECT_EQ(appender->AppendExemplar(ref, Exemplar{Labels::Of({{"trace_id", std::to_string(t)}}), 1.0 * static_cast<double>(t), t, true}),
              kOk);
    ASSERT_TRUE(appender->Commit().ok());
  }
  EXPECT_EQ(appender->AppendExemplar(ref, Exemplar{Labels(), 1, 1, true}), AppendResult::kOutOfOrder);
  const std::vector<std::vector<Matcher>> selectors = {kMatchM};
  const auto found = head_->SelectExemplars(selectors, 0, 4);
  ASSERT_EQ(found.size(), 1U);
  ASSERT_EQ(found[0].exemplars.size(), 2U);
  EXPECT_EQ(found[0].exemplars[0].t, 3);
  EXPECT_EQ(found[0].exemplars[1].labels.Get("trace_id"), "4");
}

TEST_F(HeadTest, MetadataIsKeptByMetric) {
  Open();
  const auto appender = head_->OpenAppender();
  appender->SetMetadata(Ref(*appender, kM), MetricMetadata{"counter", "Help.", "bytes"});
  EXPECT_EQ(head_->Metadata("m").type, "");
  ASSERT_TRUE(appender->Commit().ok());
  EXPECT_EQ(head_->Metadata("m").type, "counter");
  EXPECT_EQ(head_->Metadata("m").unit, "bytes");
}

TEST_F(HeadTest, MemoryLimitRefusesNewSeriesAndShedsHistoryNobodyReads) {
  MemoryBudget budget(int64_t{1} << 40);
  HeadOptions options;
  options.memory_budget = &budget;
  Open(options);
  const Labels n = Labels::Of({{"__name__", "n"}});
  for (int i = 0; i < 500; ++i) {
    ASSERT_EQ(Put(kM, i * 15'000, i * 1.1), kOk);
    ASSERT_EQ(Put(n, i * 15'000, i * 1.1), kOk);
  }
  const auto held = head_->Hold(kMatchM);
  const size_t held_samples = Read(kMatchM).size();
  EXPECT_GT(head_->core().ShedHistory(1), 0U);
  EXPECT_EQ(Read(kMatchM).size(), held_samples);
  EXPECT_LT(Read({Matcher::Equal("__name__", "n")}).size(), held_samples);
  budget.SetMeasured(int64_t{1} << 40);
  const auto appender = head_->OpenAppender();
  AppendResult result;
  EXPECT_EQ(appender->GetOrCreate(Labels::Of({{"__name__", "new"}}), &result), SeriesRef::kNone);
  EXPECT_EQ(result, AppendResult::kMemoryLimit);
  EXPECT_EQ(Put(kM, 500 * 15'000, 1), kOk) << "what is known goes on";
  EXPECT_EQ(head_->Status(1).memory_pressure, "new series are refused");
  EXPECT_EQ(head_->Status(1).refused_series, 1U);
}

TEST_F(HeadTest, StatusHasTheTablesOfUpstream) {
  Open();
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(Put(Labels::Of({{"__name__", "m"}, {"i", std::to_string(i)}}), 1000, 1), kOk);
  }
  ASSERT_EQ(Put(Labels::Of({{"__name__", "nn"}, {"i", "0"}}), 2000, 1), kOk);
  const HeadStatus status = head_->Status(2);
  EXPECT_EQ(status.series, 4U);
  EXPECT_EQ(status.label_pairs, 5U);
  EXPECT_EQ(status.chunks, 4U);
  EXPECT_EQ(status.min_t, 1000);
  EXPECT_EQ(status.max_t, 2000);
  ASSERT_EQ(status.series_by_metric.size(), 2U);
  EXPECT_EQ(status.series_by_metric[0].name, "m");
  EXPECT_EQ(status.series_by_metric[0].count, 3U);
  EXPECT_EQ(status.values_by_label[0].name, "i");
  EXPECT_EQ(status.memory_by_label[0].name, "__name__");
  EXPECT_EQ(status.memory_by_label[0].count, 3 * (1U + 8 + 1 + 1) + (1 + 8 + 1 + 2)) << "each text with a byte for its length";
  EXPECT_EQ(status.series_by_pair[0].name, "__name__=m");
}

TEST_F(HeadTest, MetricsHaveUpstreamsNames) {
  prometheus::Registry registry;
  HeadOptions options;
  options.registry = &registry;
  Open(options);
  ASSERT_EQ(Put(kM, 1000, 1), kOk);
  EXPECT_EQ(Put(kM, 1000, 2), AppendResult::kDuplicate);
  ASSERT_EQ(Put(kM, kHour, kStaleNaN), kOk);
  EXPECT_EQ(Put(kM, kHour - 1, 2), AppendResult::kOutOfOrder);
  head_->Maintain();
  const std::string text = prometheus::TextSerializer().Serialize(registry.Collect());
  for (const char* line :
       {"prometheus_tsdb_head_series 1\n", "prometheus_tsdb_head_samples_appended_total{type=\"float\"} 2\n",
        "prometheus_tsdb_head_chunks 1\n", "prometheus_tsdb_head_stale_series 1\n", "prometheus_tsdb_head_native_histogram_series 0\n",
        "prometheus_tsdb_out_of_order_samples_total{type=\"float\"} 1\n",
        "prometheus_tsdb_out_of_order_samples_total{type=\"histogram\"} 0\n", "prometheus_tsdb_sample_ooo_delta_bucket{le=\"600\"} 1\n",
        "prometheus_tsdb_head_gc_duration_seconds_count 1\n", "tocsin_duplicate_samples_total 1\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << " in " << text;
  }
}

TEST_F(HeadTest, DumpsAndAnalysesAStoppedStore) {
  const test::TempDir folder;
  {
    auto opened = Head::Open(folder.path(), {}, clock_, SystemEnv(), nullptr);
    ASSERT_TRUE(opened.ok()) << opened.status();
    head_ = *std::move(opened);
    ASSERT_EQ(Put(Labels::Of({{"__name__", "m"}, {"a", "b"}}), 1000, 1.5), kOk);
    ASSERT_EQ(Put(Labels::Of({{"__name__", "m"}, {"a", "b"}}), 2000, 1e21), kOk);
    head_.reset();
  }
  auto looked = Head::OpenToLook(folder.path(), clock_, SystemEnv());
  ASSERT_TRUE(looked.ok()) << looked.status();
  const auto dump = [&](DumpFormat format) {
    std::string out;
    EXPECT_TRUE(DumpStore(**looked, format, {}, kMinTimestamp, kMaxTimestamp, [&](std::string_view line) { out += line; }).ok());
    return out;
  };
  EXPECT_EQ(dump(DumpFormat::kSamples), "{__name__=\"m\", a=\"b\"} 1.5 1000\n{__name__=\"m\", a=\"b\"} 1e+21 2000\n");
  EXPECT_EQ(dump(DumpFormat::kSeriesJson), "{\"__name__\":\"m\",\"a\":\"b\"}\n");
  EXPECT_EQ(dump(DumpFormat::kOpenMetrics), "m{a=\"b\"} 1.5 1.000\nm{a=\"b\"} 1e+21 2.000\n# EOF\n");
  const std::string analysis = AnalyzeStore(**looked, {}, 10);
  EXPECT_NE(analysis.find("Highest cardinality metric names:\n1 m\n"), std::string::npos) << analysis;
}

}  // namespace
}  // namespace tocsin
