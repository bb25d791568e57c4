#include "api/http/connection.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <exception>
#include <utility>

#include "absl/strings/match.h"
#include "api/http/content_encoding.h"
#include "api/http/response_head.h"
#include "base/log.h"
#include "base/memory_share.h"

namespace tocsin::http {
namespace {

namespace beast_http = boost::beast::http;
using RequestParser = beast_http::request_parser<beast_http::string_body>;

constexpr size_t kReadBytesFirst = 4 << 10;
constexpr size_t kReadBytesMost = 64 << 10;
/// Shorter bodies do not count: whatever waits in memory, questions are read.
constexpr uint64_t kBodyBytesFree = 64 << 10;
/// Read ahead of the request being handled.
constexpr size_t kPipelineBytesMax = 256 << 10;
constexpr DurationMs kLingerMs = 2 * kSecond;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kChunkEnd = "0\r\n\r\n";

int StatusOfParseError(const boost::system::error_code& error) {
  if (error == beast_http::error::header_limit) {
    return 431;
  }
  if (error == beast_http::error::body_limit) {
    return 413;
  }
  return error == beast_http::error::bad_version ? 505 : 400;
}

std::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

Request TakeRequest(RequestParser* parser, const Transport& transport) {
  auto message = parser->release();
  Request request;
  request.method = View(message.method_string());
  request.target = View(message.target());
  for (const auto& field : message) {
    request.headers.emplace_back(View(field.name_string()), View(field.value()));
  }
  request.body = std::move(message.body());
  request.remote_address = transport.remote_address();
  request.tls = transport.tls();
  return request;
}

Response Handle(const RootHandler& handler, Request* request) {
  // Nothing is expected to throw; what does (a full memory) must not take the others with it.
  try {
    Response response = handler(*request);
    CompressResponse(*request, &response);
    return response;
  } catch (const std::exception& e) {
    LogError("handler failed", {{"path", request->path}, {"err", e.what()}});
    return TextResponse(500, "Internal Server Error\n");
  }
}

/// RequestParser::put. Beast throws for a field above 64 KiB.
size_t Put(RequestParser* parser, std::string_view bytes, boost::system::error_code* error) {
  try {
    return parser->put(boost::asio::buffer(bytes.data(), bytes.size()), *error);
  } catch (const std::exception&) {
    *error = beast_http::error::header_limit;
    return 0;
  }
}

void AppendChunk(std::string_view part, std::string* out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  char size[16];
  size_t used = sizeof(size);
  for (size_t rest = part.size(); rest > 0; rest >>= 4) {
    size[--used] = kDigits[rest & 15];
  }
  out->append(size + used, sizeof(size) - used);
  out->append("\r\n");
  out->append(part);
  out->append("\r\n");
}

}  // namespace

struct Connection::Incoming {
  explicit Incoming(MemoryShare* bodies) : room(std::make_shared<MemoryClaim>(bodies)) {}

  /// Whether the body that has come so far, or is announced, fits into memory beside all others.
  bool HasRoom(uint64_t body_bytes_max) {
    uint64_t bytes = parser.get().body().size();
    if (const auto announced = parser.content_length(); announced) {
      bytes = std::max<uint64_t>(bytes, std::min<uint64_t>(*announced, body_bytes_max));
    }
    return bytes < kBodyBytesFree || room->GrowTo(bytes);
  }

  RequestParser parser;
  std::shared_ptr<MemoryClaim> room;
};

Connection::Connection(std::unique_ptr<Transport> transport, ConnectionHost* host)
    : transport_(std::move(transport)), host_(host), read_size_(kReadBytesFirst) {}

Connection::~Connection() = default;

void Connection::Start() {
  SetPhase(Phase::kHandshake, kHeaderTimeoutMs);
  transport_->Handshake([self = shared_from_this()](bool ok) {
    if (!ok) {
      self->Close();
      return;
    }
    if (self->phase_ == Phase::kHandshake) {
      self->SetPhase(Phase::kIdle, self->host_->options().read_timeout_ms);
      self->ReadMore();
    }
  });
}

void Connection::FinishSoon() {
  last_ = true;
  if (phase_ == Phase::kHandshake || phase_ == Phase::kIdle || phase_ == Phase::kReading) {
    Close();
  }
}

void Connection::Abort() { Close(); }

void Connection::CheckDeadline(int64_t now_ns) {
  if (deadline_ns_ == 0 || now_ns < deadline_ns_ || phase_ == Phase::kClosed) {
    return;
  }
  if (phase_ == Phase::kReading && !sending_continue_) {
    Refuse(408);
  } else {
    Close();
  }
}

void Connection::SetPhase(Phase phase, DurationMs timeout_ms) {
  phase_ = phase;
  deadline_ns_ = timeout_ms == 0 ? 0 : host_->clock().MonotonicNs() + timeout_ms * 1'000'000;
}

void Connection::ReadMore() {
  if (reading_ || peer_gone_ || phase_ == Phase::kClosed || input_.size() >= kPipelineBytesMax) {
    return;
  }
  if (read_buffer_ == nullptr) {
    read_buffer_ = std::make_unique<char[]>(read_size_);
  }
  reading_ = true;
  transport_->Read(read_buffer_.get(), read_size_, [self = shared_from_this()](bool ok, size_t bytes) { self->OnRead(ok, bytes); });
}

void Connection::OnRead(bool ok, size_t bytes) {
  reading_ = false;
  if (phase_ == Phase::kClosed) {
    return;
  }
  if (!ok) {
    peer_gone_ = true;
    if (cancel_ != nullptr) {
      cancel_->Stop();
    }
    if (phase_ != Phase::kHandling && phase_ != Phase::kWriting) {
      Close();
    }
    return;
  }
  if (phase_ == Phase::kLingering) {
    ReadMore();
    return;
  }
  input_.append(read_buffer_.get(), bytes);
  if (bytes == read_size_ && read_size_ < kReadBytesMost) {
    read_size_ = kReadBytesMost;
    read_buffer_.reset();
  }
  if (phase_ == Phase::kIdle || phase_ == Phase::kReading) {
    ParseInput();
  }
  ReadMore();
}

void Connection::ParseInput() {
  if (input_.empty() || sending_continue_) {
    return;
  }
  if (phase_ == Phase::kIdle) {
    SetPhase(Phase::kReading, kHeaderTimeoutMs);
  }
  if (ParseOne()) {
    Dispatch();
  }
}

bool Connection::ParseOne() {
  if (incoming_ == nullptr) {
    incoming_ = std::make_unique<Incoming>(host_->options().bodies);
    incoming_->parser.eager(true);
    incoming_->parser.header_limit(kHeaderBytesMax);
    incoming_->parser.body_limit(host_->options().body_bytes_max);
  }
  RequestParser& parser = incoming_->parser;
  size_t used = 0;
  const bool had_header = parser.is_header_done();
  while (used < input_.size() && !parser.is_done()) {
    boost::system::error_code error;
    const size_t taken = Put(&parser, std::string_view(input_).substr(used), &error);
    used += taken;
    if (error == beast_http::error::need_more) {
      break;
    }
    if (error) {
      Refuse(StatusOfParseError(error));
      return false;
    }
    if (taken == 0) {
      break;
    }
  }
  input_.erase(0, used);
  if (parser.is_header_done() && !incoming_->HasRoom(host_->options().body_bytes_max)) {
    host_->options().bodies->CountRefused();
    Refuse(503);
    return false;
  }
  if (parser.is_done()) {
    return true;
  }
  if (!parser.is_header_done() && input_.size() > kHeaderBytesMax) {
    Refuse(431);
    return false;
  }
  if (parser.is_header_done() && !had_header) {
    SetPhase(Phase::kReading, host_->options().read_timeout_ms);
    if (absl::EqualsIgnoreCase(av(View(parser.get()[beast_http::field::expect])), "100-continue")) {
      SendContinue();
    }
  }
  return false;
}

void Connection::SendContinue() {
  sending_continue_ = true;
  transport_->Write(kContinue, {}, [self = shared_from_this()](bool ok, size_t) {
    self->sending_continue_ = false;
    if (!ok) {
      self->Close();
    } else if (self->phase_ == Phase::kReading) {
      self->ParseInput();
      self->ReadMore();
    }
  });
}

void Connection::Dispatch() {
  RequestParser& parser = incoming_->parser;
  last_ = last_ || !parser.keep_alive();
  http_1_0_ = parser.get().version() < 11;
  auto request = std::make_shared<Request>(TakeRequest(&parser, *transport_));
  const std::shared_ptr<MemoryClaim> room = std::move(incoming_->room);
  incoming_.reset();
  head_request_ = request->method == "HEAD";
  if (!DecodeTarget(request.get())) {
    Refuse(400);
    return;
  }
  SetPhase(Phase::kHandling, 0);
  cancel_ = std::make_shared<StopToken>();
  if (peer_gone_) {
    cancel_->Stop();
  }
  host_->RunOnWorker([self = shared_from_this(), request, room, cancel = cancel_, host = host_] {
    request->cancel = cancel.get();
    auto response = std::make_shared<Response>(Handle(host->handler(), request.get()));
    room->Clear();
    // The stream of an answer may look at the request for as long as it runs.
    if (response->stream) {
      response->stream = [request, cancel, stream = std::move(response->stream)](std::string* chunk) { return stream(chunk); };
    }
    host->Post([self, response] { self->OnHandled(response); });
  });
}

void Connection::OnHandled(std::shared_ptr<Response> response) {
  if (phase_ == Phase::kClosed) {
    cancel_->Stop();
    return;
  }
  response_ = std::move(response);
  more_parts_ = static_cast<bool>(response_->stream) && !head_request_;
  last_ = last_ || (http_1_0_ && response_->stream);
  HeadOptions options{.http_1_0 = http_1_0_, .keep_alive = !last_, .content_length = {}, .now = host_->clock().NowMs()};
  if (!response_->stream) {
    options.content_length = response_->body.size();
  }
  head_ = ResponseHead(response_->status, response_->headers, options);
  body_.clear();
  if (!head_request_) {
    if (more_parts_ && !http_1_0_ && !response_->body.empty()) {
      AppendChunk(response_->body, &body_);
    } else {
      body_ = std::move(response_->body);
    }
  }
  head_written_ = 0;
  body_written_ = 0;
  SetPhase(Phase::kWriting, kWriteTimeoutMs);
  WriteSome();
}

void Connection::WriteSome() {
  transport_->Write(std::string_view(head_).substr(head_written_), std::string_view(body_).substr(body_written_),
                    [self = shared_from_this()](bool ok, size_t bytes) { self->OnWritten(ok, bytes); });
}

void Connection::OnWritten(bool ok, size_t bytes) {
  if (phase_ == Phase::kClosed) {
    return;
  }
  if (!ok) {
    Close();
    return;
  }
  const size_t of_head = std::min(bytes, head_.size() - head_written_);
  head_written_ += of_head;
  body_written_ += bytes - of_head;
  if (head_written_ < head_.size() || body_written_ < body_.size()) {
    SetPhase(Phase::kWriting, kWriteTimeoutMs);
    WriteSome();
  } else if (more_parts_) {
    NextPart();
  } else {
    OnAllWritten();
  }
}

void Connection::NextPart() {
  SetPhase(Phase::kWriting, 0);
  host_->RunOnWorker([self = shared_from_this(), response = response_, host = host_] {
    std::string part;
    bool more = false;
    try {
      more = response->stream(&part);
    } catch (const std::exception& e) {
      LogError("stream of an answer failed", {{"err", e.what()}});
    }
    host->Post([self, part = std::move(part), more]() mutable { self->OnPart(std::move(part), more); });
  });
}

void Connection::OnPart(std::string part, bool more) {
  if (phase_ == Phase::kClosed) {
    return;
  }
  more_parts_ = more;
  head_.clear();
  head_written_ = 0;
  body_written_ = 0;
  if (http_1_0_) {
    body_ = std::move(part);
  } else {
    body_.clear();
    if (!part.empty()) {
      AppendChunk(part, &body_);
    }
    if (!more) {
      body_ += kChunkEnd;
    }
  }
  if (body_.empty()) {
    more ? NextPart() : OnAllWritten();
    return;
  }
  SetPhase(Phase::kWriting, kWriteTimeoutMs);
  WriteSome();
}

void Connection::OnAllWritten() {
  response_.reset();
  cancel_.reset();
  if (body_.capacity() > kReadBytesMost) {
    body_ = std::string();
  }
  if (peer_gone_) {
    Close();
    return;
  }
  if (refused_) {
    Linger();
    return;
  }
  if (last_) {
    Close();
    return;
  }
  SetPhase(Phase::kIdle, host_->options().read_timeout_ms);
  ParseInput();
  ReadMore();
}

void Connection::Refuse(int status) {
  last_ = true;
  refused_ = true;
  more_parts_ = false;
  incoming_.reset();
  const Response response = TextResponse(status, Cat(status, " ", HttpReason(status), "\n"));
  head_ = ResponseHead(status, response.headers,
                       {.http_1_0 = false, .keep_alive = false, .content_length = response.body.size(), .now = host_->clock().NowMs()});
  body_ = response.body;
  head_written_ = 0;
  body_written_ = 0;
  SetPhase(Phase::kWriting, kWriteTimeoutMs);
  WriteSome();
}

void Connection::Linger() {
  // Closing with unread bytes would reset the connection, and the client might lose the answer.
  SetPhase(Phase::kLingering, kLingerMs);
  input_.clear();
  transport_->ShutdownSend();
  ReadMore();
}

void Connection::Close() {
  if (phase_ == Phase::kClosed) {
    return;
  }
  phase_ = Phase::kClosed;
  if (cancel_ != nullptr) {
    cancel_->Stop();
  }
  transport_->Close();
  host_->OnClosed(this);
}

}  // namespace tocsin::http
