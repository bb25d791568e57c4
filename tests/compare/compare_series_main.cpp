// Compares what two servers hold of the same pages: for each selector the series of both, value by value in the order of the scrapes.
//
//   compare_series [--exactly-until SECONDS] URL_A URL_B RANGE SELECTOR...
//
// --exactly-until: both have the samples from the same scrapes, so that up to that time (since the epoch) each sample of one must be one of
// the other, at the same millisecond; values may differ by kTolerance, since VictoriaMetrics keeps decimal numbers, and NaN is passed over,
// since it shows the markers of stale series (after a scrape that timed out) as samples. Prints each difference and "N series, N values
// compared, N differences"; exit code 1 when there are differences.

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/http_client/http_client.h"
#include "base/model/labels.h"
#include "base/strings.h"
#include "base/text/float_text.h"
#include "tests/doubles/url_encode.h"

namespace tocsin::test {
namespace {

constexpr int kMaxPrinted = 30;
// A server may have been asked between two scrapes: it can have this many samples more than the other.
constexpr size_t kMaxLead = 2;

// Relative.
constexpr double kTolerance = 1e-14;

struct Point {
  int64_t t = 0;  // milliseconds
  std::string value;
};
using SeriesValues = std::map<Labels, std::vector<Point>>;

SeriesValues Fetch(const std::string& url, const std::string& selector, const std::string& range, const std::string& time) {
  const SystemClock clock;
  HttpClient client(HttpClientOptions{}, clock);
  tocsin::HttpRequest request;
  request.url = Cat(url, "/api/v1/query?query=", UrlEncode(Cat(selector, "[", range, "]")), time.empty() ? "" : "&time=", time);
  const auto answer = client.Do(request);
  SeriesValues found;
  if (!answer.ok() || answer->status != 200) {
    std::printf("%s does not answer\n", request.url.c_str());
    return found;
  }
  simdjson::dom::parser parser;
  const simdjson::dom::element document = parser.parse(answer->body);
  for (const simdjson::dom::element series : document["data"]["result"].get_array()) {
    LabelsBuilder labels;
    for (const auto [name, value] : simdjson::dom::object(series["metric"])) {
      labels.Set(name, value.get_string().value());
    }
    std::vector<Point>& values = found[labels.Build()];
    for (const simdjson::dom::element point : series["values"].get_array()) {
      const std::string_view value = point.at(1).get_string().value();
      if (time.empty() || value != "NaN") {
        values.push_back({std::llround(point.at(0).get_double().value() * 1000), std::string(value)});
      }
    }
  }
  return found;
}

bool SameValue(const std::string& a, const std::string& b, bool exactly) {
  if (a == b) {
    return true;
  }
  const double x = ParseGoFloat(a).value;
  const double y = ParseGoFloat(b).value;
  return exactly && std::abs(x - y) <= kTolerance * std::abs(x);
}

class Comparison {
 public:
  explicit Comparison(bool exactly) : exactly_(exactly) {}

  void Compare(const SeriesValues& a, const SeriesValues& b) {
    for (const auto& [labels, values] : a) {
      const auto other = b.find(labels);
      if (other == b.end()) {
        Differ(Cat("only in the first: ", labels.ToString()));
        continue;
      }
      CompareValues(labels, values, other->second);
    }
    for (const auto& [labels, values] : b) {
      if (!a.contains(labels)) {
        Differ(Cat("only in the second: ", labels.ToString()));
      }
    }
  }

  int Finish() const {
    std::printf("%d series, %d values compared, %d differences\n", series_, values_, differences_);
    return differences_ == 0 && values_ > 0 ? 0 : 1;
  }

 private:
  void CompareValues(const Labels& labels, const std::vector<Point>& a, const std::vector<Point>& b) {
    ++series_;
    const size_t common = std::min(a.size(), b.size());
    if (std::max(a.size(), b.size()) > common + (exactly_ ? 0 : kMaxLead)) {
      Differ(Cat(labels.ToString(), ": ", a.size(), " samples against ", b.size()));
    }
    for (size_t i = 0; i < common; ++i) {
      ++values_;
      if (!SameValue(a[i].value, b[i].value, exactly_) || (exactly_ && a[i].t != b[i].t)) {
        Differ(Cat(labels.ToString(), " sample ", i, ": ", a[i].value, " @", a[i].t, " against ", b[i].value, " @", b[i].t));
        return;
      }
    }
  }

  void Differ(const std::string& text) {
    if (++differences_ <= kMaxPrinted) {
      std::printf("%s\n", text.c_str());
    }
  }

  const bool exactly_;
  int series_ = 0;
  int values_ = 0;
  int differences_ = 0;
};

}  // namespace
}  // namespace tocsin::test

int main(int argc, char** argv) {
  using namespace tocsin::test;
  std::vector<std::string> arguments(argv + 1, argv + argc);
  std::string until;
  if (arguments.size() > 1 && arguments[0] == "--exactly-until") {
    until = arguments[1];
    arguments.erase(arguments.begin(), arguments.begin() + 2);
  }
  if (arguments.size() < 4) {
    std::fprintf(stderr, "usage: compare_series [--exactly-until SECONDS] URL_A URL_B RANGE SELECTOR...\n");
    return 2;
  }
  Comparison comparison(!until.empty());
  for (size_t i = 3; i < arguments.size(); ++i) {
    comparison.Compare(Fetch(arguments[0], arguments[i], arguments[2], until), Fetch(arguments[1], arguments[i], arguments[2], until));
  }
  return comparison.Finish();
}
