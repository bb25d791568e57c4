#include "base/http_client/http_transfers.h"

#include <utility>

#include "base/http_client/transfer_loop.h"

namespace tocsin {

HttpTransfers::HttpTransfers(Limits limits) : loop_(std::make_unique<Loop>(limits)) {}
HttpTransfers::~HttpTransfers() = default;

void HttpTransfers::Start(std::shared_ptr<HttpClient> client, HttpRequest request, std::string buffer, Done done) {
  loop_->Start(std::move(client), std::move(request), std::move(buffer), std::move(done));
}

void HttpTransfers::SetConnectionsMax(size_t connections_max) { loop_->SetConnectionsMax(connections_max); }

}  // namespace tocsin
