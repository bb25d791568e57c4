#pragma once

#include <curl/curl.h>

#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "base/http_client/client_state.h"
#include "base/http_client/curl_transfer.h"
#include "base/http_client/http_transfers.h"
#include "base/http_client/plain_connections.h"
#include "base/mutex.h"

namespace tocsin {

/// The event loop of HttpTransfers: epoll tells libcurl which sockets are ready, libcurl tells the loop what to watch and when to wake it.
///
/// Plain requests (plain_request.h) go over sockets of the loop's own, which costs a fraction of libcurl's way; what they find unusual is
/// asked again of libcurl, and so is that URL from then on. URLs that are no plain ones are remembered in the same way.
///
/// Slots: `in_flight_max` transfers may receive at once, since each that does touches a receive buffer of 256 kB. One that has sent its
/// request and got nothing for kSilentNs touches none and gives its slot to the next in line, up to kOpenMax open transfers: targets
/// that hang do not delay others.
///
/// Threads: Start and SetConnectionsMax from any; all else on the loop's own thread, which alone uses what is not guarded.
class HttpTransfers::Loop {
 public:
  static constexpr int64_t kSilentNs = 500'000'000;
  static constexpr size_t kOpenMax = 8192;
  static constexpr int kHousekeepingMs = 100;
  static constexpr size_t kSpareTransfersMax = 64;
  /// URLs that need libcurl; forgotten together when there are more.
  static constexpr size_t kUnusualUrlsMax = 4096;

  explicit Loop(Limits limits);
  ~Loop();

  void Start(std::shared_ptr<HttpClient> client, HttpRequest request, std::string buffer, Done done);
  void SetConnectionsMax(size_t connections_max);

 private:
  /// One Start. Waits in line (no transfer), for a token (no transfer, in `token_waiters_`), or is open.
  struct Job {
    std::shared_ptr<HttpClient> client;
    HttpRequest request;
    std::string buffer;
    Done done;
    int64_t accepted_ns = 0;
    int64_t opened_ns = 0;
    std::string token;
    std::unique_ptr<CurlTransfer> transfer;  ///< Null while the request is a plain one.
    bool holds_slot = false;
  };
  using JobPtr = std::unique_ptr<Job>;

  static int OnSocket(CURL* easy, curl_socket_t socket, int what, void* loop, void* known);
  static int OnTimer(CURLM* multi, long timeout_ms, void* loop);

  void MakeMulti();
  void Run();
  void WaitForEvents();
  void TakeInbox();
  void OpenJobs();
  void OpenJob(JobPtr job);
  void BeginTransfer(JobPtr job);
  bool TokenReady(JobPtr* job);
  void OnToken(HttpClient* client, const absl::StatusOr<HttpResponse>& response);
  void ReadMessages();
  void RunHop(JobPtr job);
  bool StartPlain(JobPtr* job);
  void LeaveToCurl(const std::string& url);
  void ReadPlainResults();
  size_t open_count() const { return open_.size() + plain_open_.size(); }
  void Finish(JobPtr job);
  void Fail(JobPtr job, absl::Status error);
  void ReleaseSilentSlots();
  void ExpireWaiting();
  void CancelAll();

  const Limits limits_;
  const SystemClock clock_;  ///< Sockets wait in real time, also in tests that stop the clock for all else.
  CURLM* multi_ = nullptr;   ///< Made when a request needs it: libcurl and its libraries take megabytes.
  int epoll_fd_;
  int wake_fd_;
  int64_t timer_due_ns_ = -1;  // -1: none
  size_t slots_used_ = 0;
  std::deque<JobPtr> waiting_;
  absl::flat_hash_map<CURL*, JobPtr> open_;
  PlainConnections plain_;
  uint64_t next_plain_id_ = 0;
  int64_t plain_due_ns_ = -1;  // -1: none
  absl::flat_hash_map<uint64_t, JobPtr> plain_open_;
  absl::flat_hash_set<std::string> unusual_urls_;
  absl::flat_hash_map<HttpClient*, std::vector<JobPtr>> token_waiters_;
  std::vector<std::unique_ptr<CurlTransfer>> spare_;

  Mutex mu_;
  std::vector<JobPtr> inbox_ GUARDED_BY(mu_);
  size_t connections_max_ GUARDED_BY(mu_);
  bool connections_changed_ GUARDED_BY(mu_) = true;
  bool stopping_ GUARDED_BY(mu_) = false;

  std::thread thread_;
};

}  // namespace tocsin
