#include <gtest/gtest.h>

#include <atomic>

#include "promql/exec/annotation.h"
#include "promql/exec/columns.h"
#include "promql/exec/duplicates.h"
#include "promql/exec/worker_pool.h"

namespace tocsin::promql {
namespace {

TEST(ColumnsTest, KnowsWhichStepsArePresent) {
  Columns columns;
  columns.Reset(2, 70);
  columns.Set(0, 0, 1.5);
  columns.Set(0, 69, 2.5);
  EXPECT_TRUE(columns.has(0, 69));
  EXPECT_FALSE(columns.has(0, 68));
  EXPECT_FALSE(columns.any(1));
  EXPECT_EQ(columns.count(0), 2u);
  EXPECT_FALSE(columns.full(0));
  columns.SetAll(0);
  EXPECT_TRUE(columns.full(0));
  EXPECT_EQ(columns.count(0), 70u);
  std::vector<size_t> steps;
  columns.Clear(0, 3);
  columns.ForEach(0, [&](size_t step) { steps.push_back(step); });
  EXPECT_EQ(steps.size(), 69u);
  EXPECT_EQ(steps[3], 4u);
}

TEST(ColumnsTest, CompactKeepsHistogramsWithTheirRows) {
  Columns columns;
  columns.Reset(3, 2);
  columns.Set(0, 0, 1);
  auto histogram = std::make_shared<FloatHistogram>();
  columns.SetHistogram(2, 1, histogram);
  EXPECT_FALSE(columns.full(0));
  columns.Compact({false, true, true});
  EXPECT_EQ(columns.rows(), 2u);
  EXPECT_FALSE(columns.any(0));
  EXPECT_EQ(columns.histogram(1, 1), histogram.get());
  EXPECT_GT(columns.SampleCount(0, 2), 1);
}

TEST(DuplicatesTest, RowsOfEqualLabelsBecomeOneUnlessTheyMeet) {
  const Labels labels = Labels::Of({{"a", "1"}});
  std::vector<SeriesHead> heads = {{labels, false}, {labels, false}, {Labels::Of({{"a", "2"}}), false}};
  Columns columns;
  columns.Reset(3, 2);
  columns.Set(0, 0, 1);
  columns.Set(1, 1, 2);
  ASSERT_TRUE(MergeEqualSeriesAlways(&heads, &columns).ok());
  ASSERT_EQ(heads.size(), 1u);  // the third has no sample
  EXPECT_EQ(columns.row(0)[1], 2);
  heads = {{labels, false}, {labels, false}};
  columns.Reset(2, 2);
  columns.Set(0, 1, 1);
  columns.Set(1, 1, 2);
  EXPECT_EQ(MergeEqualSeriesAlways(&heads, &columns), DuplicateLabelsetError());
}

TEST(WorkerPoolTest, RunsEachTaskOnce) {
  for (const size_t workers : {1, 2, 5}) {
    WorkerPool pool(workers);
    for (const size_t count : {0, 1, 7, 1000}) {
      std::vector<std::atomic<int>> runs(count);
      pool.Run(count, [&](size_t i) { ++runs[i]; });
      for (const std::atomic<int>& run : runs) {
        EXPECT_EQ(run.load(), 1);
      }
    }
  }
}

TEST(AnnotationCollectorTest, EqualTextsCountOnceAndTheLaterEvaluatedGivesThePlace) {
  AnnotationCollector collector;
  collector.Add(5, MixedFloatsHistogramsInAggregation({4, 9}));
  collector.Add(3, MixedFloatsHistogramsInAggregation({20, 25}));
  collector.Add(1, ForcedMonotonicity("m", 60'000, 0.5, 1, 3, {2, 3}));
  collector.Add(1, ForcedMonotonicity("m", 0, 0.25, 0.75, 4.125, {2, 3}));
  const Annotations annotations = collector.Render("0123456789012345678901234567890");
  ASSERT_EQ(annotations.warnings.size(), 1u);
  EXPECT_EQ(annotations.warnings[0], "PromQL warning: encountered a mix of histograms and floats for aggregation (1:5)");
  ASSERT_EQ(annotations.infos.size(), 1u);
  EXPECT_NE(annotations.infos[0].find("from buckets 0.25 to 1, with a max diff of 4.1, over 2 samples from 1970-01-01T00:00:00Z to "
                                      "1970-01-01T00:01:00Z (1:3)"),
            std::string::npos)
      << annotations.infos[0];
}

}  // namespace
}  // namespace tocsin::promql
