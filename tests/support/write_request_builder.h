#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/compress/compress.h"
#include "base/wire/histogram_wire.h"
#include "base/wire/proto_writer.h"

namespace tocsin::test {

using LabelPairs = std::vector<std::pair<std::string, std::string>>;

/// One series of a request of either version, for tests.
struct SeriesToSend {
  LabelPairs labels;
  struct Sample {
    double value;
    TimestampMs t;
    TimestampMs start_t = 0;
  };
  std::vector<Sample> samples;
  std::vector<std::string> histograms;  // messages
  struct SentExemplar {
    LabelPairs labels;
    double value;
    TimestampMs t;
  };
  std::vector<SentExemplar> exemplars;
  bool has_metadata = false;
  uint64_t type = 0;
  std::string help;
  std::string unit;
};

inline std::string EncodeV1(const std::vector<SeriesToSend>& all) {
  std::string body;
  wire::ProtoWriter writer(&body);
  const auto write_labels = [](wire::ProtoWriter& out, const LabelPairs& labels) {
    for (const auto& [name, value] : labels) {
      out.Message(1, [&](wire::ProtoWriter& label) {
        label.Bytes(1, name);
        label.Bytes(2, value);
      });
    }
  };
  for (const SeriesToSend& series : all) {
    writer.Message(1, [&](wire::ProtoWriter& out) {
      write_labels(out, series.labels);
      for (const SeriesToSend::Sample& sample : series.samples) {
        out.Message(2, [&](wire::ProtoWriter& inner) {
          inner.Double(1, sample.value);
          inner.Int64(2, sample.t);
        });
      }
      for (const SeriesToSend::SentExemplar& exemplar : series.exemplars) {
        out.Message(3, [&](wire::ProtoWriter& inner) {
          write_labels(inner, exemplar.labels);
          inner.Double(2, exemplar.value);
          inner.Int64(3, exemplar.t);
        });
      }
      for (const std::string& histogram : series.histograms) {
        out.BytesAlways(4, histogram);
      }
    });
  }
  return body;
}

inline std::string EncodeV2(const std::vector<SeriesToSend>& all) {
  std::vector<std::string> symbols = {""};
  std::map<std::string, uint64_t> refs = {{"", 0}};
  const auto ref_of = [&](const std::string& text) {
    const auto [found, is_new] = refs.emplace(text, symbols.size());
    if (is_new) {
      symbols.push_back(text);
    }
    return found->second;
  };
  const auto refs_of = [&](const LabelPairs& labels) {
    std::vector<uint64_t> result;
    for (const auto& [name, value] : labels) {
      result.push_back(ref_of(name));
      result.push_back(ref_of(value));
    }
    return result;
  };
  std::string body;
  wire::ProtoWriter writer(&body);
  for (const SeriesToSend& series : all) {
    writer.Message(5, [&](wire::ProtoWriter& out) {
      out.PackedVarints(1, refs_of(series.labels));
      for (const SeriesToSend::Sample& sample : series.samples) {
        out.Message(2, [&](wire::ProtoWriter& inner) {
          inner.Double(1, sample.value);
          inner.Int64(2, sample.t);
          inner.Int64(3, sample.start_t);
        });
      }
      for (const std::string& histogram : series.histograms) {
        out.BytesAlways(3, histogram);
      }
      for (const SeriesToSend::SentExemplar& exemplar : series.exemplars) {
        out.Message(4, [&](wire::ProtoWriter& inner) {
          inner.PackedVarints(1, refs_of(exemplar.labels));
          inner.Double(2, exemplar.value);
          inner.Int64(3, exemplar.t);
        });
      }
      if (series.has_metadata) {
        out.Message(5, [&](wire::ProtoWriter& inner) {
          inner.Varint(1, series.type);
          inner.Varint(3, ref_of(series.help));
          inner.Varint(4, ref_of(series.unit));
        });
      }
    });
  }
  for (const std::string& symbol : symbols) {
    writer.BytesAlways(4, symbol);
  }
  return body;
}

inline std::string Snappy(std::string_view body) {
  std::string packed;
  SnappyEncode(body, &packed);
  return packed;
}

}  // namespace tocsin::test
