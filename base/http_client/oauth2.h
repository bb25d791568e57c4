#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/http_client/file_texts.h"
#include "base/http_client/http_message.h"
#include "base/http_client/http_options.h"
#include "base/mutex.h"

namespace tocsin {

/// The access token of one client (RFC 6749 section 4.4, RFC 7523): how to ask for it and what is left of its life. Does no I/O of its own:
///   while Current() is empty: send MakeRequest(), hand the answer to Accept(), which ends it with an error or allows another round.
/// The client's id and secret go into the Authorization header first and, when that is refused, into the form (as Go's oauth2 does).
/// Threads: safe.
class OAuth2Tokens {
 public:
  /// A token is not used in its last seconds.
  static constexpr DurationMs kExpiryMarginMs = 10 * kSecond;

  /// All outlive it.
  OAuth2Tokens(const OAuth2Options& options, FileTexts& files, const Clock& clock);

  /// "" when there is none, or it has expired.
  std::string Current() const;

  absl::StatusOr<HttpRequest> MakeRequest();
  absl::Status Accept(const HttpResponse& response);

 private:
  enum class Style { kUnknown, kHeader, kForm };

  absl::StatusOr<std::string> ClientSecret();

  const OAuth2Options& options_;
  FileTexts& files_;
  const Clock& clock_;
  mutable Mutex mu_;
  Style style_ GUARDED_BY(mu_) = Style::kUnknown;
  bool header_refused_ GUARDED_BY(mu_) = false;
  Secret token_ GUARDED_BY(mu_);
  TimestampMs expires_ GUARDED_BY(mu_) = 0;
};

/// The signed assertion of the JWT bearer grant.
absl::StatusOr<std::string> MakeJwtAssertion(const OAuth2Options& options, const std::string& private_key_pem, TimestampMs now);

/// application/x-www-form-urlencoded.
std::string FormEscape(std::string_view text);

}  // namespace tocsin
