#include "base/http_client/curl_transfer.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "base/http_client/curl_error.h"
#include "base/http_client/curl_setup.h"
#include "base/status.h"
#include "base/strings.h"

namespace tocsin {
namespace {

/// Idle connections older than this are not used again (Prometheus closes them at the same age).
constexpr long kConnectionIdleSeconds = 300;

void FreeList(curl_slist** list) {
  curl_slist_free_all(*list);
  *list = nullptr;
}

bool IsRedirect(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

}  // namespace

CurlTransfer::CurlTransfer() : easy_(curl_easy_init()) {}

CurlTransfer::~CurlTransfer() {
  curl_easy_cleanup(easy_);
  FreeList(&header_list_);
  FreeList(&connect_to_);
  FreeList(&proxy_headers_);
}

void CurlTransfer::Begin(const HttpClientOptions& options, FileTexts& files, const Clock& clock, HttpRequest request, std::string buffer,
                         OnChunk on_chunk, int64_t started_ns) {
  options_ = &options;
  files_ = &files;
  clock_ = &clock;
  request_ = std::move(request);
  on_chunk_ = std::move(on_chunk);
  started_ns_ = started_ns;
  response_ = HttpResponse();
  response_.body = std::move(buffer);
  response_.body.clear();
  error_ = absl::OkStatus();
  hops_ = 0;
  same_origin_ = true;
  received_any_ = false;
}

absl::Status CurlTransfer::PrepareHop(std::string_view token) {
  curl_easy_reset(easy_);
  FreeList(&header_list_);
  FreeList(&connect_to_);
  FreeList(&proxy_headers_);
  error_buffer_[0] = '\0';
  response_.status = 0;
  response_.status_text.clear();
  response_.headers.clear();
  response_.body.clear();
  body_bytes_ = 0;
  overflowed_ = false;
  if (request_.overflow != nullptr) {
    request_.overflow->Begin();
  }
  if (request_.timeout_ms > 0) {
    const int64_t left_ms = request_.timeout_ms - (clock_->MonotonicNs() - started_ns_) / 1'000'000;
    if (left_ms <= 0) {
      return error_ = CurlFailure(easy_, CURLE_OPERATION_TIMEDOUT, request_.method, request_.url, "");
    }
    curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(left_ms));
    curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(left_ms));
  }
  if (absl::Status status = SetTarget(); !status.ok()) {
    return error_ = absl::Status(status.code(), av(RequestErrorText(request_.method, request_.url, Message(status))));
  }
  if (absl::Status status = SetHeaders(token); !status.ok()) {
    return error_ = absl::Status(status.code(), av(RequestErrorText(request_.method, request_.url, Message(status))));
  }
  SetBody();
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_buffer_);
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &CurlTransfer::OnHeader);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &CurlTransfer::OnBody);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
  return absl::OkStatus();
}

absl::Status CurlTransfer::SetTarget() {
  ASSIGN_OR_RETURN(const UrlOrigin origin, OriginOf(request_.url));
  std::string url = request_.url;
  const std::string& server_name = options_->tls.server_name;
  if (origin.scheme == "https" && !server_name.empty() && server_name != origin.host) {
    // libcurl takes the TLS name from the URL: ask for that name, but connect to (and name in Host) the real one.
    const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parts(curl_url(), &curl_url_cleanup);
    curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0);
    if (curl_url_set(parts.get(), CURLUPART_HOST, server_name.c_str(), 0) != CURLUE_OK) {
      return absl::InvalidArgumentError("invalid server_name");
    }
    char* renamed = nullptr;
    curl_url_get(parts.get(), CURLUPART_URL, &renamed, 0);
    url = renamed;
    curl_free(renamed);
    connect_to_ = curl_slist_append(nullptr, Cat(server_name, ":", origin.port, ":", origin.host, ":", origin.port).c_str());
    curl_easy_setopt(easy_, CURLOPT_CONNECT_TO, connect_to_);
    if (FindHeader(request_.headers, "Host").empty()) {
      header_list_ = curl_slist_append(header_list_, Cat("Host: ", origin.host, origin.port == "443" ? "" : Cat(":", origin.port)).c_str());
    }
  }
  curl_easy_setopt(easy_, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  if (!request_.unix_socket.empty()) {
    curl_easy_setopt(easy_, CURLOPT_UNIX_SOCKET_PATH, request_.unix_socket.c_str());
  }
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, kReceiveBufferBytes);
  curl_easy_setopt(easy_, CURLOPT_MAXAGE_CONN, kConnectionIdleSeconds);
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(options_->enable_http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  if (request_.idle_timeout_ms > 0) {
    curl_easy_setopt(easy_, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy_, CURLOPT_LOW_SPEED_TIME, static_cast<long>(std::max<DurationMs>(1, request_.idle_timeout_ms / kSecond)));
  }
  SetProxy(easy_, options_->proxy, request_.url, &proxy_headers_);
  return SetTls(easy_, options_->tls, *files_);
}

absl::Status CurlTransfer::SetHeaders(std::string_view token) {
  ASSIGN_OR_RETURN(const HttpHeaders headers, HeadersToSend(*options_, request_, token, same_origin_, *files_));
  bool has_type = false;
  const auto add = [&](std::string_view name, std::string_view value) {
    has_type |= absl::EqualsIgnoreCase(av(name), "content-type");
    // "Name;" is how libcurl is told of a header without a value.
    header_list_ = curl_slist_append(header_list_, (value.empty() ? Cat(name, ";") : Cat(name, ": ", value)).c_str());
  };
  for (const auto& [name, value] : headers) {
    add(name, value);
  }
  if (request_.decode_content && !on_chunk_) {
    add("Accept-Encoding", "gzip");
  }
  if (!has_type) {
    header_list_ = curl_slist_append(header_list_, "Content-Type:");
  }
  header_list_ = curl_slist_append(header_list_, "Expect:");
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, header_list_);
  return absl::OkStatus();
}

void CurlTransfer::SetBody() {
  const std::string& method = request_.method;
  if (method == "HEAD") {
    curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
    return;
  }
  if (method == "POST" || !request_.body.empty()) {
    curl_easy_setopt(easy_, CURLOPT_POST, 1L);
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, request_.body.data());
  }
  if (method != "GET" && method != "POST") {
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, method.c_str());
  } else if (method == "GET" && !request_.body.empty()) {
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, "GET");
  }
}

size_t CurlTransfer::OnHeader(char* data, size_t size, size_t count, void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  transfer.received_any_ = true;
  std::string_view line(data, size * count);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) {
    line.remove_suffix(1);
  }
  HttpResponse& response = transfer.response_;
  if (line.substr(0, 5) == "HTTP/") {
    // A new status line: what came before was informational (1xx).
    response.headers.clear();
    const size_t space = line.find(' ');
    std::string_view rest = space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
    long status = 0;
    curl_easy_getinfo(transfer.easy_, CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
    response.status_text = rest.size() > 4 ? std::string(rest) : Cat(status, " ", HttpReason(response.status));
    return size * count;
  }
  const size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    response.headers.emplace_back(line.substr(0, colon), sv(absl::StripAsciiWhitespace(av(line.substr(colon + 1)))));
  }
  return size * count;
}

size_t CurlTransfer::OnBody(char* data, size_t size, size_t count, void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  const std::string_view piece(data, size * count);
  if (transfer.on_chunk_ && transfer.response_.ok()) {
    if (!transfer.on_chunk_(piece)) {
      transfer.error_ = absl::CancelledError("context canceled");
      return 0;
    }
    return piece.size();
  }
  transfer.body_bytes_ += piece.size();
  if (transfer.body_bytes_ > transfer.body_bytes_max()) {
    transfer.error_ = absl::ResourceExhaustedError("body size limit exceeded");
    return 0;
  }
  if (transfer.request_.overflow != nullptr &&
      (transfer.overflowed_ || !transfer.request_.overflow->HasRoom(std::max(transfer.body_bytes_, transfer.DeclaredBytes())))) {
    return transfer.Overflow(piece) ? piece.size() : 0;
  }
  if (transfer.response_.body.empty()) {
    transfer.ReserveBody();
  }
  transfer.response_.body.append(piece);
  return piece.size();
}

bool CurlTransfer::Overflow(std::string_view piece) {
  BodyOverflow& overflow = *request_.overflow;
  if (!overflowed_) {
    overflowed_ = true;
    error_ = overflow.Append(response_.body);
    std::string().swap(response_.body);  // assigning would keep its memory
  }
  if (error_.ok()) {
    error_ = overflow.Append(piece);
  }
  return error_.ok();
}

uint64_t CurlTransfer::DeclaredBytes() const {
  curl_off_t length = -1;
  curl_easy_getinfo(easy_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  return length < 0 ? 0 : static_cast<uint64_t>(length);
}

/// A body that says its size gets its room at once: growing would copy it several times, and leave up to twice the room.
void CurlTransfer::ReserveBody() {
  const uint64_t wanted = DeclaredBytes();
  if (wanted >= response_.body.capacity()) {
    // Some more, so that the next body of about that size fits into the same buffer, and a parser can put a line end behind it.
    response_.body.reserve(std::min({wanted + wanted / 8 + 1, body_bytes_max() + 1, kReserveBytesMax}));
  }
}

bool CurlTransfer::Completed(CURLcode code) {
  if (!error_.ok()) {
    return true;
  }
  if (code != CURLE_OK) {
    error_ = CurlFailure(easy_, code, request_.method, request_.url, error_buffer_);
    return true;
  }
  return !(options_->follow_redirects && IsRedirect(response_.status) && FollowRedirect());
}

bool CurlTransfer::FollowRedirect() {
  char* location = nullptr;
  curl_easy_getinfo(easy_, CURLINFO_REDIRECT_URL, &location);
  if (location == nullptr) {
    return false;
  }
  if (++hops_ > kRedirectsMax) {
    error_ = absl::UnavailableError(av(RequestErrorText(request_.method, location, "stopped after 10 redirects")));
    return false;
  }
  const absl::StatusOr<UrlOrigin> from = OriginOf(request_.url);
  const absl::StatusOr<UrlOrigin> to = OriginOf(location);
  if (!from.ok() || !to.ok()) {
    error_ = absl::UnavailableError(av(RequestErrorText(request_.method, location, Message(to.status()))));
    return false;
  }
  // Once left, the origin is not trusted again, also when a later hop leads back to it.
  same_origin_ = same_origin_ && MayForwardCredentials(*from, *to);
  if (!same_origin_) {
    request_.unix_socket.clear();
  }
  request_.url = location;
  if (response_.status <= 303 && request_.method != "GET" && request_.method != "HEAD") {
    request_.method = "GET";
    request_.body.clear();
  }
  return true;
}

absl::StatusOr<HttpResponse> CurlTransfer::TakeResult() {
  options_ = nullptr;
  on_chunk_ = nullptr;
  if (!error_.ok()) {
    return std::exchange(error_, absl::OkStatus());
  }
  return std::move(response_);
}

}  // namespace tocsin
