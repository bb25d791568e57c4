// A body goes to its overflow when there is no room for it in memory, over sockets of our own and through libcurl alike.

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <tuple>

#include "absl/strings/str_format.h"
#include "base/http_client/http_transfers.h"
#include "base/http_client/plain_response.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "tests/support/http_double.h"

namespace tocsin {
namespace {

using test::DoubleRequest;
using test::DoubleResponse;
using test::HttpDouble;

/// Has room for so many bytes; keeps what comes beyond them, or refuses it.
class TextOverflow : public BodyOverflow {
 public:
  explicit TextOverflow(uint64_t room_bytes, bool refuses = false) : room_bytes_(room_bytes), refuses_(refuses) {}

  void Begin() override { text_.clear(); }
  bool HasRoom(uint64_t body_bytes) override {
    asked_bytes_ = std::max(asked_bytes_, body_bytes);
    return body_bytes <= room_bytes_;
  }
  absl::Status Append(std::string_view piece) override {
    text_ += piece;
    return refuses_ ? absl::UnavailableError("the overflow is full") : absl::OkStatus();
  }

  const std::string& text() const { return text_; }
  uint64_t asked_bytes() const { return asked_bytes_; }

 private:
  const uint64_t room_bytes_;
  const bool refuses_;
  std::string text_;
  uint64_t asked_bytes_ = 0;
};

/// No two of its parts are equal, so that none can be missing or twice.
std::string LargePage() {
  std::string page;
  for (int i = 0; page.size() < 3'000'000; ++i) {
    Append(&page, "metric{i=\"", i, "\"} ", i, "\n");
  }
  return page;
}

/// Head and chunks of different sizes, some of them cut by every limit there is on the way.
std::string InChunks(std::string_view page) {
  std::string answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (size_t size = 1; !page.empty(); size = size * 3 % 300'007 + 1) {
    const std::string_view chunk = page.substr(0, size);
    absl::StrAppendFormat(&answer, "%x\r\n", chunk.size());
    answer.append(chunk).append("\r\n");
    page.remove_prefix(chunk.size());
  }
  return answer + "0\r\n\r\n";
}

enum class Way { kPlain, kLibcurl };

class BodyOverflowTest : public ::testing::TestWithParam<std::tuple<Way, std::string>> {
 protected:
  /// The response, or its error.
  absl::StatusOr<HttpResponse> Get(const std::shared_ptr<TextOverflow>& overflow, std::string_view path, uint64_t body_bytes_max = 0) {
    HttpRequest request;
    request.url = server_.Url(path);
    request.decode_content = std::get<Way>(GetParam()) == Way::kLibcurl;
    request.body_bytes_max = body_bytes_max;
    request.overflow = overflow;
    Mutex mu;
    CondVar arrived;
    std::optional<absl::StatusOr<HttpResponse>> result;
    transfers_.Start(client_, std::move(request), std::string(1000, 'x'), [&](absl::StatusOr<HttpResponse> response) {
      MutexLock lock(mu);
      result = std::move(response);
      arrived.NotifyAll();
    });
    MutexLock lock(mu);
    while (!result.has_value()) {
      arrived.Wait(mu);
    }
    return *std::move(result);
  }

  DoubleResponse Answer(const DoubleRequest& request) const {
    if (request.target == "/redirect") {
      return {.status = 302, .headers = {{"Location", "/length"}}, .body = page_};
    }
    if (request.target == "/chunks") {
      return {.raw = InChunks(page_)};
    }
    if (request.target == "/until-end") {
      return {.raw = "HTTP/1.0 200 OK\r\n\r\n" + page_};
    }
    if (request.target == "/unusual") {
      std::string answer = InChunks(page_);
      answer.insert(answer.size() - 2, "Trailer: 1\r\n");
      return {.raw = answer};
    }
    return {.body = page_};
  }

  const std::string page_ = LargePage();
  HttpDouble server_{[this](const DoubleRequest& request) { return Answer(request); }};
  SystemClock clock_;
  std::shared_ptr<HttpClient> client_ = std::make_shared<HttpClient>(HttpClientOptions(), clock_);
  HttpTransfers transfers_{{4, 10}};
};

TEST_P(BodyOverflowTest, TakesTheWholeBodyWhereThereIsNoRoom) {
  for (const uint64_t room : {0, 1, 100'000, 2'000'000}) {
    const auto overflow = std::make_shared<TextOverflow>(room);
    const absl::StatusOr<HttpResponse> response = Get(overflow, std::get<std::string>(GetParam()));
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_TRUE(overflow->text() == page_) << room << ": " << overflow->text().size() << " of " << page_.size();
    EXPECT_EQ(response->body.size(), 0);
    EXPECT_LT(response->body.capacity(), 2 * PlainResponse::kPieceBytes);
  }
}

TEST_P(BodyOverflowTest, LeavesInMemoryWhatHasRoom) {
  const auto overflow = std::make_shared<TextOverflow>(3 * page_.size());
  const absl::StatusOr<HttpResponse> response = Get(overflow, std::get<std::string>(GetParam()));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_TRUE(response->body == page_);
  EXPECT_EQ(overflow->text(), "");
  EXPECT_GE(overflow->asked_bytes(), page_.size());
}

TEST_P(BodyOverflowTest, ItsErrorEndsTheTransfer) {
  const absl::StatusOr<HttpResponse> response =
      Get(std::make_shared<TextOverflow>(1000, /*refuses=*/true), std::get<std::string>(GetParam()));
  EXPECT_EQ(response.status().message(), "the overflow is full");
}

TEST_P(BodyOverflowTest, TheLimitOfBytesHoldsForAllOfIt) {
  const absl::StatusOr<HttpResponse> response =
      Get(std::make_shared<TextOverflow>(1000), std::get<std::string>(GetParam()), page_.size() - 1);
  EXPECT_EQ(response.status().message(), "body size limit exceeded");
}

INSTANTIATE_TEST_SUITE_P(Ways, BodyOverflowTest,
                         ::testing::Combine(::testing::Values(Way::kPlain, Way::kLibcurl),
                                            ::testing::Values("/length", "/chunks", "/until-end", "/redirect", "/unusual")));

}  // namespace
}  // namespace tocsin
