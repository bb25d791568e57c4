#include "base/http_client/http_transfers.h"

#include <utility>

#include "base/http_client/transfer_loop.h"

namespace tocsin {

HttpTransfers::HttpTransfers(Limits limits) : limits_(limits) {}
HttpTransfers::~HttpTransfers() = default;

HttpTransfers::Loop& HttpTransfers::LoopOnDemand() {
  MutexLock lock(mu_);
  if (loop_ == nullptr) {
    loop_ = std::make_unique<Loop>(limits_);
  }
  return *loop_;
}

void HttpTransfers::Start(std::shared_ptr<HttpClient> client, HttpRequest request, std::string buffer, Done done) {
  LoopOnDemand().Start(std::move(client), std::move(request), std::move(buffer), std::move(done));
}

void HttpTransfers::SetConnectionsMax(size_t connections_max) {
  MutexLock lock(mu_);
  limits_.connections_max = connections_max;
  if (loop_ != nullptr) {
    loop_->SetConnectionsMax(connections_max);
  }
}

}  // namespace tocsin
