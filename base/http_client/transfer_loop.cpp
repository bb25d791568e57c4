#include "base/http_client/transfer_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/http_client/curl_error.h"
#include "base/http_client/curl_setup.h"
#include "base/strings.h"

namespace tocsin {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

}  // namespace

HttpTransfers::Loop::Loop(Limits limits)
    : limits_(limits),
      epoll_fd_(epoll_create1(EPOLL_CLOEXEC)),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      plain_(epoll_fd_, clock_),
      connections_max_(limits.connections_max) {
  TOCSIN_CHECK(epoll_fd_ >= 0 && wake_fd_ >= 0);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_fd_;
  TOCSIN_CHECK(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event) == 0);
  thread_ = std::thread([this] { Run(); });
}

void HttpTransfers::Loop::MakeMulti() {
  InitCurlOnce();
  multi_ = curl_multi_init();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Loop::OnSocket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Loop::OnTimer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  MutexLock lock(mu_);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(connections_max_));
}

HttpTransfers::Loop::~Loop() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
  }
  eventfd_write(wake_fd_, 1);
  thread_.join();
  if (multi_ != nullptr) {
    curl_multi_cleanup(multi_);
  }
  close(epoll_fd_);
  close(wake_fd_);
}

void HttpTransfers::Loop::Start(std::shared_ptr<HttpClient> client, HttpRequest request, std::string buffer, Done done) {
  auto job = std::make_unique<Job>();
  job->client = std::move(client);
  job->request = std::move(request);
  job->buffer = std::move(buffer);
  job->done = std::move(done);
  job->accepted_ns = clock_.MonotonicNs();
  {
    MutexLock lock(mu_);
    inbox_.push_back(std::move(job));
  }
  eventfd_write(wake_fd_, 1);
}

void HttpTransfers::Loop::SetConnectionsMax(size_t connections_max) {
  MutexLock lock(mu_);
  connections_changed_ |= connections_max_ != connections_max;
  connections_max_ = connections_max;
}

int HttpTransfers::Loop::OnSocket(CURL* /*easy*/, curl_socket_t socket, int what, void* loop, void* known) {
  auto& self = *static_cast<Loop*>(loop);
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(self.epoll_fd_, EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  epoll_event event{};
  event.events = ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
  event.data.fd = socket;
  const int operation = known != nullptr ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (epoll_ctl(self.epoll_fd_, operation, socket, &event) != 0) {
    epoll_ctl(self.epoll_fd_, operation == EPOLL_CTL_ADD ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
  }
  curl_multi_assign(self.multi_, socket, loop);
  return 0;
}

int HttpTransfers::Loop::OnTimer(CURLM* /*multi*/, long timeout_ms, void* loop) {
  auto& self = *static_cast<Loop*>(loop);
  self.timer_due_ns_ = timeout_ms < 0 ? -1 : self.clock_.MonotonicNs() + timeout_ms * 1'000'000;
  return 0;
}

void HttpTransfers::Loop::Run() {
  while (true) {
    {
      MutexLock lock(mu_);
      if (stopping_) {
        break;
      }
      if (connections_changed_) {
        connections_changed_ = false;
        if (multi_ != nullptr) {
          curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(connections_max_));
        }
        plain_.SetIdleMax(connections_max_);
      }
    }
    TakeInbox();
    ExpireWaiting();
    ReleaseSilentSlots();
    OpenJobs();
    ReadMessages();
    ReadPlainResults();
    WaitForEvents();
    ReadMessages();
    ReadPlainResults();
  }
  CancelAll();
}

void HttpTransfers::Loop::WaitForEvents() {
  int timeout_ms = waiting_.empty() && open_count() == 0 ? -1 : kHousekeepingMs;
  for (const int64_t due_ns : {timer_due_ns_, plain_due_ns_}) {
    if (due_ns >= 0) {
      const int64_t left_ns = std::max<int64_t>(0, due_ns - clock_.MonotonicNs());
      const int left_ms = static_cast<int>(std::min<int64_t>((left_ns + 999'999) / 1'000'000, 60'000));
      timeout_ms = timeout_ms < 0 ? left_ms : std::min(timeout_ms, left_ms);
    }
  }
  epoll_event events[256];
  const int count = epoll_wait(epoll_fd_, events, 256, timeout_ms);
  int running = 0;
  for (int i = 0; i < count; ++i) {
    if (events[i].data.fd == wake_fd_) {
      eventfd_t ignored = 0;
      eventfd_read(wake_fd_, &ignored);
      continue;
    }
    const uint32_t ready = events[i].events;
    if (plain_.OnReady(events[i].data.fd, ready)) {
      continue;
    }
    const int what = ((ready & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) | ((ready & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                     ((ready & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
    curl_multi_socket_action(multi_, events[i].data.fd, what, &running);
  }
  if (timer_due_ns_ >= 0 && clock_.MonotonicNs() >= timer_due_ns_) {
    timer_due_ns_ = -1;
    curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
  }
}

void HttpTransfers::Loop::TakeInbox() {
  std::vector<JobPtr> taken;
  {
    MutexLock lock(mu_);
    taken.swap(inbox_);
  }
  for (JobPtr& job : taken) {
    waiting_.push_back(std::move(job));
  }
}

void HttpTransfers::Loop::ExpireWaiting() {
  const int64_t now_ns = clock_.MonotonicNs();
  std::deque<JobPtr> expired;
  std::erase_if(waiting_, [&](JobPtr& job) {
    if (job->request.timeout_ms <= 0 || now_ns - job->accepted_ns < job->request.timeout_ms * 1'000'000) {
      return false;
    }
    expired.push_back(std::move(job));
    return true;
  });
  for (JobPtr& job : expired) {
    absl::Status error = CurlFailure(nullptr, CURLE_OPERATION_TIMEDOUT, job->request.method, job->request.url, "");
    Fail(std::move(job), std::move(error));
  }
}

void HttpTransfers::Loop::ReleaseSilentSlots() {
  if (waiting_.empty() || slots_used_ < limits_.in_flight_max) {
    return;
  }
  const int64_t now_ns = clock_.MonotonicNs();
  for (auto& [easy, job] : open_) {
    if (job->holds_slot && !job->transfer->received_any() && now_ns - job->opened_ns > kSilentNs) {
      job->holds_slot = false;
      --slots_used_;
    }
  }
  for (auto& [id, job] : plain_open_) {
    if (job->holds_slot && now_ns - job->opened_ns > kSilentNs && !plain_.ReceivedAny(id)) {
      job->holds_slot = false;
      --slots_used_;
    }
  }
}

void HttpTransfers::Loop::OpenJobs() {
  while (!waiting_.empty() && slots_used_ < limits_.in_flight_max && open_count() < kOpenMax) {
    JobPtr job = std::move(waiting_.front());
    waiting_.pop_front();
    if (TokenReady(&job)) {
      OpenJob(std::move(job));
    }
  }
}

bool HttpTransfers::Loop::TokenReady(JobPtr* job) {
  HttpClient* const client = (*job)->client.get();
  OAuth2Tokens* const tokens = client->impl_->tokens.get();
  if (tokens == nullptr) {
    return true;
  }
  (*job)->token = tokens->Current();
  if (!(*job)->token.empty()) {
    return true;
  }
  const std::shared_ptr<HttpClient> keep = (*job)->client;
  std::vector<JobPtr>& waiters = token_waiters_[client];
  waiters.push_back(std::move(*job));
  if (waiters.size() == 1) {
    absl::StatusOr<HttpRequest> request = tokens->MakeRequest();
    if (!request.ok()) {
      OnToken(client, request.status());
      return false;
    }
    auto ask = std::make_unique<Job>();
    ask->client = client->impl_->token_client;
    ask->request = *std::move(request);
    ask->request.timeout_ms = waiters.front()->request.timeout_ms;
    ask->accepted_ns = clock_.MonotonicNs();
    ask->done = [this, client](const absl::StatusOr<HttpResponse>& response) { OnToken(client, response); };
    waiting_.push_front(std::move(ask));
  }
  return false;
}

void HttpTransfers::Loop::OnToken(HttpClient* client, const absl::StatusOr<HttpResponse>& response) {
  std::vector<JobPtr> waiters = std::move(token_waiters_[client]);
  token_waiters_.erase(client);
  absl::Status status = response.status();
  if (status.ok()) {
    status = client->impl_->tokens->Accept(*response);
  }
  for (JobPtr& job : waiters) {
    if (status.ok()) {
      waiting_.push_front(std::move(job));
    } else {
      absl::Status error(status.code(), av(RequestErrorText(job->request.method, job->request.url, Message(status))));
      Fail(std::move(job), std::move(error));
    }
  }
}

void HttpTransfers::Loop::OpenJob(JobPtr job) {
  job->opened_ns = clock_.MonotonicNs();
  job->holds_slot = true;
  ++slots_used_;
  if (!StartPlain(&job)) {
    BeginTransfer(std::move(job));
  }
}

void HttpTransfers::Loop::BeginTransfer(JobPtr job) {
  if (multi_ == nullptr) {
    MakeMulti();
  }
  if (spare_.empty()) {
    job->transfer = std::make_unique<CurlTransfer>();
  } else {
    job->transfer = std::move(spare_.back());
    spare_.pop_back();
  }
  HttpClient::Impl& client = *job->client->impl_;
  job->transfer->Begin(client.options, client.files, clock_, std::move(job->request), std::move(job->buffer), nullptr, job->accepted_ns);
  RunHop(std::move(job));
}

/// False: the request is none of these.
bool HttpTransfers::Loop::StartPlain(JobPtr* job) {
  HttpRequest& request = (*job)->request;
  HttpClient::Impl& client = *(*job)->client->impl_;
  if (!IsPlain(client.options, request) || unusual_urls_.contains(request.url)) {
    return false;
  }
  const absl::StatusOr<HttpHeaders> headers = HeadersToSend(client.options, request, (*job)->token, /*same_origin=*/true, client.files);
  if (!headers.ok()) {
    return false;
  }
  std::optional<PlainRequest> plain = MakePlainRequest(request, *headers);
  if (!plain.has_value()) {
    LeaveToCurl(request.url);
    return false;
  }
  PlainConnections::Job start;
  start.id = ++next_plain_id_;
  start.method = request.method;
  start.url = request.url;
  start.buffer = std::move((*job)->buffer);
  start.body_bytes_max = request.body_bytes_max == 0 ? kDefaultBodyBytesMax : request.body_bytes_max;
  start.overflow = request.overflow;
  start.deadline_ns = request.timeout_ms > 0 ? (*job)->accepted_ns + request.timeout_ms * 1'000'000 : kNever;
  start.request = *std::move(plain);
  plain_open_[start.id] = std::move(*job);
  plain_.Start(std::move(start));
  return true;
}

/// From now on.
void HttpTransfers::Loop::LeaveToCurl(const std::string& url) {
  if (unusual_urls_.size() >= kUnusualUrlsMax) {
    unusual_urls_.clear();
  }
  unusual_urls_.insert(url);
}

void HttpTransfers::Loop::ReadPlainResults() {
  plain_due_ns_ = plain_.Expire(clock_.MonotonicNs());
  for (PlainConnections::Result& result : plain_.TakeResults()) {
    const auto found = plain_open_.find(result.id);
    JobPtr job = std::move(found->second);
    plain_open_.erase(found);
    if (!result.response.has_value()) {
      LeaveToCurl(job->request.url);
      BeginTransfer(std::move(job));
      continue;
    }
    slots_used_ -= job->holds_slot ? 1 : 0;
    job->done(*std::move(result.response));
  }
}

void HttpTransfers::Loop::RunHop(JobPtr job) {
  if (!job->transfer->PrepareHop(job->token).ok()) {
    Finish(std::move(job));
    return;
  }
  CURL* const easy = job->transfer->easy();
  open_[easy] = std::move(job);
  curl_multi_add_handle(multi_, easy);
}

void HttpTransfers::Loop::ReadMessages() {
  if (multi_ == nullptr) {
    return;
  }
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
    CURL* const easy = message->easy_handle;
    const CURLcode code = message->data.result;
    const auto found = open_.find(easy);
    TOCSIN_CHECK(found != open_.end());
    JobPtr job = std::move(found->second);
    open_.erase(found);
    const bool finished = job->transfer->Completed(code);
    curl_multi_remove_handle(multi_, easy);
    if (finished) {
      Finish(std::move(job));
    } else {
      RunHop(std::move(job));
    }
  }
}

void HttpTransfers::Loop::Finish(JobPtr job) {
  if (job->holds_slot) {
    --slots_used_;
  }
  const bool decode = job->transfer->request().decode_content;
  const uint64_t bytes_max = job->transfer->request().body_bytes_max;
  absl::StatusOr<HttpResponse> result = job->transfer->TakeResult();
  if (spare_.size() < kSpareTransfersMax) {
    spare_.push_back(std::move(job->transfer));
  }
  if (result.ok() && decode) {
    if (absl::Status status = DecodeResponseBody(bytes_max, &*result); !status.ok()) {
      result = std::move(status);
    }
  }
  job->done(std::move(result));
}

void HttpTransfers::Loop::Fail(JobPtr job, absl::Status error) { job->done(std::move(error)); }

void HttpTransfers::Loop::CancelAll() {
  // Callbacks may start new transfers: those are cancelled as well.
  do {
    for (auto& [easy, job] : open_) {
      curl_multi_remove_handle(multi_, easy);
      waiting_.push_back(std::move(job));
    }
    open_.clear();
    for (auto& [id, job] : std::exchange(plain_open_, {})) {
      waiting_.push_back(std::move(job));
    }
    for (auto& [client, jobs] : std::exchange(token_waiters_, {})) {
      std::move(jobs.begin(), jobs.end(), std::back_inserter(waiting_));
    }
    while (!waiting_.empty()) {
      JobPtr job = std::move(waiting_.front());
      waiting_.pop_front();
      Fail(std::move(job), absl::CancelledError("context canceled"));
    }
    TakeInbox();
  } while (!waiting_.empty() || !token_waiters_.empty());
}

}  // namespace tocsin
