#include "tests/differential/own_side.h"

#include "api/v1/query_json.h"
#include "base/strings.h"

namespace tocsin::differential {
namespace {

promql::EngineOptions EngineSettings() {
  promql::EngineOptions options;
  options.worker_threads = 2;
  options.features.experimental_functions = true;
  return options;
}

}  // namespace

OwnSide::OwnSide(TimestampMs now)
    : clock_(now),
      head_(Head::OpenMemoryOnly(HeadOptions{}, clock_)),
      receiver_(RemoteWriteOptions{}, *head_, clock_, metrics_),
      engine_(promql::NewEngine(EngineSettings(), clock_)) {}

absl::Status OwnSide::Write(const std::string& body) {
  http::Request request;
  request.method = "POST";
  request.headers = {{"Content-Type", "application/x-protobuf"}, {"Content-Encoding", "snappy"}};
  request.body = body;
  const http::Response response = receiver_.Handle(request);
  return response.status / 100 == 2 ? absl::OkStatus() : absl::InternalError(response.body);
}

std::string OwnSide::Query(const promql::QueryRequest& request) {
  auto result = engine_->Query(*head_, request);
  http::Response response;
  if (result.ok()) {
    auto value = std::make_shared<promql::QueryResult>(*std::move(result));
    api::Result answer;
    answer.warnings = value->annotations.warnings;
    answer.infos = value->annotations.infos;
    api::WriteQueryData(std::move(value), "", &answer);
    response = api::Answer(std::move(answer));
  } else {
    response = api::Answer(api::QueryFailure(result.status()));
  }
  while (response.stream) {
    if (!response.stream(&response.body)) {
      break;
    }
  }
  return response.body;
}

}  // namespace tocsin::differential
