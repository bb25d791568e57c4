#include "api/v1/notifications.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <deque>

#include "api/v1/api.h"
#include "base/json/writer.h"
#include "base/strings.h"
#include "base/text/time_text.h"

namespace tocsin::api {
namespace {

/// Events that wait for a slow reader; more are dropped.
constexpr size_t kWaitingEventsMax = 10;
/// How often a reader that waits is looked after: whether the client is still there.
constexpr std::chrono::milliseconds kLookAfterEvery{500};

std::string_view ReplayStateText(ReplayProgress::State state) {
  switch (state) {
    case ReplayProgress::State::kWaiting:
      return "waiting";
    case ReplayProgress::State::kInProgress:
      return "in progress";
    case ReplayProgress::State::kDone:
      break;
  }
  return "done";
}

}  // namespace

/// One reader; is on the owner's list for as long as it lives.
struct Notifications::Subscriber {
  explicit Subscriber(Notifications* notifications) : owner(notifications) {}
  ~Subscriber() { owner->Unsubscribe(this); }

  Notifications* owner;
  std::deque<std::string> waiting;  // guarded by the owner's mu_
};

Notifications::Notifications(int subscribers_max, const Clock& clock, prometheus::Registry* registry)
    : subscribers_max_(subscribers_max),
      clock_(clock),
      subscribers_gauge_(&prometheus::BuildGauge()
                              .Name("prometheus_api_notification_active_subscribers")
                              .Help("The current number of active notification subscribers.")
                              .Register(*registry)
                              .Add({})),
      sent_(&prometheus::BuildCounter()
                 .Name("prometheus_api_notification_updates_sent_total")
                 .Help("Total number of notification updates sent.")
                 .Register(*registry)
                 .Add({})),
      dropped_(&prometheus::BuildCounter()
                    .Name("prometheus_api_notification_updates_dropped_total")
                    .Help("Total number of notification updates dropped.")
                    .Register(*registry)
                    .Add({})) {}

std::string Notifications::ToJson(const Notification& notification) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject();
  json.Field("text", notification.text);
  json.Field("date", FormatRfc3339Nano(notification.date));
  json.Key("active");
  json.Bool(notification.active);
  json.EndObject();
  return out;
}

void Notifications::Tell(const Notification& notification) {
  const std::string event = Cat("data: ", ToJson(notification), "\n\n");
  for (Subscriber* subscriber : subscribers_) {
    sent_->Increment();
    if (subscriber->waiting.size() >= kWaitingEventsMax) {
      dropped_->Increment();
    } else {
      subscriber->waiting.push_back(event);
    }
  }
  changed_.NotifyAll();
}

void Notifications::Add(std::string_view text) {
  MutexLock lock(mu_);
  auto it = std::find_if(notifications_.begin(), notifications_.end(), [text](const Notification& n) { return n.text == text; });
  if (it == notifications_.end()) {
    it = notifications_.insert(it, Notification{.text = std::string(text), .date = 0, .active = true});
  }
  it->date = clock_.NowMs();
  Tell(*it);
}

void Notifications::Delete(std::string_view text) {
  MutexLock lock(mu_);
  const auto it = std::find_if(notifications_.begin(), notifications_.end(), [text](const Notification& n) { return n.text == text; });
  if (it != notifications_.end()) {
    it->active = false;
    Tell(*it);
    notifications_.erase(it);
  }
}

void Notifications::EndStreams() {
  MutexLock lock(mu_);
  ended_ = true;
  changed_.NotifyAll();
}

std::string Notifications::Json() const {
  MutexLock lock(mu_);
  std::string out;
  JsonWriter json(&out);
  json.BeginArray();
  for (const Notification& notification : notifications_) {
    json.Raw(ToJson(notification));
  }
  json.EndArray();
  return out;
}

void Notifications::Unsubscribe(Subscriber* subscriber) {
  MutexLock lock(mu_);
  std::erase(subscribers_, subscriber);
  subscribers_gauge_->Set(static_cast<double>(subscribers_.size()));
}

bool Notifications::NextEvent(Subscriber* subscriber, const StopToken* cancel, std::string* chunk) {
  MutexLock lock(mu_);
  while (subscriber->waiting.empty()) {
    if (ended_ || (cancel != nullptr && cancel->stopped())) {
      return false;
    }
    changed_.WaitFor(mu_, kLookAfterEvery);
  }
  *chunk += subscriber->waiting.front();
  subscriber->waiting.pop_front();
  return true;
}

http::Response Notifications::Stream(const http::Request& request) {
  http::Response response;
  response.Set("Content-Type", "text/event-stream");
  response.Set("Cache-Control", "no-cache");
  auto subscriber = std::make_shared<Subscriber>(this);
  {
    MutexLock lock(mu_);
    if (subscribers_.size() >= static_cast<size_t>(subscribers_max_)) {
      response.status = 204;
      return response;
    }
    subscribers_.push_back(subscriber.get());
    subscribers_gauge_->Set(static_cast<double>(subscribers_.size()));
    for (const Notification& notification : notifications_) {
      subscriber->waiting.push_back(Cat("data: ", ToJson(notification), "\n\n"));
    }
  }
  response.stream = [this, subscriber, cancel = request.cancel](std::string* chunk) { return NextEvent(subscriber.get(), cancel, chunk); };
  return response;
}

void RegisterNotifications(const Sources& sources, Registrar* registrar) {
  registrar->AddAlways("GET", "/notifications", [&sources](const http::Request&) {
    Result result;
    result.data = sources.notifications->Json();
    return result;
  });
  registrar->AddRaw("GET", "/notifications/live", [&sources](const http::Request& request) {
    http::Response response = sources.notifications->Stream(request);
    SetCors(*sources.cors_origin, request, &response);
    return response;
  });
  registrar->AddAlways("GET", "/status/walreplay", [&sources](const http::Request&) {
    const ReplayProgress& progress = *sources.replay_progress;
    Result result;
    JsonWriter json(&result.data);
    json.BeginObject();
    json.Key("min");
    json.Uint(progress.min.load());
    json.Key("max");
    json.Uint(progress.max.load());
    json.Key("current");
    json.Uint(progress.current.load());
    json.Field("state", ReplayStateText(progress.state.load()));
    json.EndObject();
    return result;
  });
}

}  // namespace tocsin::api
