#include "engine/notify/send_loop.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "base/json/writer.h"
#include "base/log.h"
#include "base/text/time_text.h"

namespace tocsin {
namespace {

constexpr int64_t kNanosPerMillisecond = 1'000'000;
constexpr int kTooManyRequests = 429;
constexpr int kRequestTimeout = 408;

void AppendLabelMap(const Labels& labels, JsonWriter& json) {
  json.BeginObject();
  for (const Label& label : labels) {
    json.Key(label.name);
    json.String(label.value);
  }
  json.EndObject();
}

}  // namespace

std::string AlertsJson(const std::vector<rules::OutgoingAlert>& alerts) {
  std::string out;
  JsonWriter json(&out);
  json.BeginArray();
  for (const rules::OutgoingAlert& alert : alerts) {
    json.BeginObject();
    json.Key("annotations");
    AppendLabelMap(alert.annotations, json);
    json.Field("endsAt", FormatRfc3339Ms(alert.ends_at));
    json.Field("startsAt", FormatRfc3339Ms(alert.starts_at));
    json.Field("generatorURL", alert.generator_url);
    json.Key("labels");
    AppendLabelMap(alert.labels, json);
    json.EndObject();
  }
  json.EndArray();
  return out;
}

SendLoop::SendLoop(const std::string& url, DurationMs timeout_ms, const SendLoopOptions& options, std::shared_ptr<HttpClient> client,
                   const Clock& clock, NotifyMetrics& metrics)
    : url_(url),
      timeout_ms_(timeout_ms),
      options_(options),
      client_(std::move(client)),
      clock_(clock),
      metrics_(metrics.ForAlertmanager(url)),
      thread_([this] { Run(); }) {}

SendLoop::~SendLoop() {
  Stop(false);
  thread_.join();
}

void SendLoop::Add(const std::vector<rules::OutgoingAlert>& alerts) {
  const MutexLock lock(mu_);
  if (stopping_) {
    return;
  }
  queue_.insert(queue_.end(), alerts.begin(), alerts.end());
  if (queue_.size() > options_.queue_capacity) {
    const size_t too_many = queue_.size() - options_.queue_capacity;
    LogWarn("Alert notification queue full, dropping alerts", {{"alertmanager", url_}, {"count", static_cast<uint64_t>(too_many)}});
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<ptrdiff_t>(too_many));
    metrics_->CountDropped(too_many);
  }
  metrics_->SetQueueLength(queue_.size());
  changed_.NotifyOne();
}

void SendLoop::Stop(bool drain) {
  const MutexLock lock(mu_);
  if (stopping_) {
    return;
  }
  stopping_ = true;
  drain_until_ns_ = clock_.MonotonicNs() + timeout_ms_ * kNanosPerMillisecond;
  stop_.Stop();
  if (!drain) {
    abort_.Stop();
    DropQueue();
  }
  changed_.NotifyOne();
}

void SendLoop::DropQueue() {
  if (!queue_.empty()) {
    LogWarn("Alert notification queue not drained on shutdown, dropping alerts",
            {{"alertmanager", url_}, {"count", static_cast<uint64_t>(queue_.size())}});
    metrics_->CountDropped(queue_.size());
    queue_.clear();
  }
}

DurationMs SendLoop::TimeLeft() const {
  const MutexLock lock(mu_);
  if (!stopping_) {
    return timeout_ms_;
  }
  return std::min(timeout_ms_, std::max<DurationMs>(1, (drain_until_ns_ - clock_.MonotonicNs()) / kNanosPerMillisecond));
}

bool SendLoop::ended() const {
  const MutexLock lock(mu_);
  return ended_;
}

void SendLoop::Run() {
  while (true) {
    const Batch batch = NextBatch();
    if (batch.empty()) {
      break;
    }
    const Outcome outcome = Post(batch);
    if (outcome == Outcome::kSent) {
      pause_ms_ = 0;
    } else if (outcome == Outcome::kRefused || stop_.stopped()) {
      metrics_->CountDropped(batch.size());
    } else {
      Pause();
      PutBack(batch);
    }
  }
  const MutexLock lock(mu_);
  ended_ = true;
}

SendLoop::Batch SendLoop::NextBatch() {
  const MutexLock lock(mu_);
  DropOutlived();
  while (queue_.empty() && !stopping_) {
    changed_.Wait(mu_);
    DropOutlived();
  }
  if (stopping_ && clock_.MonotonicNs() >= drain_until_ns_) {
    DropQueue();
  }
  const auto count = static_cast<ptrdiff_t>(std::min(queue_.size(), options_.batch_size));
  Batch batch(std::make_move_iterator(queue_.begin()), std::make_move_iterator(queue_.begin() + count));
  queue_.erase(queue_.begin(), queue_.begin() + count);
  metrics_->SetQueueLength(queue_.size());
  return batch;
}

SendLoop::Outcome SendLoop::Post(const Batch& batch) {
  HttpRequest request;
  request.method = "POST";
  request.url = url_;
  request.headers = {{"Content-Type", "application/json"}, {"User-Agent", "Tocsin"}};
  request.body = AlertsJson(batch);
  request.timeout_ms = TimeLeft();
  const int64_t started_ns = clock_.MonotonicNs();
  const auto response = client_->Do(request, &abort_);
  if (response.ok() && response->ok()) {
    metrics_->CountSent(batch.size(), static_cast<double>(clock_.MonotonicNs() - started_ns) / 1e9);
    return Outcome::kSent;
  }
  metrics_->CountErrors(batch.size());
  if (!response.ok()) {
    LogError("Error sending alerts", {{"alertmanager", url_}, {"count", static_cast<uint64_t>(batch.size())}, {"err", response.status()}});
    return Outcome::kMayPass;
  }
  LogError("Error sending alerts", {{"alertmanager", url_},
                                    {"count", static_cast<uint64_t>(batch.size())},
                                    {"err", Cat("bad response status ", response->status_text)}});
  const bool refused = response->status / 100 == 4 && response->status != kTooManyRequests && response->status != kRequestTimeout;
  return refused ? Outcome::kRefused : Outcome::kMayPass;
}

bool SendLoop::Outlived(const rules::OutgoingAlert& alert, TimestampMs now) {
  return alert.resolved ? now - alert.ends_at > kResolvedTriesMs : now >= alert.ends_at;
}

void SendLoop::DropOutlived() {
  const TimestampMs now = clock_.NowMs();
  metrics_->CountDropped(std::erase_if(queue_, [now](const rules::OutgoingAlert& alert) { return Outlived(alert, now); }));
}

void SendLoop::PutBack(Batch batch) {
  const TimestampMs now = clock_.NowMs();
  const MutexLock lock(mu_);
  absl::flat_hash_set<Labels> newer;
  for (const rules::OutgoingAlert& alert : queue_) {
    newer.insert(alert.labels);
  }
  const size_t before = batch.size();
  // Within the batch too only the last word on an alert is worth another try.
  std::reverse(batch.begin(), batch.end());
  std::erase_if(batch, [&](const rules::OutgoingAlert& alert) { return Outlived(alert, now) || !newer.insert(alert.labels).second; });
  std::reverse(batch.begin(), batch.end());
  metrics_->CountDropped(before - batch.size());
  const size_t room = options_.queue_capacity - std::min(queue_.size(), options_.queue_capacity);
  if (batch.size() > room) {
    metrics_->CountDropped(batch.size() - room);
    batch.erase(batch.begin(), batch.end() - static_cast<ptrdiff_t>(room));
  }
  queue_.insert(queue_.begin(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
  metrics_->SetQueueLength(queue_.size());
}

void SendLoop::Pause() {
  pause_ms_ = std::min(std::max(pause_ms_ * 2, kFirstPauseMs), kLongestPauseMs);
  clock_.WaitUntil(clock_.NowMs() + pause_ms_, stop_);
}

}  // namespace tocsin
