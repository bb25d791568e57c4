#include "base/model/labels.h"

#include <gtest/gtest.h>

namespace tocsin {
namespace {

TEST(LabelsTest, SortsAndLeavesOutEmptyValues) {
  const Labels labels = Labels::FromPairs({{"b", "2"}, {"a", "1"}, {"c", ""}, {"b", "3"}});
  EXPECT_EQ(labels.ToString(), R"({a="1", b="3"})");
  EXPECT_EQ(labels.size(), 2u);
  EXPECT_EQ(labels.Get("b"), "3");
  EXPECT_EQ(labels.Get("c"), "");
  EXPECT_FALSE(labels.Has("c"));
}

TEST(LabelsTest, OrdersByTheFirstDifference) {
  const Labels a = Labels::Of({{"a", "1"}, {"b", "2"}});
  EXPECT_LT(a, Labels::Of({{"a", "2"}}));
  EXPECT_LT(Labels::Of({{"a", "1"}}), a);
  EXPECT_LT(a, Labels::Of({{"b", "1"}}));
  EXPECT_EQ(a, Labels::Of({{"b", "2"}, {"a", "1"}}));
}

TEST(LabelsTest, KeepAndDropTakeSortedNames) {
  const Labels labels = Labels::Of({{"__name__", "up"}, {"instance", "i"}, {"job", "j"}});
  const std::vector<std::string> names = {"__name__", "job"};
  EXPECT_EQ(labels.Keep(names), Labels::Of({{"__name__", "up"}, {"job", "j"}}));
  EXPECT_EQ(labels.Drop(names), Labels::Of({{"instance", "i"}}));
  EXPECT_EQ(labels.DropMetricName(), Labels::Of({{"instance", "i"}, {"job", "j"}}));
}

TEST(LabelsTest, LongValuesKeepTheirLength) {
  const std::string value(70'000, 'x');
  const Labels labels = Labels::Of({{"a", value}, {"b", "2"}});
  EXPECT_EQ(labels.Get("a"), value);
  EXPECT_EQ(labels.Get("b"), "2");
}

TEST(LabelsTest, PrintsUtf8NamesQuoted) { EXPECT_EQ(Labels::Of({{"utf8.name", "a\"b\n"}}).ToString(), R"({"utf8.name"="a\"b\n"})"); }

TEST(LabelsBuilderTest, SetsAndDeletes) {
  LabelsBuilder builder(Labels::Of({{"a", "1"}, {"b", "2"}}));
  builder.Set("c", "3");
  builder.Set("a", "");
  EXPECT_EQ(builder.Build(), Labels::Of({{"b", "2"}, {"c", "3"}}));
}

}  // namespace
}  // namespace tocsin
