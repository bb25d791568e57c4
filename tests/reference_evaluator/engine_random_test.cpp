#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <iterator>
#include <map>
#include <optional>
#include <string>

#include "base/strings.h"
#include "base/text/float_text.h"
#include "promql/engine.h"
#include "promql/parser.h"
#include "tests/reference_evaluator/evaluator.h"
#include "tests/reference_evaluator/generated_series.h"
#include "tests/reference_evaluator/query_generator.h"

namespace tocsin::reference {
namespace {

// Values by labels and time, or the fact that the query failed.
struct Outcome {
  bool failed = false;
  std::string error;
  std::map<std::string, std::map<TimestampMs, double>> points;
};

struct Window {
  TimestampMs start;
  TimestampMs end;
  DurationMs step;  // 0: instant
};

const Window kWindows[] = {
    {kDataStart + 30 * kMinute, kDataStart + 30 * kMinute, 0},
    {kDataStart + 47 * kMinute + 13 * kSecond, kDataStart + 47 * kMinute + 13 * kSecond, 0},
    {kDataStart + 20 * kMinute, kDataStart + 40 * kMinute, 97 * kSecond},
    {kDataStart - 2 * kMinute, kDataStart + 8 * kMinute, 30 * kSecond},
    {kDataStart + 55 * kMinute, kDataStart + 68 * kMinute, kMinute},
};

Outcome RunReference(const MemorySeriesStore& store, const promql::Expr& expr, const Window& window) {
  Outcome outcome;
  const Evaluator evaluator(store, Query{.start = window.start, .end = window.end});
  for (TimestampMs t = window.start; t <= window.end; t += std::max<DurationMs>(window.step, 1)) {
    const auto result = evaluator.Evaluate(expr, t);
    if (!result.ok()) {
      return {true, std::string(Message(result.status())), {}};
    }
    if (result->type == promql::ValueType::kScalar) {
      outcome.points["{}"][t] = result->scalar;
    }
    for (const Element& element : result->vector) {
      outcome.points[element.labels.ToString()][t] = element.value;
    }
  }
  return outcome;
}

Outcome RunEngine(promql::Engine& engine, MemorySeriesStore& store, const std::string& text, const Window& window) {
  promql::QueryRequest request;
  request.expression = text;
  request.start = window.start;
  request.end = window.end;
  request.step_ms = window.step;
  const auto result = engine.Query(store, request);
  if (!result.ok()) {
    return {true, std::string(Message(result.status())), {}};
  }
  Outcome outcome;
  if (const auto* scalar = std::get_if<promql::Scalar>(&result->value)) {
    outcome.points["{}"][window.start] = scalar->value;
  } else if (const auto* vector = std::get_if<promql::Vector>(&result->value)) {
    for (const promql::VectorSample& sample : *vector) {
      outcome.points[sample.labels.ToString()][window.start] = sample.point.value;
    }
  } else if (const auto* matrix = std::get_if<promql::Matrix>(&result->value)) {
    for (const promql::MatrixSeries& series : *matrix) {
      for (const promql::Point& point : series.points) {
        outcome.points[series.labels.ToString()][point.t] = point.value;
      }
    }
  }
  return outcome;
}

bool Close(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) {
    return std::isnan(a) && std::isnan(b);
  }
  return a == b || std::fabs(a - b) <= 1e-9 * (1 + std::fabs(a) + std::fabs(b));
}

// What differs; nothing when the outcomes agree.
std::optional<std::string> Difference(const Outcome& want, const Outcome& got) {
  if (want.failed != got.failed) {
    return Cat("reference: ", want.failed ? want.error : "no error", "; engine: ", got.failed ? got.error : "no error");
  }
  std::string text;
  const auto print = [](const Outcome& outcome, const std::string& labels, TimestampMs t) -> std::string {
    const auto series = outcome.points.find(labels);
    if (series == outcome.points.end() || !series->second.contains(t)) {
      return "nothing";
    }
    return GoFloat(series->second.at(t), 'g');
  };
  for (const auto* side : {&want, &got}) {
    for (const auto& [labels, points] : side->points) {
      for (const auto& [t, value] : points) {
        const auto other = (side == &want ? got : want).points.find(labels);
        const auto& others = side == &want ? got : want;
        if (other == others.points.end() || !other->second.contains(t) || !Close(value, other->second.at(t))) {
          return Cat(labels, " at ", t, ": reference ", print(want, labels, t), ", engine ", print(got, labels, t));
        }
      }
    }
  }
  return std::nullopt;
}

class Comparison {
 public:
  explicit Comparison(uint64_t seed) : store_(GenerateSeries(seed)), engine_(promql::NewEngine(Options(), clock_)) {}

  // From now on the engine's values are wrong by one for queries that have `word` in them.
  void BreakAnswersOf(std::string word) { broken_word_ = std::move(word); }

  // Of the windows asked so far, those with a result that has values.
  int with_values() const { return with_values_; }

  std::optional<std::string> Differs(const std::string& text) {
    const auto expr = promql::ParseExpr(text, promql::LanguageFeatures{});
    if (!expr.ok()) {
      return Cat("does not parse: ", Message(expr.status()));
    }
    for (const Window& window : kWindows) {
      const Outcome want = RunReference(store_, **expr, window);
      with_values_ += want.points.empty() ? 0 : 1;
      const auto difference = Difference(want, AskEngine(text, window));
      if (difference) {
        return Cat("[", window.start, ", ", window.end, "] step ", window.step, ": ", *difference);
      }
    }
    return std::nullopt;
  }

  // The smallest part of the query that differs on its own.
  std::string Shrink(const std::string& text) {
    const auto expr = promql::ParseExpr(text, promql::LanguageFeatures{});
    std::string smallest = text;
    if (expr.ok()) {
      TryChildren(**expr, &smallest);
    }
    return smallest;
  }

 private:
  Outcome AskEngine(const std::string& text, const Window& window) {
    Outcome outcome = RunEngine(*engine_, store_, text, window);
    if (!broken_word_.empty() && text.find(broken_word_) != std::string::npos) {
      for (auto& [labels, points] : outcome.points) {
        for (auto& [t, value] : points) {
          value += 1;
        }
      }
    }
    return outcome;
  }

  static promql::EngineOptions Options() {
    promql::EngineOptions options;
    options.worker_threads = 2;
    return options;
  }

  void TryChildren(const promql::Expr& expr, std::string* smallest) {
    ForEachChild(expr, [&](const promql::Expr& child) {
      const promql::ValueType type = TypeOf(child);
      const std::string text = ToString(child);
      const bool evaluates = type == promql::ValueType::kVector || type == promql::ValueType::kScalar;
      if (evaluates && text.size() < smallest->size() && Differs(text)) {
        *smallest = text;
      }
      TryChildren(child, smallest);
    });
  }

  ManualClock clock_;
  MemorySeriesStore store_;
  int with_values_ = 0;
  std::string broken_word_;
  std::unique_ptr<promql::Engine> engine_;
};

// TOCSIN_RANDOM_SEED starts elsewhere, TOCSIN_RANDOM_QUERIES asks for more.
uint64_t NumberFromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(EngineRandom, AgreesWithTheReferenceEvaluator) {
  const uint64_t first_seed = NumberFromEnvironment("TOCSIN_RANDOM_SEED", 1);
  const uint64_t queries = NumberFromEnvironment("TOCSIN_RANDOM_QUERIES", 300);
  constexpr int kReportsMax = 10;
  Comparison comparison(first_seed);
  int reports = 0;
  for (uint64_t seed = first_seed; seed < first_seed + queries && reports < kReportsMax; ++seed) {
    const std::string text = QueryGenerator(seed).Next();
    if (const auto difference = comparison.Differs(text)) {
      const std::string shrunk = comparison.Shrink(text);
      ADD_FAILURE() << "seed " << seed << ": " << text << "\n  " << *difference << "\nshrunk: " << shrunk << "\n  "
                    << comparison.Differs(shrunk).value_or("agrees");
      ++reports;
    }
  }
  constexpr uint64_t kWindowsPerQuery = std::size(kWindows);
  EXPECT_GT(static_cast<uint64_t>(comparison.with_values()), queries * kWindowsPerQuery / 2) << "most queries should have results";
}

TEST(EngineRandom, FindsAndShrinksWrongAnswers) {
  Comparison comparison(1);
  const std::string text = "sum by (job) (abs(temperature) + on (job, instance) max_over_time(queue_length[10m])) or vector(1)";
  EXPECT_EQ(comparison.Differs(text), std::nullopt);
  comparison.BreakAnswersOf("max_over_time");
  EXPECT_NE(comparison.Differs(text), std::nullopt);
  EXPECT_EQ(comparison.Shrink(text), "max_over_time(queue_length[10m])");
}

}  // namespace
}  // namespace tocsin::reference
