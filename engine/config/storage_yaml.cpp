#include "base/strings.h"
#include "base/text/quote.h"
#include "engine/config/byte_size.h"
#include "engine/config/config_yaml.h"
#include "engine/config/http_yaml.h"
#include "engine/config/reserved_headers.h"

namespace tocsin {
namespace {

void ReadRetention(yaml::Decoder& decoder, const yaml::Node& node, StorageConfig::Tsdb* out) {
  if (node.IsNull()) {
    return;
  }
  yaml::StructReader reader(decoder, node, "config.plain");
  TakeDuration(decoder, reader, "time", &out->retention_time_ms);
  int64_t size = 0;
  TakeByteSize(decoder, reader, "size", &size);
  reader.Field("percentage", &out->retention_percentage);
  if (!reader.Finish() || decoder.failed()) {
    return;
  }
  if (size < 0) {
    decoder.Fail(node, Cat("'storage.tsdb.retention.size' must be greater than or equal to 0, got ", FormatByteSize(size)));
  }
  out->retention_size_bytes = static_cast<uint64_t>(size);
  if (!(out->retention_percentage >= 0 && out->retention_percentage <= 100)) {
    decoder.Fail(node, Cat("'storage.tsdb.retention.percentage' must be in the range [0, 100], got ", out->retention_percentage));
  }
}

void ReadTsdb(yaml::Decoder& decoder, const yaml::Node& node, StorageConfig::Tsdb* out) {
  if (node.IsNull()) {
    return;
  }
  yaml::StructReader reader(decoder, node, "config.plain");
  TakeDuration(decoder, reader, "out_of_order_time_window", &out->out_of_order_time_window_ms);
  reader.Field("stale_series_compaction_threshold", &out->stale_series_compaction_threshold);
  if (const yaml::Node* retention = reader.Take("retention")) {
    ReadRetention(decoder, *retention, out);
  }
  const yaml::Node* encoding = reader.Take("chunk_encoding");
  if (encoding != nullptr && !encoding->IsNull()) {
    yaml::StructReader(decoder, *encoding, "config.ChunkEncodingConfig").Field("floats", &out->float_chunk_encoding).Finish();
  }
  if (!reader.Finish()) {
    return;
  }
  const std::string& floats = out->float_chunk_encoding;
  if (!floats.empty() && floats != "xor" && floats != "xor2") {
    decoder.Fail(*encoding, Cat("'storage.tsdb.chunk_encoding.floats' must be 'xor' or 'xor2', or the field must be omitted entirely, got ",
                                GoQuoted(floats)));
  }
}

}  // namespace

std::string GoTypeName(const StorageConfig*) { return "config.StorageConfig"; }
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, StorageConfig* out) {
  yaml::StructReader reader(decoder, node, "config.StorageConfig");
  if (const yaml::Node* tsdb = reader.Take("tsdb")) {
    ReadTsdb(decoder, *tsdb, &out->tsdb);
  }
  const yaml::Node* exemplars = reader.Take("exemplars");
  if (exemplars != nullptr && !exemplars->IsNull()) {
    int64_t max_exemplars = 0;
    yaml::StructReader(decoder, *exemplars, "config.ExemplarsConfig").Field("max_exemplars", &max_exemplars).Finish();
    out->max_exemplars = max_exemplars;
  }
  reader.Finish();
}

std::string GoTypeName(const TracingConfig*) { return "config.plain"; }
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, TracingConfig* out) {
  *out = TracingConfig{};
  yaml::StructReader reader(decoder, node, "config.plain");
  reader.Field("client_type", &out->client_type)
      .Field("endpoint", &out->endpoint)
      .Field("sampling_fraction", &out->sampling_fraction)
      .Field("insecure", &out->insecure)
      .Field("tls_config", &out->tls)
      .Field("headers", &out->headers)
      .Field("compression", &out->compression);
  TakeDuration(decoder, reader, "timeout", &out->timeout_ms);
  if (!reader.Finish() || decoder.failed()) {
    return;
  }
  if (out->client_type != "http" && out->client_type != "grpc") {
    decoder.Fail(node, Cat("expected tracing client type to be to be http or grpc, but got ", out->client_type));
  }
  decoder.Check(node, CheckTracingHeaders(out->headers));
  if (out->endpoint.empty()) {
    decoder.Fail(node, "tracing endpoint must be set");
  }
  if (!out->compression.empty() && out->compression != "gzip") {
    decoder.Fail(node, Cat("invalid compression type ", out->compression, " provided, valid options: gzip"));
  }
}

}  // namespace tocsin
