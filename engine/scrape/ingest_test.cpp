#include "engine/scrape/ingest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "base/model/sample.h"
#include "base/strings.h"
#include "base/text/float_text.h"

namespace tocsin {
namespace {

/// Keeps what a transaction appended, by the text of the labels. References that `forget` names are unknown once.
class RecordingAppender : public Appender {
 public:
  struct Store {
    std::map<std::string, uint64_t> refs;
    std::vector<std::string> names{""};
    std::set<uint64_t> forgotten;
  };

  explicit RecordingAppender(Store* store) : store_(store) {}

  SeriesRef GetOrCreate(const Labels& labels, AppendResult* result) override {
    *result = AppendResult::kOk;
    uint64_t& ref = store_->refs[labels.ToString()];
    if (ref == 0 || store_->forgotten.contains(ref)) {
      ref = store_->names.size();
      store_->names.push_back(labels.ToString());
    }
    return static_cast<SeriesRef>(ref);
  }
  AppendResult Append(SeriesRef ref, TimestampMs t, double value) override {
    const auto number = static_cast<uint64_t>(ref);
    if (store_->forgotten.contains(number)) {
      return AppendResult::kUnknownSeries;
    }
    samples.insert(Cat(store_->names.at(number), " ", IsStaleNaN(value) ? "stale" : GoFloat(value, 'g'), " @", t));
    return AppendResult::kOk;
  }
  size_t AppendBatch(std::span<const RefSample> batch, AppendResult* results) override {
    size_t good = 0;
    for (size_t i = 0; i < batch.size(); ++i) {
      results[i] = Append(batch[i].ref, batch[i].t, batch[i].value);
      good += results[i] == AppendResult::kOk ? 1 : 0;
    }
    return good;
  }
  AppendResult AppendHistogram(SeriesRef ref, TimestampMs t, const FloatHistogram& histogram, bool /*integers*/) override {
    return Append(ref, t, histogram.count);
  }
  void SetStartTimestamp(SeriesRef /*ref*/, TimestampMs /*start_t*/) override {}
  AppendResult AppendExemplar(SeriesRef ref, const Exemplar& exemplar) override {
    exemplars.push_back(Cat(store_->names.at(static_cast<uint64_t>(ref)), " ", exemplar.labels.ToString(), " ", exemplar.value));
    return AppendResult::kOk;
  }
  void SetMetadata(SeriesRef ref, const MetricMetadata& m) override {
    metadata.push_back(Cat(store_->names.at(static_cast<uint64_t>(ref)), " ", m.type, " ", m.help));
  }
  absl::Status Commit() override { return absl::OkStatus(); }
  void Rollback() override {}

  std::set<std::string> samples;
  std::vector<std::string> exemplars;
  std::vector<std::string> metadata;

 private:
  Store* const store_;
};

ScrapeConfig PlainConfig() {
  ScrapeConfig config;
  config.job_name = "j";
  config.name_validation_scheme = NameScheme::kUtf8;
  return config;
}

Target PlainTarget() {
  Target target;
  target.public_labels = Labels::Of({{"job", "j"}, {"instance", "i"}});
  target.url = "http://i/metrics";
  return target;
}

struct Scraped {
  absl::Status status;
  std::set<std::string> samples;
  std::vector<std::string> exemplars;
  IngestCounts counts;
};

constexpr std::string_view kText = "text/plain";
constexpr std::string_view kOpenMetrics = "application/openmetrics-text";

/// One scrape with whatever the memory holds.
Scraped Scrape(const ScrapeConfig& config, std::string body, std::string_view type, TimestampMs t, ScrapeMemory* memory,
               RecordingAppender::Store* store) {
  const Target target = PlainTarget();
  Ingest ingest(target, config, {}, memory);
  Scraped scraped;
  for (int attempt = 0; attempt < 3; ++attempt) {
    RecordingAppender appender(store);
    scraped.status = ingest.Run(&body, type, t, t, &appender);
    scraped.counts = ingest.counts();
    scraped.samples = appender.samples;
    scraped.exemplars = appender.exemplars;
    if (!absl::IsAborted(scraped.status)) {
      break;
    }
  }
  if (!scraped.status.ok()) {
    RecordingAppender appender(store);
    EndAllSeries(&memory->lines, t, &appender);
    scraped.samples = appender.samples;
  }
  return scraped;
}

/// Samples that are no stale markers.
std::set<std::string> Values(const std::set<std::string>& samples) {
  std::set<std::string> values;
  for (const std::string& sample : samples) {
    if (sample.find(" stale @") == std::string::npos) {
      values.insert(sample);
    }
  }
  return values;
}

std::set<std::string> StaleNames(const std::set<std::string>& samples) {
  std::set<std::string> names;
  for (const std::string& sample : samples) {
    if (const size_t at = sample.find(" stale @"); at != std::string::npos) {
      names.insert(sample.substr(0, at));
    }
  }
  return names;
}

/// Pages that change from one scrape to the next as real ones do, and worse.
class PageMaker {
 public:
  PageMaker(uint32_t seed, bool open_metrics) : random_(seed), open_metrics_(open_metrics) {
    const size_t lines = 1 + random_() % 60;
    for (size_t i = 0; i < lines; ++i) {
      lines_.push_back(NewLine());
    }
  }

  void Mutate() {
    for (size_t changes = random_() % 6; changes > 0; --changes) {
      const size_t at = lines_.empty() ? 0 : random_() % lines_.size();
      switch (random_() % 7) {
        case 0:
          lines_.insert(lines_.begin() + static_cast<ptrdiff_t>(at), NewLine());
          break;
        case 1:
          if (!lines_.empty()) lines_.erase(lines_.begin() + static_cast<ptrdiff_t>(at));
          break;
        case 2:
          if (!lines_.empty()) std::swap(lines_[at], lines_[random_() % lines_.size()]);
          break;
        case 3:
          if (!lines_.empty()) lines_.push_back(lines_[at]);
          break;  // twice
        case 4:
          std::shuffle(lines_.begin(), lines_.end(), random_);
          break;
        case 5:
          if (!lines_.empty()) lines_[at].reversed = !lines_[at].reversed;
          break;
        default:
          if (!lines_.empty()) lines_[at].timed = !lines_[at].timed;
      }
    }
  }

  std::string Page() {
    std::string page;
    for (Line& line : lines_) {
      if (line.metadata) {
        Append(&page, "# TYPE m", line.name, open_metrics_ || line.name % 2 == 0 ? " gauge" : " histogram", "\n");
        continue;
      }
      Append(&page, "m", line.name, line.reversed ? Cat("{b=\"2\",a=\"", line.label, "\"}") : Cat("{a=\"", line.label, "\",b=\"2\"}"), " ",
             Value());
      if (line.timed) {
        page += open_metrics_ ? " 1.5" : " 1500";
      }
      if (open_metrics_ && line.label == 3) {
        page += " # {id=\"x\"} 1 2";
      }
      page += '\n';
      if (!open_metrics_ && random_() % 40 == 0) {
        page += "\n# a comment\n";
      }
    }
    return page + (open_metrics_ ? "# EOF\n" : "");
  }

 private:
  struct Line {
    bool metadata = false;
    bool reversed = false;
    bool timed = false;
    uint32_t name = 0;
    uint32_t label = 0;
  };

  Line NewLine() {
    Line line;
    line.metadata = random_() % 6 == 0;
    line.timed = random_() % 10 == 0;
    line.name = random_() % 8;
    line.label = random_() % 12;
    return line;
  }

  std::string Value() {
    switch (random_() % 8) {
      case 0:
        return "NaN";
      case 1:
        return "-Inf";
      case 2:
        return Cat(random_() % 1000, ".", random_() % 1000);
      case 3:
        return Cat("1.", random_(), random_() % 100000, "e-0", random_() % 9);
      default:
        return Cat(random_() % 4);
    }
  }

  std::mt19937 random_;
  const bool open_metrics_;
  std::vector<Line> lines_;
};

/// The repeat path must give what a parser without memory gives, and end exactly the series that are gone.
void CompareWithoutMemory(uint32_t seed, bool open_metrics) {
  PageMaker maker(seed, open_metrics);
  ScrapeConfig config = PlainConfig();
  config.honor_timestamps = seed % 5 != 0;
  config.track_timestamps_staleness = seed % 3 == 0;
  config.honor_labels = seed % 2 == 0;
  ScrapeMemory memory;
  RecordingAppender::Store store;
  std::mt19937 random(seed);
  std::set<std::string> tracked_before;
  for (int scrape = 1; scrape <= 25; ++scrape) {
    const TimestampMs t = 1'000'000 + scrape * 1000;
    const std::string page = maker.Page();
    if (random() % 10 == 0 && !store.refs.empty()) {
      // The store drops a series, as it does when nothing was appended to it for long.
      store.forgotten.insert(std::next(store.refs.begin(), static_cast<ptrdiff_t>(random() % store.refs.size()))->second);
    }
    const Scraped with = Scrape(config, page, open_metrics ? kOpenMetrics : kText, t, &memory, &store);
    ScrapeMemory no_memory;
    RecordingAppender::Store other_store;
    const Scraped without = Scrape(config, page, open_metrics ? kOpenMetrics : kText, t, &no_memory, &other_store);
    ASSERT_EQ(with.status, without.status) << page;
    ASSERT_EQ(Values(with.samples), Values(without.samples)) << "seed " << seed << " scrape " << scrape << "\n" << page;
    ASSERT_EQ(with.exemplars, without.exemplars);
    ASSERT_EQ(with.counts.scraped, without.counts.scraped);
    ASSERT_EQ(with.counts.kept, without.counts.kept);
    ASSERT_EQ(with.counts.duplicates, without.counts.duplicates) << "seed " << seed << " scrape " << scrape << "\n" << page;

    std::set<std::string> tracked;
    for (const LineTable::Line& line : no_memory.lines.lines()) {
      if (line.kind == LineTable::Kind::kSeries && line.tracked) {
        tracked.insert(other_store.names.at(line.ref));
      }
    }
    std::set<std::string> gone;
    std::set_difference(tracked_before.begin(), tracked_before.end(), tracked.begin(), tracked.end(), std::inserter(gone, gone.end()));
    for (const uint64_t ref : store.forgotten) {
      gone.erase(store.names.at(ref));
    }
    std::set<std::string> ended = StaleNames(with.samples);
    ASSERT_EQ(ended, gone) << "seed " << seed << " scrape " << scrape << "\n" << page;
    tracked_before = tracked;
    store.forgotten.clear();
    maker.Mutate();
  }
}

TEST(RepeatPath, EqualsAParserWithoutMemory) {
  for (uint32_t seed = 1; seed <= 30; ++seed) {
    CompareWithoutMemory(seed, false);
    CompareWithoutMemory(seed, true);
    if (testing::Test::HasFatalFailure()) {
      return;
    }
  }
}

TEST(LargeScrapes, KeepMemoryFreeForTheNextOne) {
  MemoryBudget budget(int64_t{1} << 40);
  IngestOptions options;
  options.memory_budget = &budget;
  const Target target = PlainTarget();
  const ScrapeConfig config = PlainConfig();
  RecordingAppender::Store store;
  const auto reserved = [&](int lines, ScrapeMemory* memory) {
    std::string page;
    for (int i = 0; i < lines; ++i) {
      Append(&page, "a{x=\"", i, "\"} 1\n");
    }
    RecordingAppender appender(&store);
    Ingest ingest(target, config, options, memory);
    EXPECT_TRUE(ingest.Run(&page, kText, 1000, 1000, &appender).ok());
    budget.SetMeasured(0);
    return budget.estimate_bytes();
  };
  {
    ScrapeMemory memory;
    EXPECT_EQ(reserved(1000, &memory), 0);
    EXPECT_GT(reserved(20'000, &memory), 20'000 * 50);
    EXPECT_EQ(reserved(1000, &memory), 0);
    EXPECT_GT(reserved(20'000, &memory), 0);
  }
  EXPECT_EQ(budget.estimate_bytes(), 0) << "the target has gone";
}

TEST(RepeatPath, UnchangedLinesAreNotParsed) {
  ScrapeMemory memory;
  RecordingAppender::Store store;
  const std::string page = "# HELP a Text\n# TYPE a counter\na{x=\"1\"} 1\na{x=\"2\"} 2 1500\n# TYPE b gauge\nb 3\n";
  EXPECT_EQ(Scrape(PlainConfig(), page, kText, 1000, &memory, &store).counts.matched, 0U);
  const Scraped again = Scrape(PlainConfig(), page, kText, 2000, &memory, &store);
  EXPECT_EQ(again.counts.matched, 6U);
  EXPECT_EQ(again.counts.parsed, 0U);
  EXPECT_EQ(again.counts.scraped, 3U);
}

TEST(Ingest, TypesOfSkippedLinesCountForNewOnes) {
  ScrapeMemory memory;
  RecordingAppender::Store store;
  Scrape(PlainConfig(), "# TYPE h histogram\nh_bucket{le=\"1\"} 1\n", kText, 1000, &memory, &store);
  const Scraped more =
      Scrape(PlainConfig(), "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"2\"} 2\n", kText, 2000, &memory, &store);
  EXPECT_TRUE(more.samples.contains("{__name__=\"h_bucket\", instance=\"i\", job=\"j\", le=\"2.0\"} 2 @2000"))
      << testing::PrintToString(more.samples);
}

TEST(Ingest, ConflictingLabelsAreExported) {
  ScrapeMemory memory;
  RecordingAppender::Store store;
  const std::string page = "a{job=\"mine\",exported_job=\"taken\"} 1\n";
  EXPECT_EQ(
      Scrape(PlainConfig(), page, kText, 1000, &memory, &store).samples,
      std::set<std::string>{"{__name__=\"a\", exported_exported_job=\"mine\", exported_job=\"taken\", instance=\"i\", job=\"j\"} 1 @1000"});
  ScrapeConfig honor = PlainConfig();
  honor.honor_labels = true;
  ScrapeMemory fresh;
  EXPECT_EQ(Scrape(honor, page, kText, 1000, &fresh, &store).samples,
            std::set<std::string>{"{__name__=\"a\", exported_job=\"taken\", instance=\"i\", job=\"mine\"} 1 @1000"});
  EXPECT_EQ(Scrape(honor, "a{instance=\"\"} 1\n", kText, 2000, &fresh, &store).samples.count("{__name__=\"a\", job=\"j\"} 1 @2000"), 1U);
}

TEST(Ingest, RefusesBadSeries) {
  const std::map<std::string, std::string> reasons = {
      {"a{x=\"1\",x=\"2\"} 1\n", "label name \"x\" is not unique: invalid sample"},
      {"a 1\na 1 1x\n", "expected next entry after timestamp, got \"x\" (\"INVALID\") while parsing: \"a 1 1x\""},
  };
  for (const auto& [page, reason] : reasons) {
    ScrapeMemory memory;
    RecordingAppender::Store store;
    EXPECT_EQ(tocsin::Message(Scrape(PlainConfig(), page, kText, 1000, &memory, &store).status), reason);
  }
  ScrapeConfig legacy = PlainConfig();
  legacy.name_validation_scheme = NameScheme::kLegacy;
  ScrapeMemory memory;
  RecordingAppender::Store store;
  EXPECT_EQ(tocsin::Message(Scrape(legacy, "{\"a.b\"} 1\n", kText, 1000, &memory, &store).status),
            "invalid metric name or label names: {__name__=\"a.b\", instance=\"i\", job=\"j\"}");
}

TEST(Ingest, SamplesFarAheadAreOutOfBounds) {
  ScrapeMemory memory;
  RecordingAppender::Store store;
  const TimestampMs now = 1'000'000;
  const Scraped scraped =
      Scrape(PlainConfig(), Cat("a 1 ", now + kScrapeAheadMaxMs, "\nb 1 ", now + kScrapeAheadMaxMs + 1, "\n"), kText, now, &memory, &store);
  EXPECT_EQ(scraped.counts.out_of_bounds, 1U);
  EXPECT_EQ(scraped.samples.size(), 1U);
}

}  // namespace
}  // namespace tocsin
