#include "tests/api/api_server.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/strings.h"

namespace tocsin::test {
namespace {

std::vector<std::string> WithReceiver(std::vector<std::string> flags) {
  flags.emplace_back("--web.enable-remote-write-receiver");
  return flags;
}

}  // namespace

ApiServer::ApiServer(const std::vector<std::string>& flags, const std::string& config)
    : program_(folder_, folder_.Write("prometheus.yml", config), WithReceiver(flags)), newest_(SystemClock().NowMs() / 60'000 * 60) {
  Push();
}

void ApiServer::Push() {
  std::string page =
      "# HELP seldon_model_infer_total Inferences.\n# TYPE seldon_model_infer_total counter\n# HELP temperature Of rooms.\n"
      "# TYPE temperature gauge\n";
  for (int64_t t = oldest(); t <= newest(); t += 15) {
    const int64_t k = (t - oldest()) / 15;
    for (const char* model : {"iris", "wine"}) {
      Append(&page, "seldon_model_infer_total{namespace=\"seldon\",model=\"", model, "\"} ", k * 3, " ", t * 1000, "\n");
    }
    Append(&page, "seldon_model_aggregate_infer_total{namespace=\"\"} ", k, " ", t * 1000, "\n");
    Append(&page, "temperature{room=\"a\"} ", 20 + k, " ", t * 1000, "\n");
  }
  const std::string file = folder_.Write("samples.prom", page);
  const Finished pushed = RunProgram({"push", "metrics", program_.url(), file, "--label=job=pushed"});
  EXPECT_EQ(pushed.exit_code, 0) << pushed.output;
}

std::string ApiServer::Raw(std::string_view request) const {
  RawClient client(address());
  client.Send(request);
  return client.ReadToEnd();
}

std::string ApiServer::Get(std::string_view target) const {
  return std::string(BodyOf(Raw(Cat("GET ", target, " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))));
}

std::string ApiServer::Post(std::string_view target, std::string_view form) const {
  return std::string(BodyOf(Raw(Cat("POST ", target,
                                    " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                                    "Content-Length: ",
                                    form.size(), "\r\n\r\n", form))));
}

}  // namespace tocsin::test
