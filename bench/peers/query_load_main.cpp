// Asks a server for each query of a file, several times, over one kept connection; one query a line.
//
//   query_load --url URL --queries FILE --repeat N --end-s N [--range-s N --step-s N]
//
// Without a range: instant queries. Prints "N answers in S s"; exit code 1 when one fails.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/http_client/http_client.h"
#include "base/strings.h"
#include "tests/doubles/url_encode.h"

namespace tocsin::bench {
namespace {

int Run(std::map<std::string, std::string> options) {
  std::vector<std::string> queries;
  std::ifstream file(options["--queries"]);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') {
      queries.push_back(line);
    }
  }
  const int64_t end_s = std::atoll(options["--end-s"].c_str());
  const int64_t range_s = std::atoll(options["--range-s"].c_str());
  const SystemClock clock;
  HttpClient client(HttpClientOptions{}, clock);
  const int64_t begin_ns = clock.MonotonicNs();
  int answers = 0;
  for (int i = 0; i < std::atoi(options["--repeat"].c_str()); ++i) {
    for (const std::string& query : queries) {
      tocsin::HttpRequest request;
      // A slightly different time for each answer, so that no cache of results answers; VictoriaMetrics must be told as well.
      const int64_t end = end_s - i;
      request.url = range_s > 0 ? Cat(options["--url"], "/api/v1/query_range?start=", end - range_s, "&end=", end,
                                      "&step=", options["--step-s"], "&query=")
                                : Cat(options["--url"], "/api/v1/query?time=", end, "&query=");
      request.url += test::UrlEncode(query) + "&nocache=1";
      request.timeout_ms = 2 * kMinute;
      const auto answer = client.Do(request);
      if (!answer.ok() || answer->status != 200) {
        std::fprintf(stderr, "query_load: %s: %s\n", query.c_str(),
                     answer.ok() ? answer->body.c_str() : std::string(Message(answer.status())).c_str());
        return 1;
      }
      ++answers;
    }
  }
  std::printf("%d answers in %.2f s\n", answers, static_cast<double>(clock.MonotonicNs() - begin_ns) / 1e9);
  return 0;
}

}  // namespace
}  // namespace tocsin::bench

int main(int argc, char** argv) {
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < argc; i += 2) {
    options[argv[i]] = argv[i + 1];
  }
  for (const char* name : {"--url", "--queries", "--repeat", "--end-s"}) {
    if (!options.contains(name)) {
      std::fprintf(stderr, "usage: query_load --url URL --queries FILE --repeat N --end-s N [--range-s N --step-s N]\n");
      return 2;
    }
  }
  return tocsin::bench::Run(std::move(options));
}
