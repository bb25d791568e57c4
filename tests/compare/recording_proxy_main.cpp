// Collects each page of a target once and serves the same bytes to several scrapers.
//
//   recording_proxy --port N NAME=URL...
//
// A scraper asks for /NAME/SCRAPER. Its n-th request gets the n-th page of NAME, which is fetched from URL when the first scraper comes
// to it. The name "flap" needs no URL: flap_up is 1 for ten pages, then 0 for ten; flap_total counts the pages.

#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/http_client/http_client.h"
#include "base/strings.h"
#include "tests/doubles/http_server.h"

namespace tocsin::test {
namespace {

constexpr size_t kFlapPages = 10;
constexpr size_t kMaxPages = 10'000;

struct Page {
  int status = 0;
  std::string content_type;
  std::string body;
};

class RecordingProxy {
 public:
  explicit RecordingProxy(std::map<std::string, std::string> urls) : urls_(std::move(urls)) {}

  void Answer(const HttpRequest& request, HttpResponseWriter& writer) {
    const size_t slash = request.path.find('/', 1);
    if (slash == std::string::npos) {
      writer.Send(404, "text/plain", "");
      return;
    }
    const Page page = NextPage(request.path.substr(1, slash - 1), request.path.substr(slash + 1));
    writer.Send(page.status, page.content_type, page.body);
  }

 private:
  Page NextPage(const std::string& name, const std::string& scraper) {
    MutexLock lock(mu_);
    std::vector<Page>& pages = pages_[name];
    const size_t index = served_[{name, scraper}]++;
    if (index >= kMaxPages) {
      return Page{500, "text/plain", "too many pages"};
    }
    while (pages.size() <= index) {
      pages.push_back(Fetch(name, pages.size()));
    }
    return pages[index];
  }

  Page Fetch(const std::string& name, size_t index) {
    if (name == "flap") {
      return Page{200, "text/plain; version=0.0.4",
                  Cat("# TYPE flap_up gauge\nflap_up{part=\"a\"} ", 1 - index / kFlapPages % 2, "\nflap_up{part=\"b\"} ",
                      index / kFlapPages % 2, "\n# TYPE flap_total counter\nflap_total ", index, "\n")};
    }
    const auto url = urls_.find(name);
    if (url == urls_.end()) {
      return Page{404, "text/plain", ""};
    }
    tocsin::HttpRequest request;
    request.url = url->second;
    request.headers.emplace_back("Accept", "text/plain;version=0.0.4");
    const auto answer = client_.Do(request);
    if (!answer.ok()) {
      return Page{502, "text/plain", ""};
    }
    return Page{answer->status, std::string(answer->Header("Content-Type")), answer->body};
  }

  const std::map<std::string, std::string> urls_;
  const SystemClock clock_;
  HttpClient client_{HttpClientOptions{}, clock_};
  Mutex mu_;
  std::map<std::string, std::vector<Page>> pages_ GUARDED_BY(mu_);
  std::map<std::pair<std::string, std::string>, size_t> served_ GUARDED_BY(mu_);
};

}  // namespace
}  // namespace tocsin::test

int main(int argc, char** argv) {
  using namespace tocsin;
  int port = 0;
  std::map<std::string, std::string> urls;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const size_t equals = argument.find('=');
    if (argument == "--port" && i + 1 < argc) {
      port = std::atoi(argv[++i]);
    } else if (equals != std::string::npos) {
      urls[argument.substr(0, equals)] = argument.substr(equals + 1);
    }
  }
  test::RecordingProxy proxy(std::move(urls));
  const auto server = test::HttpServer::Start(
      port, [&](const test::HttpRequest& request, test::HttpResponseWriter& writer) { proxy.Answer(request, writer); });
  if (!server.ok()) {
    std::fprintf(stderr, "recording_proxy: %s\n", std::string(Message(server.status())).c_str());
    return 1;
  }
  test::WaitForTermination();
  return 0;
}
