// Receives Alertmanager's webhook calls and prints one line for each alert: status, alertname, labels, title.
//
//   webhook_sink --port N [--fail-first N]

#include <simdjson.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/strings.h"
#include "tests/doubles/http_server.h"

namespace tocsin::test {
namespace {

std::string_view TextOf(simdjson::dom::element object, const char* key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

bool PrintAlerts(const std::string& body) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  simdjson::dom::array alerts;
  if (parser.parse(body).get(document) != simdjson::SUCCESS || document["alerts"].get(alerts) != simdjson::SUCCESS) {
    return false;
  }
  for (const simdjson::dom::element alert : alerts) {
    std::string line = Cat(TextOf(alert, "status"), " ", TextOf(alert["labels"].value(), "alertname"));
    simdjson::dom::object labels;
    if (alert["labels"].get(labels) == simdjson::SUCCESS) {
      for (const auto [name, value] : labels) {
        Append(&line, " ", name, "=", value.get_string().value());
      }
    }
    std::printf("%s | %s\n", line.c_str(), std::string(TextOf(alert["annotations"].value(), "title")).c_str());
  }
  std::fflush(stdout);
  return true;
}

}  // namespace
}  // namespace tocsin::test

int main(int argc, char** argv) {
  using namespace tocsin;
  int port = 0;
  int fail_first = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    (name == "--port" ? port : fail_first) = std::atoi(argv[i + 1]);
  }
  std::atomic<int> calls = 0;
  const auto server = test::HttpServer::Start(port, [&](const test::HttpRequest& request, test::HttpResponseWriter& writer) {
    const bool good = ++calls > fail_first && test::PrintAlerts(request.body);
    writer.Send(good ? 200 : 500, "text/plain", "");
  });
  if (!server.ok()) {
    std::fprintf(stderr, "webhook_sink: %s\n", std::string(server.status().message()).c_str());
    return 1;
  }
  test::WaitForTermination();
  return 0;
}
