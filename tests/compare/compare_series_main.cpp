// Compares what two servers hold of the same pages: for each selector the series of both, value by value in the order of the scrapes.
//
//   compare_series URL_A URL_B RANGE SELECTOR...
//
// Prints each difference and "N series, N values compared, N differences"; exit code 1 when there are differences.

#include <simdjson.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/http_client/http_client.h"
#include "base/model/labels.h"
#include "base/strings.h"
#include "tests/doubles/url_encode.h"

namespace tocsin::test {
namespace {

constexpr int kMaxPrinted = 30;
// A server may have been asked between two scrapes: it can have this many samples more than the other.
constexpr size_t kMaxLead = 2;

using SeriesValues = std::map<Labels, std::vector<std::string>>;

SeriesValues Fetch(const std::string& url, const std::string& selector, const std::string& range) {
  const SystemClock clock;
  HttpClient client(HttpClientOptions{}, clock);
  tocsin::HttpRequest request;
  request.url = Cat(url, "/api/v1/query?query=", UrlEncode(Cat(selector, "[", range, "]")));
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
    std::vector<std::string>& values = found[labels.Build()];
    for (const simdjson::dom::element point : series["values"].get_array()) {
      values.emplace_back(point.at(1).get_string().value());
    }
  }
  return found;
}

class Comparison {
 public:
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
  void CompareValues(const Labels& labels, const std::vector<std::string>& a, const std::vector<std::string>& b) {
    ++series_;
    const size_t common = std::min(a.size(), b.size());
    if (std::max(a.size(), b.size()) > common + kMaxLead) {
      Differ(Cat(labels.ToString(), ": ", a.size(), " samples against ", b.size()));
    }
    for (size_t i = 0; i < common; ++i) {
      ++values_;
      if (a[i] != b[i]) {
        Differ(Cat(labels.ToString(), " sample ", i, ": ", a[i], " against ", b[i]));
        return;
      }
    }
  }

  void Differ(const std::string& text) {
    if (++differences_ <= kMaxPrinted) {
      std::printf("%s\n", text.c_str());
    }
  }

  int series_ = 0;
  int values_ = 0;
  int differences_ = 0;
};

}  // namespace
}  // namespace tocsin::test

int main(int argc, char** argv) {
  using namespace tocsin::test;
  if (argc < 5) {
    std::fprintf(stderr, "usage: compare_series URL_A URL_B RANGE SELECTOR...\n");
    return 2;
  }
  Comparison comparison;
  for (int i = 4; i < argc; ++i) {
    comparison.Compare(Fetch(argv[1], argv[i], argv[3]), Fetch(argv[2], argv[i], argv[3]));
  }
  return comparison.Finish();
}
