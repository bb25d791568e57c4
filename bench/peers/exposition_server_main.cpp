// Serves the series of a simulated cluster as text pages, the same bytes to every scraper at the same scrape number.
//
//   exposition_server --port N --series N --targets N [--gzip] [--churn-s SECONDS]
//
// Target i is the path /target/i; it has series/targets series. Each scraper asks with ?scraper=NAME and walks through the same sequence of
// pages at its own pace. Pages are made once, so that serving costs next to nothing. With --churn-s each target's pods are replaced by
// others once in so many seconds, one target after the other.

#include <zlib.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
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
  int64_t churn_s = 0;
  bool gzip = false;
};

class Pages {
 public:
  explicit Pages(const Options& options) : options_(options) {
    for (int64_t target = 0; target < options.targets; ++target) {
      targets_.push_back(MakeTarget(target, GenerationOf(target)));
    }
  }

  void Answer(const test::HttpRequest& request, test::HttpResponseWriter& writer) {
    const size_t target = std::strtoul(request.path.substr(request.path.rfind('/') + 1).c_str(), nullptr, 10);
    if (target >= static_cast<size_t>(options_.targets)) {
      writer.Send(404, "text/plain", "");
      return;
    }
    const auto scraper = request.query.find("scraper");
    size_t version = 0;
    const std::shared_ptr<const Target> pages = Next(scraper == request.query.end() ? "" : scraper->second, target, &version);
    writer.Send(200, "text/plain; version=0.0.4", pages->versions[version],
                options_.gzip ? std::map<std::string, std::string>{{"Content-Encoding", "gzip"}} : std::map<std::string, std::string>{});
  }

 private:
  struct Target {
    int64_t generation = 0;
    std::vector<std::string> versions;
  };

  int64_t GenerationOf(int64_t target) const {
    if (options_.churn_s == 0) {
      return 0;
    }
    const int64_t passed_s = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start_).count() +
                             target * options_.churn_s / options_.targets;
    return passed_s / options_.churn_s;
  }

  std::shared_ptr<const Target> MakeTarget(int64_t target, int64_t generation) const {
    const int64_t each = options_.series / options_.targets;
    auto made = std::make_shared<Target>();
    made->generation = generation;
    for (int version = 0; version < kVersions; ++version) {
      std::string page = MakePage((generation * options_.targets + target) * each, each, version);
      made->versions.push_back(options_.gzip ? Gzip(page) : std::move(page));
    }
    return made;
  }

  std::shared_ptr<const Target> Next(const std::string& scraper, size_t target, size_t* version) {
    MutexLock lock(mu_);
    const int64_t generation = GenerationOf(static_cast<int64_t>(target));
    if (targets_[target]->generation != generation) {
      targets_[target] = MakeTarget(static_cast<int64_t>(target), generation);
    }
    *version = static_cast<size_t>(served_[{scraper, target}]++) % kVersions;
    return targets_[target];
  }

  const Options options_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  Mutex mu_;
  std::vector<std::shared_ptr<const Target>> targets_ GUARDED_BY(mu_);
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
  options.churn_s = numbers["--churn-s"];
  if (options.series < 1 || options.targets < 1) {
    std::fprintf(stderr, "usage: exposition_server --port N --series N --targets N [--gzip] [--churn-s SECONDS]\n");
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
