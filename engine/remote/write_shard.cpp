#include "engine/remote/write_shard.h"

#include <algorithm>

#include "base/log.h"
#include "base/secret.h"

namespace tocsin {
namespace {

/// How often waits look whether the queue is to stop.
constexpr std::chrono::milliseconds kStopCheck{200};

void RaiseTo(std::atomic<TimestampMs>* highest, TimestampMs t) {
  TimestampMs seen = highest->load();
  while (seen < t && !highest->compare_exchange_weak(seen, t)) {
  }
}

}  // namespace

WriteShard::WriteShard(ShardContext& context, size_t batches_max)
    : context_(context), batches_max_(batches_max), thread_([this] { Run(); }) {}

WriteShard::~WriteShard() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

bool WriteShard::Push(WriteBatch batch) {
  MutexLock lock(mu_);
  if (batches_.size() >= batches_max_) {
    context_.metrics.EnqueueRetry();
  }
  while (batches_.size() >= batches_max_) {
    if (context_.stop.stopped()) {
      return false;
    }
    changed_.WaitFor(mu_, kStopCheck);
  }
  context_.metrics.AddPending(batch.Count(), 1);
  batches_.push_back(std::move(batch));
  changed_.NotifyAll();
  return true;
}

bool WriteShard::WaitEmpty() {
  MutexLock lock(mu_);
  while (!batches_.empty() || sending_) {
    if (context_.stop.stopped()) {
      return false;
    }
    changed_.WaitFor(mu_, kStopCheck);
  }
  return true;
}

void WriteShard::Run() {
  while (true) {
    WriteBatch batch;
    {
      MutexLock lock(mu_);
      while (batches_.empty() && !stopping_) {
        changed_.Wait(mu_);
      }
      if (stopping_) {
        return;
      }
      batch = std::move(batches_.front());
      batches_.pop_front();
      sending_ = true;
      changed_.NotifyAll();
    }
    const WriteBatch::Counts counts = batch.Count();
    SendUntilDone(batch);
    context_.metrics.AddPending(counts, -1);
    MutexLock lock(mu_);
    sending_ = false;
    changed_.NotifyAll();
  }
}

void WriteShard::DropOldSamples(WriteBatch* batch) const {
  const DurationMs limit = context_.config.queue.sample_age_limit_ms;
  if (limit == 0) {
    return;
  }
  const TimestampMs oldest = context_.clock.NowMs() - limit;
  WriteBatch dropped;
  const auto is_old = [&](const OutgoingSample& sample) { return sample.t < oldest; };
  std::copy_if(batch->samples.begin(), batch->samples.end(), std::back_inserter(dropped.samples), is_old);
  std::erase_if(batch->samples, is_old);
  context_.metrics.AddDropped(WriteMetrics::DropReason::kTooOld, dropped.Count());
}

void WriteShard::SendUntilDone(const WriteBatch& original) {
  WriteBatch batch = original;
  DurationMs backoff = context_.config.queue.min_backoff_ms;
  for (int attempt = 0;; ++attempt) {
    DropOldSamples(&batch);
    if (batch.samples.empty()) {
      return;
    }
    const RemoteWriteMessage message = context_.message;
    const std::string body = EncodeWriteBatch(batch, message);
    const WriteBatch::Counts counts = batch.Count();
    const int64_t started = context_.clock.MonotonicNs();
    const WriteOutcome outcome = context_.transport.Send(body, message, attempt, context_.stop);
    const int64_t took = context_.clock.MonotonicNs() - started;
    context_.metrics.ObserveSend(static_cast<double>(took) / 1e9, body.size());
    context_.send_ns += took;
    switch (outcome.kind) {
      case WriteOutcome::Kind::kDone:
        context_.sent_samples += batch.samples.size();
        context_.metrics.Add(WriteMetrics::Event::kSent, counts);
        for (const OutgoingSample& sample : batch.samples) {
          RaiseTo(&context_.highest_sent, sample.t);
        }
        context_.metrics.SetHighestSent(context_.highest_sent);
        return;
      case WriteOutcome::Kind::kStopped:
        return;
      case WriteOutcome::Kind::kUnsupported:
        if (message == RemoteWriteMessage::kV2) {
          LogWarn("The receiver does not take remote write 2.0; going on with 1.0",
                  {{"url", RedactUrl(context_.config.url)}, {"err", outcome.error}});
          context_.message = RemoteWriteMessage::kV1;
          continue;
        }
        [[fallthrough]];
      case WriteOutcome::Kind::kRefused:
        LogError("non-recoverable error", {{"url", RedactUrl(context_.config.url)},
                                           {"failedSampleCount", static_cast<uint64_t>(counts.samples)},
                                           {"failedHistogramCount", static_cast<uint64_t>(counts.histograms)},
                                           {"err", outcome.error}});
        context_.metrics.Add(WriteMetrics::Event::kFailed, counts);
        return;
      case WriteOutcome::Kind::kRetry:
        LogWarn("Failed to send batch, retrying", {{"url", RedactUrl(context_.config.url)}, {"err", outcome.error}});
        context_.metrics.Add(WriteMetrics::Event::kRetried, counts);
        if (!WaitBeforeRetry(&backoff, outcome.retry_after_ms)) {
          return;
        }
        break;
    }
  }
}

bool WriteShard::WaitBeforeRetry(DurationMs* backoff, DurationMs retry_after) {
  const DurationMs wait = retry_after > 0 ? retry_after : *backoff;
  *backoff = std::min(*backoff * 2, context_.config.queue.max_backoff_ms);
  return context_.clock.WaitUntil(context_.clock.NowMs() + wait, context_.stop);
}

}  // namespace tocsin
