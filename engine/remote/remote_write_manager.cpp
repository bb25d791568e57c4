#include "engine/remote/remote_write_manager.h"

#include <algorithm>

#include "base/log.h"
#include "base/secret.h"
#include "xxhash.h"

namespace tocsin {
namespace {

/// A queue is found again by its name and URL: other changes of its configuration do not make it begin anew.
std::string QueueKey(const RemoteWriteConfig& config) {
  const std::string text = config.name + '\0' + config.url;
  return Cat(absl::Hex(XXH3_64bits(text.data(), text.size()), absl::kZeroPad16));
}

}  // namespace

void RemoteWriteManager::Apply(const Config& config) {
  std::vector<std::unique_ptr<WriteQueue>> kept;
  std::vector<WriteQueueOptions> wanted;
  for (const RemoteWriteConfig& remote : config.remote_write) {
    WriteQueueOptions options;
    options.config = remote;
    if (options.config.name.empty()) {
      options.config.name = QueueKey(remote).substr(0, 6);
    }
    options.external_labels = config.global.external_labels;
    options.position_path =
        options_.storage_path.empty() ? "" : Cat(options_.storage_path, "/tocsin/remote-write-", QueueKey(remote), ".position");
    options.metadata = options_.metadata;
    const auto same = std::find_if(queues_.begin(), queues_.end(), [&options](const std::unique_ptr<WriteQueue>& queue) {
      return queue != nullptr && queue->options().config == options.config && queue->options().external_labels == options.external_labels;
    });
    if (same != queues_.end()) {
      kept.push_back(std::move(*same));
    } else {
      wanted.push_back(std::move(options));
    }
  }
  Stop();
  queues_ = std::move(kept);
  for (WriteQueueOptions& options : wanted) {
    LogInfo("Starting remote write", {{"remote_name", options.config.name}, {"url", RedactUrl(options.config.url)}});
    std::unique_ptr<WriteTransport> transport = MakeHttpWriteTransport(options.config, clock_);
    queues_.push_back(std::make_unique<WriteQueue>(std::move(options), store_, clock_, env_, std::move(transport), registry_));
  }
}

void RemoteWriteManager::Stop() {
  std::erase(queues_, nullptr);
  if (!queues_.empty()) {
    WriteQueue::StopAll(queues_, options_.flush_deadline_ms, clock_);
    queues_.clear();
  }
}

}  // namespace tocsin
