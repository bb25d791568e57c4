// OTLP by a real gRPC client against the module, with the receiver behind it.

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <prometheus/registry.h>

#include <bit>

#include "api/grpc/otlp_call.h"
#include "api/grpc/rpc_module.h"
#include "api/receive/otlp_receiver.h"
#include "base/strings.h"
#include "base/wire/proto_writer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/http_double.h"
#include "tests/support/recording_store.h"

namespace tocsin::rpc {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr TimestampMs kGrpcNow = 1'700'000'000'000;
constexpr uint64_t kMessageBytesMax = 64 << 10;

/// A gauge with one point; `padding` makes the description longer.
std::string ExportRequest(double value, size_t padding = 0) {
  std::string body;
  wire::ProtoWriter request(&body);
  request.Message(1, [&](wire::ProtoWriter& resource) {
    resource.Message(2, [&](wire::ProtoWriter& scope) {
      scope.Message(2, [&](wire::ProtoWriter& metric) {
        metric.Bytes(1, "temperature");
        metric.Bytes(2, std::string(padding, 'x'));
        metric.Message(5, [&](wire::ProtoWriter& gauge) {
          gauge.Message(1, [&](wire::ProtoWriter& point) {
            point.Double(3, std::bit_cast<double>(static_cast<uint64_t>(kGrpcNow) * 1'000'000));  // as fixed64
            point.Double(4, value);
          });
        });
      });
    });
  });
  return body;
}

class OtlpGrpcTest : public testing::Test {
 protected:
  void Start(std::optional<http::TlsMaterial> tls = {}) {
    ServerOptions options;
    options.address = "127.0.0.1:0";
    options.message_bytes_max = kMessageBytesMax;
    options.tls = std::move(tls);
    auto server = StartRpcServer(TOCSIN_GRPC_MODULE, options, [this](Call call) {
      return AnswerOtlpCall(std::move(call), [this](http::Request& request) {
        authorization_ = request.Header("Authorization");
        return receiver_.Handle(request);
      });
    });
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  struct Sent {
    std::string method = std::string(kOtlpMetricsMethod);
    std::string authorization;
    bool gzip = false;
    std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  };

  grpc::Status Export(const std::string& message, const Sent& how) {
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("tocsin.test");
    const auto channel = grpc::CreateCustomChannel(Cat("127.0.0.1:", server_->port()), how.credentials, arguments);
    grpc::GenericStub stub(channel);
    grpc::ClientContext context;
    context.set_wait_for_ready(false);
    if (how.gzip) {
      context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    }
    if (!how.authorization.empty()) {
      context.AddMetadata("authorization", how.authorization);
    }
    const grpc::Slice slice(message);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer answer;
    grpc::CompletionQueue queue;
    const auto call = stub.PrepareUnaryCall(&context, how.method, request, &queue);
    call->StartCall();
    grpc::Status status;
    call->Finish(&answer, &status, this);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return status;
  }

  std::vector<std::pair<TimestampMs, double>> Stored() { return store_.series["{__name__=\"temperature\"}"].samples; }

  OtlpConfig config_;
  test::RecordingStore store_;
  ManualClock clock_{kGrpcNow};
  prometheus::Registry metrics_;
  OtlpReceiver receiver_{{}, [this] { return config_; }, store_, clock_, metrics_};
  std::string authorization_;
  std::unique_ptr<Server> server_;
};

TEST_F(OtlpGrpcTest, ExportsAreStored) {
  Start();
  EXPECT_TRUE(Export(ExportRequest(21.5), {.authorization = "Basic eDp5"}).ok());
  EXPECT_EQ(authorization_, "Basic eDp5");
  EXPECT_THAT(Stored(), ElementsAre(Pair(kGrpcNow, 21.5)));
}

TEST_F(OtlpGrpcTest, GzipIsUnpackedByTheReceiver) {
  Start();
  // Packed it fits through a door that it does not fit through unpacked.
  const grpc::Status status = Export(ExportRequest(4, 2 * kMessageBytesMax), {.gzip = true});
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_THAT(Stored(), ElementsAre(Pair(kGrpcNow, 4)));
}

TEST_F(OtlpGrpcTest, ErrorsComeBack) {
  Start();
  EXPECT_EQ(Export("\x0a\xff", {}).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const grpc::Status unknown = Export(ExportRequest(1), {.method = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"});
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_THAT(unknown.error_message(), HasSubstr("LogsService"));
  EXPECT_EQ(Export(ExportRequest(1, kMessageBytesMax), {}).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  store_.series_max = 0;
  EXPECT_EQ(Export(ExportRequest(1), {}).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(store_.series.empty());
}

TEST_F(OtlpGrpcTest, TlsWithClientCertificates) {
  const test::DoubleCertificate authority = test::MakeDoubleCertificate("authority.test", nullptr);
  const test::DoubleCertificate server = test::MakeDoubleCertificate("tocsin.test", &authority);
  const test::DoubleCertificate client = test::MakeDoubleCertificate("client.test", &authority);
  http::TlsMaterial tls;
  tls.certificate = server.cert_pem;
  tls.key = server.key_pem;
  tls.client_ca = authority.cert_pem;
  tls.request_client_certificate = tls.require_client_certificate = tls.verify_client_certificate = true;
  Start(tls);
  const auto with = [&](const test::DoubleCertificate* own) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = authority.cert_pem;
    if (own != nullptr) {
      options.pem_private_key = own->key_pem;
      options.pem_cert_chain = own->cert_pem;
    }
    return Sent{.credentials = grpc::SslCredentials(options)};
  };
  EXPECT_TRUE(Export(ExportRequest(1), with(&client)).ok());
  EXPECT_EQ(Export(ExportRequest(1), with(nullptr)).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Export(ExportRequest(1), {}).error_code(), grpc::StatusCode::UNAVAILABLE) << "without TLS";

  const int port = server_->port();
  tls.client_allowed_sans = {"other.test"};
  ASSERT_TRUE(server_->ReplaceTls(tls));
  EXPECT_EQ(server_->port(), port);
  EXPECT_EQ(Export(ExportRequest(1), with(&client)).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  tls.client_allowed_sans = {"client.test"};
  ASSERT_TRUE(server_->ReplaceTls(tls));
  EXPECT_TRUE(Export(ExportRequest(1), with(&client)).ok());
  tls.key = "no key";
  EXPECT_FALSE(server_->ReplaceTls(tls));
  EXPECT_TRUE(Export(ExportRequest(1), with(&client)).ok()) << "the old one goes on";
}

TEST_F(OtlpGrpcTest, WhatCannotStartSaysWhy) {
  Start();
  const auto handler = [](Call) { return Answer(); };
  const auto taken = StartRpcServer(TOCSIN_GRPC_MODULE, {.address = Cat("127.0.0.1:", server_->port())}, handler);
  EXPECT_THAT(std::string(taken.status().message()), HasSubstr("the address cannot be used"));
  const auto missing = StartRpcServer("/nowhere/libtocsin_grpc.so", {}, handler);
  EXPECT_THAT(std::string(missing.status().message()), HasSubstr("cannot open shared object file"));
  EXPECT_THAT(std::string(StartRpcServer("", {}, handler).status().message()), HasSubstr("libtocsin_grpc.so beside the program"));
}

TEST(OtlpCallTest, StatusCodes) {
  const auto code = [](int status) {
    return AnswerOtlpCall({.method = std::string(kOtlpMetricsMethod)},
                          [status](http::Request&) { return http::TextResponse(status, "why\n"); });
  };
  EXPECT_EQ(code(200).code, Code::kOk);
  EXPECT_EQ(code(400).error, "why");
  EXPECT_EQ(code(401).code, Code::kUnauthenticated);
  EXPECT_EQ(code(413).code, Code::kResourceExhausted);
  EXPECT_EQ(code(429).code, Code::kUnavailable);
  EXPECT_EQ(code(500).code, Code::kInternal);
  EXPECT_EQ(code(503).code, Code::kUnavailable);
}

}  // namespace
}  // namespace tocsin::rpc
