// Sends one gauge by OTLP over gRPC, as OpenTelemetry's exporters do.
//
//   otlp_grpc_client ADDRESS NAME VALUE
//
// Exit code 0 when it was taken, else 1 with gRPC's code and text.

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/clock.h"
#include "base/wire/proto_writer.h"

namespace {

std::string ExportRequest(const std::string& name, double value) {
  const tocsin::SystemClock clock;
  const uint64_t now_ns = static_cast<uint64_t>(clock.NowMs()) * 1'000'000;
  std::string body;
  using Writer = tocsin::wire::ProtoWriter;
  Writer(&body).Message(1, [&](Writer& resource) {
    resource.Message(2, [&](Writer& scope) {
      scope.Message(2, [&](Writer& metric) {
        metric.Bytes(1, name);
        metric.Message(5, [&](Writer& gauge) {
          gauge.Message(1, [&](Writer& point) {
            point.Double(3, std::bit_cast<double>(now_ns));  // a fixed64
            point.Double(4, value);
          });
        });
      });
    });
  });
  return body;
}

grpc::Status Export(const std::string& address, const std::string& body) {
  grpc::GenericStub stub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  const grpc::Slice slice(body);
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareUnaryCall(&context, "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
                                          grpc::ByteBuffer(&slice, 1), &queue);
  call->StartCall();
  grpc::ByteBuffer answer;
  grpc::Status status;
  call->Finish(&answer, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: otlp_grpc_client ADDRESS NAME VALUE\n");
    return 2;
  }
  const grpc::Status status = Export(argv[1], ExportRequest(argv[2], std::atof(argv[3])));
  if (!status.ok()) {
    std::printf("%d %s\n", static_cast<int>(status.error_code()), status.error_message().c_str());
  }
  return status.ok() ? 0 : 1;
}
