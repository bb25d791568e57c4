#include <algorithm>
#include <boost/beast/http.hpp>
#include <cstring>
#include <iterator>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/http_client/plain_response.h"
#include "base/strings.h"

namespace {

using tocsin::PlainResponse;
namespace http = boost::beast::http;

constexpr uint64_t kBodyBytesMax = 1 << 20;

/// Has room for little, and keeps the rest.
class TextOverflow : public tocsin::BodyOverflow {
 public:
  void Begin() override { text_.clear(); }
  bool HasRoom(uint64_t body_bytes) override { return body_bytes < 100; }
  absl::Status Append(std::string_view piece) override {
    text_ += piece;
    return absl::OkStatus();
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// Reads the text in pieces of that size; at its end the connection ends.
PlainResponse ReadInPieces(std::string_view text, size_t piece_bytes, std::string buffer, tocsin::BodyOverflow* overflow = nullptr) {
  PlainResponse response(std::move(buffer), kBodyBytesMax, overflow);
  const auto wants_more = [&] {
    return response.state() == PlainResponse::State::kHead || response.state() == PlainResponse::State::kBody;
  };
  while (wants_more() && !text.empty()) {
    const std::span<char> room = response.Room();
    TOCSIN_CHECK(!room.empty());
    const size_t count = std::min({piece_bytes, room.size(), text.size()});
    std::memcpy(room.data(), text.data(), count);
    text.remove_prefix(count);
    response.Received(count);
  }
  response.Ended();
  return response;
}

/// The same bytes through Boost.Beast's parser.
void CheckAgainstLibrary(std::string_view text, const tocsin::HttpResponse& ours) {
  http::response_parser<http::string_body> parser;
  parser.eager(true);
  parser.header_limit(1 << 20);
  parser.body_limit(kBodyBytesMax);
  boost::beast::error_code error;
  while (!text.empty() && !parser.is_done()) {
    const size_t used = parser.put(boost::asio::const_buffer(text.data(), text.size()), error);
    TOCSIN_CHECK(!error && used > 0);
    text.remove_prefix(used);
  }
  parser.put_eof(error);
  TOCSIN_CHECK(!error && parser.is_done());
  const auto& theirs = parser.get();
  TOCSIN_CHECK_OP(static_cast<int>(theirs.result_int()), ==, ours.status);
  TOCSIN_CHECK(theirs.body() == ours.body);
  TOCSIN_CHECK_OP(static_cast<size_t>(std::distance(theirs.begin(), theirs.end())), ==, ours.headers.size());
  for (const auto& [name, value] : ours.headers) {
    const auto range = theirs.equal_range(name);
    TOCSIN_CHECK(std::any_of(range.first, range.second, [&value = value](const auto& field) { return field.value() == value; }));
  }
}

}  // namespace

/// The first two bytes are the size of the pieces in which the rest arrives. Whole, in pieces or into an overflow it says the same, and
/// what it takes for a response the library takes for the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) {
    return 0;
  }
  const size_t piece_bytes = 1 + data[0] + size_t{256} * (data[1] % 16);
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  PlainResponse whole = ReadInPieces(text, SIZE_MAX, std::string(100'000, 'x'));
  PlainResponse pieces = ReadInPieces(text, piece_bytes, std::string());
  TextOverflow overflow;
  PlainResponse overflowing = ReadInPieces(text, piece_bytes, std::string(), &overflow);
  const bool done = whole.state() == PlainResponse::State::kDone;
  TOCSIN_CHECK(done == (pieces.state() == PlainResponse::State::kDone));
  TOCSIN_CHECK(done == (overflowing.state() == PlainResponse::State::kDone));
  if (!done) {
    return 0;
  }
  const tocsin::HttpResponse response = whole.Take();
  const tocsin::HttpResponse other = pieces.Take();
  TOCSIN_CHECK(response.body == other.body && response.headers == other.headers && response.status_text == other.status_text);
  TOCSIN_CHECK(response.body == overflow.text() + overflowing.Take().body);
  CheckAgainstLibrary(text, response);
  return 0;
}
