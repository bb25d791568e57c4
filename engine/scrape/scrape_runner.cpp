#include "engine/scrape/scrape_runner.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "base/compress/compress.h"
#include "base/log.h"
#include "base/memory_budget.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text/float_text.h"
#include "engine/scrape/body_pieces.h"
#include "engine/scrape/body_spill.h"

namespace tocsin {
namespace {

constexpr std::string_view kUserAgent = "Prometheus/3.14.0";
constexpr DurationMs kAlignToleranceMs = 2;
/// A target's connection is kept for its next scrape, and some for what is not scraped regularly.
constexpr size_t kSpareConnections = 100;

}  // namespace

/// A target in the schedule. Only one scrape of it is under way at a time; that one alone changes
/// what is not atomic.
struct ScrapeRunner::Run {
  ScrapeTargetPtr target;
  TimestampMs moment = 0;
  DurationMs metrics_interval_ms = 0;  ///< Which the next two are of.
  prometheus::Summary* interval_length = nullptr;
  prometheus::Histogram* interval_length_histogram = nullptr;
  std::atomic<bool> ends_series{true};  ///< Set before `ended`.
  std::atomic<bool> ended{false};
};

struct ScrapeRunner::Answer {
  TimestampMs t = 0;  ///< Of its samples.
  int64_t start_ns = 0;
  absl::StatusOr<HttpResponse> response;
  std::shared_ptr<BodySpill> spill;    ///< Counts what memory holds of it.
  std::string body;                    ///< The exposition, or room for its pieces.
  std::shared_ptr<BodyPieces> pieces;  ///< Of an exposition that is too large to be held whole.
};

ScrapeRunner::ScrapeRunner(const ScrapeManager::Options& options, Appendable& storage, const Clock& clock, ScrapeMetrics& metrics)
    : options_(options),
      storage_(storage),
      clock_(clock),
      metrics_(metrics),
      bodies_(options.memory_budget == nullptr ? unlimited_ : options.memory_budget->bodies()),
      workers_(std::max<size_t>(1, options.workers)),
      scheduler_(clock),
      transfers_(std::make_unique<HttpTransfers>(HttpTransfers::Limits{options.transfers_max, kSpareConnections})) {}

ScrapeRunner::~ScrapeRunner() { Stop(); }

void ScrapeRunner::Stop() {
  stopping_ = true;
  scheduler_.Stop();
  transfers_.reset();
  workers_.Stop();
}

void ScrapeRunner::SetTargetCount(size_t targets) {
  if (!stopping_) {
    transfers_->SetConnectionsMax(targets + kSpareConnections);
  }
}

void ScrapeRunner::RunAt(TimestampMs when, std::function<void()> what) {
  scheduler_.At(when, [this, what = std::move(what)] { workers_.Run(what); });
}

DurationMs ScrapeRunner::UntilFirst(const Target& target) const {
  const std::string key = target.Key();
  const auto interval = static_cast<uint64_t>(target.interval_ms);
  const uint64_t offset = (XXH3_64bits(key.data(), key.size()) ^ offset_seed_.load()) % interval;
  const uint64_t until = interval - static_cast<uint64_t>(clock_.NowMs()) % interval + offset;
  return static_cast<DurationMs>(until > interval ? until - interval : until);
}

void ScrapeRunner::Begin(const ScrapeTargetPtr& target) {
  auto run = std::make_shared<Run>();
  run->target = target;
  {
    MutexLock lock(mu_);
    runs_[target.get()] = run;
  }
  ScheduleNext(run, clock_.NowMs() + UntilFirst(*target->target()));
}

void ScrapeRunner::ScheduleNext(const RunPtr& run, TimestampMs when) {
  run->moment = when;
  scheduler_.At(when, [this, run] { StartScrape(run); });
}

bool ScrapeRunner::Retire(const ScrapeTargetPtr& target, bool ends_series) {
  MutexLock lock(mu_);
  const auto found = runs_.find(target.get());
  if (found == runs_.end()) {
    return false;
  }
  found->second->ends_series = ends_series;
  found->second->ended = true;
  runs_.erase(found);
  return true;
}

void ScrapeRunner::End(const ScrapeTargetPtr& target) {
  if (Retire(target, /*ends_series=*/true)) {
    ScheduleEnd(target);
  }
}

void ScrapeRunner::ScheduleEnd(const ScrapeTargetPtr& target) {
  const TimestampMs last = target->status().last_scrape;
  if (last == 0) {
    return;
  }
  const std::shared_ptr<const Target> definition = target->target();
  const std::string key = AdoptKey(*definition);
  const std::shared_ptr<ScrapeState>& state = target->state();
  {
    MutexLock lock(mu_);
    ended_[key] = state;
  }
  // The markers have the time at which the next scrape would have been; they wait until another one would have come, in case it does.
  const DurationMs interval_ms = definition->interval_ms;
  const TimestampMs t = last + interval_ms;
  RunAt(t + interval_ms + interval_ms / 10, [this, key, state, t] { EndSeries(key, state, t); });
}

std::shared_ptr<ScrapeState> ScrapeRunner::Adopt(const Target& target) {
  MutexLock lock(mu_);
  const auto found = ended_.find(AdoptKey(target));
  if (found == ended_.end()) {
    return nullptr;
  }
  std::shared_ptr<ScrapeState> state = std::move(found->second);
  ended_.erase(found);
  return state;
}

void ScrapeRunner::EndSeries(const std::string& adopt_key, const std::shared_ptr<ScrapeState>& state, TimestampMs t) {
  {
    MutexLock lock(mu_);
    const auto found = ended_.find(adopt_key);
    if (found == ended_.end() || found->second != state) {
      return;
    }
    ended_.erase(found);
  }
  const std::unique_ptr<Appender> appender = storage_.OpenAppender();
  MutexLock lock(state->mu);
  EndAllSeries(&state->memory.lines, t, appender.get());
  state->report.AppendEnd(t, appender.get());
  if (const absl::Status status = appender->Commit(); !status.ok()) {
    LogWarn("Stale commit failed", {{"err", status}});
  }
}

void ScrapeRunner::StartScrape(const RunPtr& run) {
  if (run->ended || stopping_) {
    return;
  }
  const std::shared_ptr<const Target> target = run->target->target();
  const std::shared_ptr<const PoolSettings> settings = run->target->settings();
  const TimestampMs now = clock_.NowMs();
  Answer answer;
  answer.start_ns = clock_.MonotonicNs();
  answer.t = now - run->moment <= std::min(kAlignToleranceMs, target->interval_ms / 100) ? run->moment : now;
  if (std::string error = run->target->forced_error(); !error.empty()) {
    answer.response = absl::FailedPreconditionError(error);
    workers_.Run([this, run, answer = std::move(answer)]() mutable { Finish(run, std::move(answer)); });
    return;
  }
  HttpRequest request;
  request.url = target->url;
  request.unix_socket = target->unix_socket;
  request.timeout_ms = target->timeout_ms;
  request.body_bytes_max = settings->config->limits.body_size_bytes;
  request.decode_content = false;
  request.headers = {{"Accept", settings->accept},
                     {"Accept-Encoding", settings->config->enable_compression ? "gzip" : "identity"},
                     {"User-Agent", std::string(kUserAgent)},
                     {"X-Prometheus-Scrape-Timeout-Seconds", GoFloat(static_cast<double>(target->timeout_ms) / 1000, 'f')}};
  answer.spill = std::make_shared<BodySpill>(bodies_, options_.spill_folder);
  request.overflow = answer.spill;
  transfers_->Start(settings->client, std::move(request), buffers_.Take(),
                    [this, run, answer = std::move(answer)](absl::StatusOr<HttpResponse> response) mutable {
                      answer.response = std::move(response);
                      workers_.Run([this, run, answer = std::move(answer)]() mutable { Finish(run, std::move(answer)); });
                    });
}

/// Checks the status and undoes the compression: answer->body gets the exposition, or answer->pieces where there is no room for it.
absl::Status ScrapeRunner::ReadAnswer(const PoolSettings& settings, Answer* answer) {
  RETURN_IF_ERROR(answer->response.status());
  HttpResponse& response = *answer->response;
  if (response.status != 200) {
    return absl::UnavailableError(av(Cat("server returned HTTP status ", response.status_text)));
  }
  const std::string_view encoding = response.Header("Content-Encoding");
  const uint64_t limit = settings.config->limits.body_size_bytes;
  if (answer->spill->spilled_bytes() > 0) {
    MakePieces(encoding, limit, answer);
    return absl::OkStatus();
  }
  if (encoding.empty() || encoding == "identity") {
    answer->body = std::move(response.body);
  } else {
    RETURN_IF_ERROR(DecodeAnswer(encoding, limit == 0 ? kDefaultBodyBytesMax : limit, answer));
  }
  // As upstream has it, a body of exactly the limit is too large already.
  return limit > 0 && answer->body.size() >= limit ? absl::ResourceExhaustedError("body size limit exceeded") : absl::OkStatus();
}

absl::Status ScrapeRunner::DecodeAnswer(std::string_view encoding, uint64_t limit, Answer* answer) {
  HttpResponse& response = *answer->response;
  const uint64_t packed_bytes = response.body.size();
  const uint64_t room = bodies_.bytes_max() == 0 ? limit : static_cast<uint64_t>(std::max<int64_t>(0, bodies_.free_bytes()));
  answer->body = buffers_.Take();
  answer->body.clear();
  const absl::Status decoded = ContentDecode(encoding, response.body, std::min(limit, room), &answer->body);
  if (absl::IsResourceExhausted(decoded) && room < limit) {
    buffers_.Give(std::move(answer->body));
    answer->body = std::string();
    MakePieces(encoding, limit, answer);
    return absl::OkStatus();
  }
  answer->spill->HasRoom(packed_bytes + answer->body.size());  // counted; what others took meanwhile is little
  buffers_.Give(std::move(response.body));
  return decoded;
}

void ScrapeRunner::MakePieces(std::string_view encoding, uint64_t limit, Answer* answer) {
  const auto read = [spill = answer->spill.get(), text = std::string_view(answer->response->body)](uint64_t offset, char* out,
                                                                                                   size_t size) -> absl::StatusOr<size_t> {
    return spill->spilled_bytes() > 0 ? spill->ReadAt(offset, out, size) : text.copy(out, size, std::min<size_t>(offset, text.size()));
  };
  const bool gzip = !encoding.empty() && encoding != "identity";
  answer->pieces = std::make_shared<BodyPieces>(
      [read, gzip] {
        ByteSource raw = [read, offset = uint64_t{0}](char* out, size_t size) mutable -> absl::StatusOr<size_t> {
          ASSIGN_OR_RETURN(const size_t bytes, read(offset, out, size));
          offset += bytes;
          return bytes;
        };
        return gzip ? MakeGzipSource(std::move(raw)) : raw;
      },
      limit == 0 ? kDefaultBodyBytesMax : limit);
}

struct ScrapeRunner::Ingested {
  std::unique_ptr<Appender> appender;
  IngestCounts counts;
  absl::Status error;
};

ScrapeRunner::Ingested ScrapeRunner::IngestBody(const Target& target, const PoolSettings& settings, ScrapeState* state, Answer* answer) {
  constexpr int kAttempts = 3;
  Ingested done;
  done.appender = storage_.OpenAppender();
  if (!answer->response.ok() || (answer->body.empty() && answer->pieces == nullptr)) {
    EndAllSeries(&state->memory.lines, answer->t, done.appender.get());
    return done;
  }
  const std::string content_type(answer->response->Header("Content-Type"));
  Ingest ingest(target, *settings.config,
                {options_.created_timestamps, options_.type_and_unit_labels, options_.append_metadata, options_.memory_budget},
                &state->memory);
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    done.error = ingest.Run(&answer->body, content_type, answer->t, clock_.NowMs(), done.appender.get(), answer->pieces.get());
    done.counts = ingest.counts();
    if (done.error.ok()) {
      break;
    }
    done.appender->Rollback();
    done.appender = storage_.OpenAppender();
    if (!absl::IsAborted(done.error) || attempt == kAttempts) {
      EndAllSeries(&state->memory.lines, answer->t, done.appender.get());
      break;
    }
  }
  return done;
}

void ScrapeRunner::Finish(const RunPtr& run, Answer answer) {
  if (stopping_) {
    return;
  }
  const std::shared_ptr<const Target> target = run->target->target();
  const int64_t previous_start_ns = run->target->status().last_start_ns;
  if (previous_start_ns != 0) {
    ObserveInterval(run.get(), target->interval_ms, static_cast<double>(answer.start_ns - previous_start_ns) / 1e9);
  }
  AppendAnswer(*run->target, *target, &answer);
  if (run->ended) {
    if (previous_start_ns == 0 && run->ends_series) {
      ScheduleEnd(run->target);
    }
    return;
  }
  // A moment that has passed meanwhile is made up for at once, but only one.
  TimestampMs next = run->moment + target->interval_ms;
  const TimestampMs now = clock_.NowMs();
  if (now - next >= target->interval_ms) {
    next += (now - next) / target->interval_ms * target->interval_ms;
  }
  ScheduleNext(run, next);
}

void ScrapeRunner::ObserveInterval(Run* run, DurationMs interval_ms, double seconds) {
  if (run->metrics_interval_ms != interval_ms) {
    const prometheus::Labels labels = {{"interval", IntervalText(interval_ms)}};
    run->metrics_interval_ms = interval_ms;
    run->interval_length = &metrics_.interval_length.Add(labels, TargetQuantiles());
    run->interval_length_histogram = &metrics_.interval_length_histogram.Add(labels, TargetBounds());
  }
  run->interval_length->Observe(seconds);
  run->interval_length_histogram->Observe(seconds);
}

void ScrapeRunner::AppendAnswer(ScrapeTarget& scraped, const Target& target, Answer* answer) {
  const std::shared_ptr<const PoolSettings> settings = scraped.settings();
  absl::Status error = ReadAnswer(*settings, answer);
  const bool too_large = absl::IsResourceExhausted(error);
  if (!error.ok()) {
    metrics_.exceeded_body_size_limit.Increment(too_large ? 1 : 0);
    NoteFailure(*settings, target, error);
    answer->response = error;
  }
  ReportSeries::Values values;
  values.timeout_seconds = static_cast<double>(target.timeout_ms) / 1000;
  values.sample_limit = static_cast<double>(settings->config->limits.samples);
  values.body_bytes = too_large ? -1 : static_cast<double>(answer->body.size());

  ScrapeTarget::Status status;
  const std::shared_ptr<ScrapeState>& state = scraped.state();
  {
    MutexLock lock(state->mu);
    PrepareState(target, settings->config, state.get());
    NoteSpill(target, answer->pieces != nullptr, state.get());
    const bool lived = state->memory.lines.live();
    const bool extra_metrics = settings->config->extra_scrape_metrics.value_or(false);
    std::unique_ptr<Appender> reserving;
    if (answer->pieces != nullptr) {
      reserving = storage_.OpenAppender();
      state->report.Create(extra_metrics, target.public_labels, reserving.get());
    }
    const Ingested ingested = IngestBody(target, *settings, state.get(), answer);
    CountIngest(ingested.counts);
    error = error.ok() ? ingested.error : error;
    status.refused = ingested.counts.refused;
    values.body_bytes = answer->pieces == nullptr || !error.ok() ? values.body_bytes : static_cast<double>(answer->pieces->bytes());
    values.up = error.ok();
    values.duration_seconds = static_cast<double>(clock_.MonotonicNs() - answer->start_ns) / 1e9;
    values.scraped = static_cast<double>(ingested.counts.scraped);
    values.kept = static_cast<double>(ingested.counts.kept);
    // What a target that goes on failing says would be new each time.
    values.added = error.ok() || lived ? static_cast<double>(ingested.counts.added) : 0;
    state->report.Append(values, extra_metrics, target.public_labels, answer->t, options_.append_metadata, ingested.appender.get());
    if (const absl::Status committed = ingested.appender->Commit(); !committed.ok()) {
      LogError("Scrape commit failed", {{"target", target.url}, {"err", committed}});
    }
    if (extra_metrics) {
      metrics_.scrape_duration.Observe(static_cast<double>(clock_.MonotonicNs() - answer->start_ns) / 1e9);
    }
  }
  buffers_.Give(std::move(answer->body));
  status.last_error = Message(error);
  status.last_scrape = answer->t;
  status.last_start_ns = answer->start_ns;
  status.last_duration_seconds = values.duration_seconds;
  status.health = error.ok() ? TargetHealth::kUp : TargetHealth::kDown;
  scraped.Report(std::move(status));
}

void ScrapeRunner::NoteFailure(const PoolSettings& settings, const Target& target, const absl::Status& error) const {
  LogDebug("Scrape failed", {{"scrape_pool", settings.config->job_name}, {"target", target.url}, {"err", error}});
  if (settings.failure_log != nullptr) {
    settings.failure_log->Write(clock_.NowMs(), settings.config->job_name, target.url, Message(error));
  }
}

/// Each is counted, and the first of a row is told.
void ScrapeRunner::NoteSpill(const Target& target, bool spilled, ScrapeState* state) {
  if (spilled) {
    metrics_.spilled_bodies.Increment();
  }
  if (spilled && !state->body_spilled) {
    LogWarn("The memory limit has no room for the body of a scrape: it is read in pieces", {{"target", target.url}});
  }
  state->body_spilled = spilled;
}

void ScrapeRunner::CountIngest(const IngestCounts& counts) {
  const auto add = [](prometheus::Counter& counter, size_t count) {
    if (count > 0) {
      counter.Increment(static_cast<double>(count));
    }
  };
  add(metrics_.duplicate_timestamp, counts.duplicates);
  add(metrics_.out_of_order, counts.out_of_order);
  add(metrics_.out_of_bounds, counts.out_of_bounds);
  add(metrics_.exemplar_out_of_order, counts.exemplars_out_of_order);
  add(metrics_.refused_series, counts.refused);
  add(metrics_.lines_matched, counts.matched);
  add(metrics_.lines_parsed, counts.parsed);
  add(metrics_.exceeded_sample_limit, counts.sample_limit_hit ? 1 : 0);
  add(metrics_.exceeded_bucket_limit, counts.bucket_limit_hit ? 1 : 0);
  add(metrics_.exceeded_label_limits, counts.label_limit_hit ? 1 : 0);
}

}  // namespace tocsin
