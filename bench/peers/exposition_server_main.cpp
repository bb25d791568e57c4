// Serves the series of a simulated cluster as text pages, the same bytes to every scraper at the same scrape number.
//
//   exposition_server --port N --series N --targets N [--gzip]
//
// Target i is the path /target/i; it has series/targets series. Each scraper asks with ?scraper=NAME and walks through the same sequence of
// pages at its own pace. Pages are made once, so that serving costs next to nothing.

#include <zlib.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "base/strings.h"
#include "bench/peers/cluster_series.h"
#include "tests/doubles/http_server.h"

namespace tocsin::bench {
namespace {

constexpr int kVersions = 12;  // pages a target cycles through

std::string MakePage(int64_t first, int64_t count, int version) {
  std::string page;
  for (int64_t i = first; i < first + count; ++i) {
    page.append(SeriesAt(i).text);
    page.push_back(' ');
    char number[32];
    const auto end = std::to_chars(number, number + sizeof(number), ValueAt(i, version)).ptr;
    page.append(number, end);
    page.push_back('\n');
  }
  return page;
}

std::string Gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

struct Options {
  int port = 0;
  int64_t series = 0;
  int64_t targets = 0;
  bool gzip = false;
};

class Pages {
 public:
  explicit Pages(const Options& options) : gzip_(options.gzip) {
    const int64_t each = options.series / options.targets;
    for (int64_t target = 0; target < options.targets; ++target) {
      std::vector<std::string>& versions = pages_.emplace_back();
      for (int version = 0; version < kVersions; ++version) {
        std::string page = MakePage(target * each, each, version);
        versions.push_back(gzip_ ? Gzip(page) : std::move(page));
      }
    }
  }

  void Answer(const test::HttpRequest& request, test::HttpResponseWriter& writer) {
    const size_t target = std::strtoul(request.path.substr(request.path.rfind('/') + 1).c_str(), nullptr, 10);
    if (target >= pages_.size()) {
      writer.Send(404, "text/plain", "");
      return;
    }
    const auto scraper = request.query.find("scraper");
    writer.Send(200, "text/plain; version=0.0.4", pages_[target][Next(scraper == request.query.end() ? "" : scraper->second, target)],
                gzip_ ? std::map<std::string, std::string>{{"Content-Encoding", "gzip"}} : std::map<std::string, std::string>{});
  }

 private:
  size_t Next(const std::string& scraper, size_t target) {
    MutexLock lock(mu_);
    return static_cast<size_t>(served_[{scraper, target}]++) % kVersions;
  }

  const bool gzip_;
  std::vector<std::vector<std::string>> pages_;
  Mutex mu_;
  std::map<std::pair<std::string, size_t>, int> served_ GUARDED_BY(mu_);
};

}  // namespace
}  // namespace tocsin::bench

int main(int argc, char** argv) {
  using namespace tocsin;
  bench::Options options;
  std::map<std::string_view, int64_t> numbers;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--gzip") {
      options.gzip = true;
    } else if (i + 1 < argc) {
      numbers[name] = std::atoll(argv[++i]);
    }
  }
  options.port = static_cast<int>(numbers["--port"]);
  options.series = numbers["--series"];
  options.targets = numbers["--targets"];
  if (options.series < 1 || options.targets < 1) {
    std::fprintf(stderr, "usage: exposition_server --port N --series N --targets N [--gzip]\n");
    return 2;
  }
  bench::Pages pages(options);
  const auto server = test::HttpServer::Start(
      options.port, [&](const test::HttpRequest& request, test::HttpResponseWriter& writer) { pages.Answer(request, writer); });
  if (!server.ok()) {
    std::fprintf(stderr, "exposition_server: %s\n", std::string(server.status().message()).c_str());
    return 1;
  }
  test::WaitForTermination();
  return 0;
}
