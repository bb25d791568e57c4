#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <iterator>
#include <map>

#include "base/strings.h"
#include "tests/differential/answer.h"
#include "tests/differential/chosen_queries.h"
#include "tests/differential/known_differences.h"
#include "tests/differential/own_side.h"
#include "tests/differential/peer_prometheus.h"
#include "tests/differential/written_data.h"
#include "tests/reference_evaluator/generated_series.h"
#include "tests/reference_evaluator/query_generator.h"

namespace tocsin::differential {
namespace {

using reference::kDataStart;

constexpr uint64_t kSeed = 7;
constexpr int kRandomQueries = 1200;
constexpr int kReportsMax = 20;

struct QueryWindow {
  TimestampMs start;
  TimestampMs end;
  DurationMs step_ms;  // 0: instant
};

constexpr QueryWindow kQueryWindows[] = {
    {kDataStart + 30 * kMinute, kDataStart + 30 * kMinute, 0},
    {kDataStart + 20 * kMinute, kDataStart + 40 * kMinute, 97 * kSecond},
    {kDataStart + 47 * kMinute + 13 * kSecond, kDataStart + 47 * kMinute + 13 * kSecond, 0},
    {kDataStart + 50 * kMinute, kDataStart + 68 * kMinute, kMinute},
};

std::vector<std::string> AllQueries() {
  std::vector<std::string> queries = ChosenQueries();
  for (int i = 0; i < kRandomQueries; ++i) {
    queries.push_back(reference::QueryGenerator(kSeed + static_cast<uint64_t>(i)).Next());
  }
  return queries;
}

TEST(Differential, AnswersAsTheNewestPrometheus) {
  const std::optional<std::string> program = PeerPrometheus::Program();
  if (!program) {
    GTEST_SKIP() << "TOCSIN_NEWEST_PEERS is not set: not run beside a Prometheus";
  }
  const auto peer = PeerPrometheus::Start(*program);
  ASSERT_TRUE(peer.ok()) << peer.status();
  const std::string version = (*peer)->version();
  OwnSide own(kDataStart + 2 * kHour);
  for (const std::string& body : WriteBodies(kSeed)) {
    const absl::Status peer_status = (*peer)->Write(body);
    ASSERT_TRUE(peer_status.ok()) << peer_status;
    const absl::Status own_status = own.Write(body);
    ASSERT_TRUE(own_status.ok()) << own_status;
  }
  int compared = 0;
  int reports = 0;
  std::map<std::string_view, int> explained;
  for (const std::string& text : AllQueries()) {
    for (size_t i = 0; i < 2; ++i) {
      const QueryWindow& window = kQueryWindows[(static_cast<size_t>(compared) / 2 % 2) * 2 + i];
      promql::QueryRequest request;
      request.expression = text;
      request.start = window.start;
      request.end = window.end;
      request.step_ms = window.step_ms;
      const auto peer_json = (*peer)->Query(request);
      ASSERT_TRUE(peer_json.ok()) << peer_json.status();
      ++compared;
      const auto difference = Difference(ReadAnswer(*peer_json), ReadAnswer(own.Query(request)));
      if (!difference) {
        continue;
      }
      if (const auto reason = ReasonToDiffer(version, text, window.step_ms != 0, *difference)) {
        ++explained[*reason];
      } else if (!IsKnownVersion(version)) {
        ++explained["this version's changes are not listed here"];
      } else if (++reports <= kReportsMax) {
        ADD_FAILURE() << (window.step_ms == 0 ? "instant" : "range") << " query at " << window.start << ": " << text << "\n  "
                      << *difference;
      }
    }
  }
  std::cout << "compared " << compared << " queries with Prometheus " << version << ", " << reports << " differ without a known reason\n";
  for (const auto& [reason, count] : explained) {
    std::cout << "  " << count << " differ: " << reason << "\n";
  }
  EXPECT_EQ(reports, 0);
}

}  // namespace
}  // namespace tocsin::differential
