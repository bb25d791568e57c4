#pragma once

#include <string_view>

#include "api/grpc/rpc_server.h"
#include "api/http/server.h"

namespace tocsin::rpc {

/// https://opentelemetry.io/docs/specs/otlp/#otlpgrpc
inline constexpr std::string_view kOtlpMetricsMethod = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

/// Hands an OTLP export to the handler of OTLP over HTTP (with the guard of --web.config.file in front), and its answer back. What a sender
/// shall try again later (429, 503) is UNAVAILABLE; other methods are UNIMPLEMENTED.
Answer AnswerOtlpCall(Call call, const http::RootHandler& handler);

}  // namespace tocsin::rpc
