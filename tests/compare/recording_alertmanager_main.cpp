// An Alertmanager that only writes down what it is sent, one line a POST: {"at": <ms>, "alerts": [...]}
//
//   recording_alertmanager --port N --file FILE

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "base/clock.h"
#include "base/strings.h"
#include "tests/doubles/http_server.h"

int main(int argc, char** argv) {
  using namespace tocsin;
  int port = 0;
  std::string file;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::string_view(argv[i]) == "--port") {
      port = std::atoi(argv[i + 1]);
    } else {
      file = argv[i + 1];
    }
  }
  const SystemClock clock;
  Mutex mu;
  std::ofstream out(file, std::ios::binary);
  const auto server = test::HttpServer::Start(port, [&](const test::HttpRequest& request, test::HttpResponseWriter& writer) {
    if (request.path != "/api/v2/alerts") {
      writer.Send(404, "text/plain", "");
      return;
    }
    MutexLock lock(mu);
    std::string body = request.body;
    std::erase(body, '\n');
    out << Cat("{\"at\": ", clock.NowMs(), ", \"alerts\": ", body, "}\n") << std::flush;
    writer.Send(200, "application/json", "");
  });
  if (!server.ok() || file.empty()) {
    std::fprintf(stderr, "usage: recording_alertmanager --port N --file FILE\n");
    return 1;
  }
  test::WaitForTermination();
  return 0;
}
