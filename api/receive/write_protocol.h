#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "api/http/message.h"

namespace tocsin {

class MemoryShare;

/// What both versions of remote write have in common: headers in, answers out.
/// Sources: https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/ and client_golang's exp/api/remote for the texts.

inline constexpr std::string_view kWriteV1 = "prometheus.WriteRequest";
inline constexpr std::string_view kWriteV2 = "io.prometheus.write.v2.Request";

struct RemoteWriteOptions {
  /// --web.remote-write-receiver.accepted-protobuf-messages
  std::vector<std::string> accepted_messages = {std::string(kWriteV1), std::string(kWriteV2)};
  bool type_and_unit_labels = false;  ///< feature type-and-unit-labels: 2.0's metadata as labels __type__ and __unit__
  bool start_timestamps = true;       ///< the store uses start timestamps (features st-storage, created-timestamp-zero-ingestion)
  bool store_metadata = false;        ///< feature metadata-wal-records
  MemoryShare* bodies = nullptr;      ///< of unpacked bodies under way, outlives the receiver; null: no limit
};

/// The message that a Content-Type names; without a `proto` parameter 1.0. The error is the text of a 415 answer.
absl::StatusOr<std::string_view> ParseWriteContentType(std::string_view content_type);

/// What a 2.0 request wrote.
struct WrittenCounts {
  size_t samples = 0;
  size_t histograms = 0;
  size_t exemplars = 0;
};

/// The X-Prometheus-Remote-Write-...-Written headers.
void SetWrittenHeaders(const WrittenCounts& counts, http::Response* response);

/// As Go's http.Error: plain text with a line end.
http::Response WriteError(int status, std::string_view text);

/// Error lines of one request, joined. Text beyond kErrorBytesMax is left out and counted in a last line.
class WriteErrors {
 public:
  static constexpr size_t kErrorBytesMax = 64 * 1024;

  void Add(std::string_view text);
  bool empty() const { return count_ == 0; }
  std::string Text() const;

 private:
  std::string text_;
  size_t count_ = 0;
  size_t left_out_ = 0;
};

}  // namespace tocsin
