#include "base/wire/remote_read.h"

#include <isa-l/crc.h>

#include <algorithm>

#include "base/status.h"
#include "base/wire/histogram_wire.h"
#include "base/wire/proto_reader.h"

namespace tocsin::wire {
namespace {

absl::Status DamagedRead() { return absl::InvalidArgumentError("proto: a remote read message is damaged or cut short"); }

absl::StatusOr<Matcher> DecodeMatcher(std::string_view message) {
  uint64_t type = 0;
  std::string name;
  std::string value;
  ProtoReader reader(message);
  while (reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kVarint):
        type = reader.uint64();
        break;
      case Tag(2, kBytes):
        name = reader.bytes();
        break;
      case Tag(3, kBytes):
        value = reader.bytes();
        break;
      default:
        break;
    }
  }
  if (!reader.ok()) {
    return DamagedRead();
  }
  if (type > static_cast<uint64_t>(MatchType::kNotRegexp)) {
    return absl::InvalidArgumentError("invalid matcher type");
  }
  return Matcher::Create(static_cast<MatchType>(type), std::move(name), std::move(value));
}

absl::StatusOr<ReadQuery> DecodeReadQuery(std::string_view message) {
  ReadQuery query;
  ProtoReader reader(message);
  while (reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kVarint):
        query.start = reader.int64();
        break;
      case Tag(2, kVarint):
        query.end = reader.int64();
        break;
      case Tag(3, kBytes): {
        if (query.matchers.size() == kReadMatchersMax) {
          return absl::InvalidArgumentError(Cat("more than ", kReadMatchersMax, " matchers in one query"));
        }
        ASSIGN_OR_RETURN(Matcher matcher, DecodeMatcher(reader.bytes()));
        query.matchers.push_back(std::move(matcher));
        break;
      }
      default:
        break;
    }
  }
  if (!reader.ok()) {
    return DamagedRead();
  }
  return query;
}

void EncodeReadLabels(std::span<const Label> labels, ProtoWriter* writer) {
  for (const Label& label : labels) {
    writer->Message(1, [&label](ProtoWriter& inner) {
      inner.Bytes(1, label.name);
      inner.Bytes(2, label.value);
    });
  }
}

bool DecodeReadLabel(std::string_view message, std::vector<std::pair<std::string, std::string>>* out) {
  auto& [name, value] = out->emplace_back();
  ProtoReader reader(message);
  while (reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kBytes):
        name = reader.bytes();
        break;
      case Tag(2, kBytes):
        value = reader.bytes();
        break;
      default:
        break;
    }
  }
  return reader.ok();
}

/// Floats and histograms come in lists of their own; together they are sorted by time.
absl::StatusOr<ReadSeries> DecodeReadSeries(std::string_view message) {
  std::vector<std::pair<std::string, std::string>> labels;
  std::vector<Sample> samples;
  WireHistogram wire;
  ProtoReader reader(message);
  while (reader.Next()) {
    if (reader.tag() == Tag(1, kBytes)) {
      if (!DecodeReadLabel(reader.bytes(), &labels)) {
        return DamagedRead();
      }
    } else if (reader.tag() == Tag(2, kBytes)) {
      Sample& sample = samples.emplace_back();
      ProtoReader inner(reader.bytes());
      while (inner.Next()) {
        if (inner.tag() == Tag(1, kFixed64)) {
          sample.value = inner.float64();
        } else if (inner.tag() == Tag(2, kVarint)) {
          sample.t = inner.int64();
        }
      }
      if (!inner.ok()) {
        return DamagedRead();
      }
    } else if (reader.tag() == Tag(4, kBytes)) {
      if (!DecodeHistogram(reader.bytes(), &wire)) {
        return DamagedRead();
      }
      FloatHistogram usable;
      RETURN_IF_ERROR(UsableHistogram(wire, &usable));
      samples.push_back({wire.t, usable.sum, std::make_shared<const FloatHistogram>(std::move(usable)), 0});
    }
  }
  if (!reader.ok()) {
    return DamagedRead();
  }
  std::stable_sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) { return a.t < b.t; });
  ReadSeries series;
  series.labels = Labels::FromPairs(std::move(labels));
  const bool has_histograms = std::any_of(samples.begin(), samples.end(), [](const Sample& s) { return s.histogram != nullptr; });
  for (Sample& sample : samples) {
    series.samples.timestamps.push_back(sample.t);
    series.samples.values.push_back(sample.value);
    if (has_histograms) {
      series.samples.histograms.push_back(std::move(sample.histogram));
    }
  }
  return series;
}

absl::StatusOr<std::vector<ReadSeries>> DecodeQueryResult(std::string_view message) {
  std::vector<ReadSeries> all;
  ProtoReader reader(message);
  while (reader.Next()) {
    if (reader.tag() == Tag(1, kBytes)) {
      ASSIGN_OR_RETURN(ReadSeries series, DecodeReadSeries(reader.bytes()));
      all.push_back(std::move(series));
    }
  }
  if (!reader.ok()) {
    return DamagedRead();
  }
  return all;
}

bool DecodeChunk(std::string_view message, WireChunk* chunk) {
  ProtoReader reader(message);
  while (reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kVarint):
        chunk->min_t = reader.int64();
        break;
      case Tag(2, kVarint):
        chunk->max_t = reader.int64();
        break;
      case Tag(3, kVarint):
        chunk->encoding = reader.uint64();
        break;
      case Tag(4, kBytes):
        chunk->data = reader.bytes();
        break;
      default:
        break;
    }
  }
  return reader.ok();
}

bool DecodeOneChunkedSeries(std::string_view message, ChunkedSeries* series) {
  std::vector<std::pair<std::string, std::string>> labels;
  ProtoReader reader(message);
  while (reader.Next()) {
    if (reader.tag() == Tag(1, kBytes) && !DecodeReadLabel(reader.bytes(), &labels)) {
      return false;
    }
    if (reader.tag() == Tag(2, kBytes) && !DecodeChunk(reader.bytes(), &series->chunks.emplace_back())) {
      return false;
    }
  }
  series->labels = Labels::FromPairs(std::move(labels));
  return reader.ok();
}

}  // namespace

absl::StatusOr<ReadRequest> DecodeReadRequest(std::string_view body) {
  ReadRequest request;
  ProtoReader reader(body);
  const auto add_type = [&request](uint64_t type) {
    request.accepted_types.push_back(type);
    return request.accepted_types.size() < kReadQueriesMax;
  };
  while (reader.Next()) {
    bool good = true;
    switch (reader.tag()) {
      case Tag(1, kBytes): {
        if (request.queries.size() == kReadQueriesMax) {
          return absl::InvalidArgumentError(Cat("more than ", kReadQueriesMax, " queries in one request"));
        }
        ASSIGN_OR_RETURN(ReadQuery query, DecodeReadQuery(reader.bytes()));
        request.queries.push_back(std::move(query));
        break;
      }
      case Tag(2, kVarint):
        good = add_type(reader.uint64());
        break;
      case Tag(2, kBytes):
        good = ReadPackedVarints(reader.bytes(), add_type);
        break;
      default:
        break;
    }
    if (!good) {
      return DamagedRead();
    }
  }
  if (!reader.ok()) {
    return DamagedRead();
  }
  return request;
}

std::string EncodeReadRequest(const ReadRequest& request) {
  std::string body;
  ProtoWriter writer(&body);
  for (const ReadQuery& query : request.queries) {
    writer.Message(1, [&query](ProtoWriter& out) {
      out.Int64(1, query.start);
      out.Int64(2, query.end);
      for (const Matcher& matcher : query.matchers) {
        out.Message(3, [&matcher](ProtoWriter& inner) {
          inner.Varint(1, static_cast<uint64_t>(matcher.type()));
          inner.Bytes(2, matcher.name());
          inner.Bytes(3, matcher.value());
        });
      }
    });
  }
  writer.PackedVarints(2, request.accepted_types);
  return body;
}

void EncodeReadSeries(std::span<const Label> labels, const SampleColumns& samples, ProtoWriter* writer) {
  EncodeReadLabels(labels, writer);
  for (size_t i = 0; i < samples.size(); ++i) {
    if (!samples.is_histogram(i)) {
      writer->Message(2, [&](ProtoWriter& inner) {
        inner.Double(1, samples.values[i]);
        inner.Int64(2, samples.timestamps[i]);
      });
    }
  }
  for (size_t i = 0; i < samples.size(); ++i) {
    if (samples.is_histogram(i)) {
      const FloatHistogram& histogram = *samples.histograms[i];
      writer->Message(4,
                      [&](ProtoWriter& inner) { EncodeHistogram(histogram, HasWholeCounts(histogram), samples.timestamps[i], 0, &inner); });
    }
  }
}

absl::StatusOr<std::vector<std::vector<ReadSeries>>> DecodeReadResponse(std::string_view body) {
  std::vector<std::vector<ReadSeries>> results;
  ProtoReader reader(body);
  while (reader.Next()) {
    if (reader.tag() == Tag(1, kBytes)) {
      ASSIGN_OR_RETURN(std::vector<ReadSeries> result, DecodeQueryResult(reader.bytes()));
      results.push_back(std::move(result));
    }
  }
  if (!reader.ok()) {
    return DamagedRead();
  }
  return results;
}

void AppendChunkedSeries(std::span<const Label> labels, std::span<const WireChunk> chunks, int64_t query_index, std::string* message) {
  ProtoWriter writer(message);
  writer.Message(1, [&](ProtoWriter& out) {
    EncodeReadLabels(labels, &out);
    for (const WireChunk& chunk : chunks) {
      out.Message(2, [&chunk](ProtoWriter& inner) {
        inner.Int64(1, chunk.min_t);
        inner.Int64(2, chunk.max_t);
        inner.Varint(3, chunk.encoding);
        inner.Bytes(4, chunk.data);
      });
    }
  });
  writer.Int64(2, query_index);
}

absl::StatusOr<ChunkedReadFrame> DecodeChunkedRead(std::string_view message) {
  ChunkedReadFrame frame;
  ProtoReader reader(message);
  while (reader.Next()) {
    if (reader.tag() == Tag(1, kBytes) && !DecodeOneChunkedSeries(reader.bytes(), &frame.series.emplace_back())) {
      return DamagedRead();
    }
    if (reader.tag() == Tag(2, kVarint)) {
      frame.query_index = reader.int64();
    }
  }
  if (!reader.ok()) {
    return DamagedRead();
  }
  return frame;
}

uint32_t Crc32c(std::string_view bytes) {
  // ISA-L does not change what it reads; its parameter only lacks the const.
  auto* data = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  return ~crc32_iscsi(data, static_cast<int>(bytes.size()), ~0u);
}

void AppendFrame(std::string_view message, std::string* out) {
  AppendVarint(message.size(), out);
  const uint32_t checksum = Crc32c(message);
  for (int shift = 24; shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(checksum >> shift));
  }
  out->append(message);
}

absl::StatusOr<bool> TakeFrame(std::string_view* stream, size_t bytes_max, std::string_view* message) {
  uint64_t size = 0;
  size_t at = 0;
  for (int shift = 0;; shift += 7) {
    if (shift >= 63) {
      return absl::InvalidArgumentError("chunkedReader: the length of a frame is damaged");
    }
    if (at == stream->size()) {
      return false;
    }
    const uint8_t byte = static_cast<uint8_t>((*stream)[at++]);
    size |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      break;
    }
  }
  if (size > bytes_max) {
    return absl::InvalidArgumentError(Cat("chunkedReader: message size exceeded the limit ", bytes_max, " bytes; got: ", size, " bytes"));
  }
  if (stream->size() - at < sizeof(uint32_t) + size) {
    return false;
  }
  uint32_t checksum = 0;
  for (size_t i = 0; i < sizeof(uint32_t); ++i) {
    checksum = checksum << 8 | static_cast<uint8_t>((*stream)[at++]);
  }
  *message = stream->substr(at, size);
  if (Crc32c(*message) != checksum) {
    return absl::InvalidArgumentError("chunkedReader: corrupted frame; checksum mismatch");
  }
  stream->remove_prefix(at + size);
  return true;
}

}  // namespace tocsin::wire
