#include "api/receive/remote_write_receiver.h"

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <algorithm>

#include "api/receive/series_writer.h"
#include "base/compress/compress.h"
#include "base/log.h"
#include "base/status.h"

namespace tocsin {
namespace {

/// Of the errors of one request, in the log; the sender is told all.
constexpr size_t kLoggedErrorBytes = 1000;

/// Status codes travel through callbacks as absl codes: INVALID_ARGUMENT 400, all else 500.
int WriteStatusCode(const absl::Status& status) { return absl::IsInvalidArgument(status) ? 400 : 500; }

http::Response TooManyRequests() {
  http::Response response = WriteError(429, AppendResultText(AppendResult::kMemoryLimit));
  response.Set("Retry-After", kWriteRetryAfterSeconds);
  return response;
}

absl::Status AppendError(AppendResult result, std::string text) {
  return IsBadSample(result) ? absl::InvalidArgumentError(text) : absl::InternalError(text);
}

/// Exemplars in 1.0 are never a reason to fail.
void AppendExemplarsV1(const wire::WriteSeries& series, SeriesWriter* writer) {
  std::vector<Label> labels;
  for (const wire::WriteExemplar& exemplar : series.exemplars) {
    if (!wire::ExemplarLabels(exemplar, nullptr, &labels).ok() || writer->AppendExemplar(exemplar, &labels) != AppendResult::kOk) {
      LogDebug("Error while adding an exemplar from remote write", {{"series", LabelsText(series.labels)}});
    }
  }
}

absl::Status AppendSeriesV1(const wire::WriteSeries& series, TimestampMs time_max, SeriesWriter* writer) {
  for (const wire::WriteSample& sample : series.samples) {
    const AppendResult result = writer->AppendSample(sample);
    if (result != AppendResult::kOk) {
      return AppendError(result, WriteResultText(result, sample.t, time_max));
    }
  }
  AppendExemplarsV1(series, writer);
  for (const std::string_view histogram : series.histograms) {
    std::string error;
    const AppendResult result = writer->AppendHistogram(histogram, &error);
    if (result != AppendResult::kOk) {
      return AppendError(result, error);
    }
  }
  return absl::OkStatus();
}

/// One 2.0 request on its way into the store.
class RequestV2 {
 public:
  RequestV2(const RemoteWriteOptions& options, Appender& appender, TimestampMs time_max)
      : options_(options), time_max_(time_max), writer_(appender, time_max) {}

  absl::Status Decode(std::string_view body) {
    return wire::DecodeWriteRequestV2(body, &symbols_, [this](wire::WriteSeries& series) { return AddSeries(series); });
  }

  const WrittenCounts& written() const { return written_; }
  const WriteErrors& errors() const { return errors_; }
  bool refused_for_memory() const { return writer_.refused_for_memory(); }
  size_t invalid_label_samples() const { return invalid_label_samples_; }

 private:
  /// An error ends the request and rolls it back; what is only wrong with this series goes to errors_.
  absl::Status AddSeries(wire::WriteSeries& series) {
    if (const absl::Status resolved = wire::ResolveLabels(series.label_refs, symbols_, &series.labels); !resolved.ok()) {
      return RefuseSeries(series, Cat("parsing labels for series ", wire::LabelRefsText(series.label_refs), ": ", Message(resolved)));
    }
    if (std::string problem = CheckMetadata(series.metadata); !problem.empty()) {
      errors_.Add(Cat("parsing metadata for series ", wire::LabelRefsText(series.label_refs), ": ", problem));
      return absl::OkStatus();
    }
    if (options_.type_and_unit_labels) {
      AddTypeAndUnit(&series);
    }
    const CheckedLabels checked = CheckSeriesLabels(&series.labels);
    if (!checked.problem.empty()) {
      return RefuseSeries(series, checked.problem);
    }
    const bool has_samples = !series.samples.empty() || !series.histograms.empty();
    if (!has_samples && series.exemplars.empty()) {
      if (!series.metadata.present) {
        errors_.Add(Cat("TimeSeries must contain at least one sample or histogram for series ", LabelsText(series.labels)));
      }
      return absl::OkStatus();
    }
    const AppendResult opened = writer_.Open(checked.labels);
    if (opened == AppendResult::kMemoryLimit) {
      return absl::OkStatus();
    }
    if (opened != AppendResult::kOk) {
      return AppendError(opened, std::string(AppendResultText(opened)));
    }
    RETURN_IF_ERROR(AddSamples(series));
    AddExemplars(series);
    if (options_.store_metadata && series.metadata.present) {
      writer_.SetMetadata({std::string(wire::MetricTypeWord(series.metadata.type)), std::string(symbols_[series.metadata.help_ref]),
                           std::string(symbols_[series.metadata.unit_ref])});
    }
    return absl::OkStatus();
  }

  absl::Status RefuseSeries(const wire::WriteSeries& series, std::string_view problem) {
    errors_.Add(problem);
    invalid_label_samples_ += series.samples.size() + series.histograms.size();
    return absl::OkStatus();
  }

  std::string CheckMetadata(const wire::WriteMetadata& metadata) const {
    if (!metadata.present) {
      return "";
    }
    if (metadata.unit_ref >= symbols_.size()) {
      return Cat("metadata unit_ref ", metadata.unit_ref, " outside of symbols table (size ", symbols_.size(), ")");
    }
    if (metadata.help_ref >= symbols_.size()) {
      return Cat("metadata help_ref ", metadata.help_ref, " outside of symbols table (size ", symbols_.size(), ")");
    }
    return "";
  }

  void AddTypeAndUnit(wire::WriteSeries* series) const {
    const std::string_view type = wire::MetricTypeWord(series->metadata.type);
    const std::string_view unit = series->metadata.present ? symbols_[series->metadata.unit_ref] : "";
    const bool known_type = type != wire::MetricTypeWord(0);
    if (!known_type && unit.empty()) {
      return;
    }
    std::erase_if(series->labels, [](const Label& label) { return label.name == "__type__" || label.name == "__unit__"; });
    if (known_type) {
      series->labels.push_back({"__type__", type});
    }
    if (!unit.empty()) {
      series->labels.push_back({"__unit__", unit});
    }
  }

  /// Counts a bad sample; the error of a failure that ends the request.
  absl::Status Note(AppendResult result, std::string_view text, const wire::WriteSeries& series, size_t* written) {
    if (result == AppendResult::kOk) {
      ++*written;
      return absl::OkStatus();
    }
    if (!IsBadSample(result)) {
      return absl::InternalError(av(text));
    }
    errors_.Add(Cat(text, " for series ", LabelsText(series.labels)));
    return absl::OkStatus();
  }

  absl::Status AddSamples(const wire::WriteSeries& series) {
    for (const wire::WriteSample& sample : series.samples) {
      const AppendResult result = writer_.AppendSample(sample);
      if (result == AppendResult::kOk) [[likely]] {
        ++written_.samples;
        continue;
      }
      RETURN_IF_ERROR(Note(result, WriteResultText(result, sample.t, time_max_), series, &written_.samples));
    }
    for (const std::string_view histogram : series.histograms) {
      std::string error;
      const AppendResult result = writer_.AppendHistogram(histogram, &error);
      RETURN_IF_ERROR(Note(result, error, series, &written_.histograms));
    }
    return absl::OkStatus();
  }

  void AddExemplars(const wire::WriteSeries& series) {
    std::vector<Label> labels;
    for (const wire::WriteExemplar& exemplar : series.exemplars) {
      if (const absl::Status parsed = wire::ExemplarLabels(exemplar, &symbols_, &labels); !parsed.ok()) {
        errors_.Add(Cat("parsing exemplar for series ", LabelsText(series.labels), ": ", Message(parsed)));
        continue;
      }
      const AppendResult result = writer_.AppendExemplar(exemplar, &labels);
      if (result == AppendResult::kOk || result == AppendResult::kDuplicate) {
        ++written_.exemplars;
      } else if (result == AppendResult::kOutOfOrder || result == AppendResult::kTooOld) {
        errors_.Add(Cat("out of order exemplar for series ", LabelsText(series.labels)));
      }
    }
  }

  const RemoteWriteOptions& options_;
  TimestampMs time_max_;
  SeriesWriter writer_;
  std::vector<std::string_view> symbols_;
  WrittenCounts written_;
  WriteErrors errors_;
  size_t invalid_label_samples_ = 0;
};

prometheus::Counter& MakeCounter(prometheus::Registry& metrics, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(metrics).Add({});
}

}  // namespace

RemoteWriteReceiver::RemoteWriteReceiver(RemoteWriteOptions options, Appendable& store, const Clock& clock, prometheus::Registry& metrics)
    : options_(std::move(options)),
      store_(store),
      clock_(clock),
      invalid_label_samples_(
          MakeCounter(metrics, "prometheus_api_remote_write_invalid_labels_samples_total",
                      "The total number of received remote write samples and histogram samples which were rejected due to "
                      "invalid labels.")) {
  // Every sample that is written has its metadata written too where that is kept, so that this one stays at zero.
  MakeCounter(
      metrics, "prometheus_api_remote_write_without_metadata_appended_samples_total",
      "The total number of received remote write samples (and histogram samples) which were ingested without corresponding metadata.");
}

http::Response RemoteWriteReceiver::Handle(const http::Request& request) {
  const std::string_view encoding = request.Header("Content-Encoding");
  if (!encoding.empty() && encoding != "snappy") {
    return WriteError(415, Cat(encoding, " encoding (compression) is not accepted by this server; only snappy is acceptable"));
  }
  const absl::StatusOr<std::string_view> message = ParseWriteContentType(request.Header("Content-Type"));
  if (!message.ok()) {
    return WriteError(415, Message(message.status()));
  }
  const std::vector<std::string>& accepted = options_.accepted_messages;
  if (std::find(accepted.begin(), accepted.end(), *message) == accepted.end()) {
    std::string list;
    for (const std::string& name : accepted) {
      Append(&list, list.empty() ? "" : ", ", name);
    }
    return WriteError(415, Cat(*message, " protobuf message is not accepted by this server; only accepts ", list));
  }
  std::string body;
  if (const absl::Status decoded = SnappyDecode(request.body, kWriteDecodedBytesMax, &body); !decoded.ok()) {
    return absl::IsResourceExhausted(decoded) ? WriteError(413, "snappy: decoded block is too large")
                                              : WriteError(400, "snappy: corrupt input");
  }
  return *message == kWriteV1 ? WriteV1(body) : WriteV2(body);
}

http::Response RemoteWriteReceiver::WriteV1(std::string_view body) {
  const TimestampMs time_max = clock_.NowMs() + kWriteAheadMax;
  const std::unique_ptr<Appender> appender = store_.OpenAppender();
  SeriesWriter writer(*appender, time_max);
  const absl::Status written = wire::DecodeWriteRequest(
      body,
      [&](wire::WriteSeries& series) -> absl::Status {
        const CheckedLabels checked = CheckSeriesLabels(&series.labels);
        if (!checked.problem.empty()) {
          LogWarn("Invalid metric names or labels from remote write", {{"problem", checked.problem}});
          invalid_label_samples_.Increment();
          return absl::OkStatus();
        }
        const AppendResult opened = writer.Open(checked.labels);
        if (opened == AppendResult::kMemoryLimit) {
          return absl::OkStatus();
        }
        if (opened != AppendResult::kOk) {
          return AppendError(opened, std::string(AppendResultText(opened)));
        }
        return AppendSeriesV1(series, time_max, &writer);
      },
      nullptr);
  if (!written.ok()) {
    appender->Rollback();
    LogError("Error in a remote write request", {{"err", written}});
    return WriteError(WriteStatusCode(written), Message(written));
  }
  if (const absl::Status committed = appender->Commit(); !committed.ok()) {
    return WriteError(503, Message(committed));
  }
  return writer.refused_for_memory() ? TooManyRequests() : http::Response{.status = 204};
}

http::Response RemoteWriteReceiver::WriteV2(std::string_view body) {
  const std::unique_ptr<Appender> appender = store_.OpenAppender();
  RequestV2 request(options_, *appender, clock_.NowMs() + kWriteAheadMax);
  const auto answer = [](http::Response response, const WrittenCounts& counts) {
    SetWrittenHeaders(counts, &response);
    return response;
  };
  const absl::Status decoded = request.Decode(body);
  invalid_label_samples_.Increment(static_cast<double>(request.invalid_label_samples()));
  if (!decoded.ok()) {
    appender->Rollback();
    LogError("Error in a remote write request", {{"err", decoded}});
    return answer(WriteError(WriteStatusCode(decoded), Message(decoded)), {});
  }
  if (const absl::Status committed = appender->Commit(); !committed.ok()) {
    return answer(WriteError(503, Message(committed)), {});
  }
  if (request.refused_for_memory()) {
    return answer(TooManyRequests(), request.written());
  }
  if (!request.errors().empty()) {
    const std::string text = request.errors().Text();
    LogError("Remote write request with errors", {{"err", text.substr(0, kLoggedErrorBytes)}});
    return answer(WriteError(400, text), request.written());
  }
  return answer(http::Response{.status = 204}, request.written());
}

}  // namespace tocsin
