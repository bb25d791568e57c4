#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "api/http/basic_auth.h"
#include "api/http/rate_limiter.h"
#include "api/http/server.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "engine/config/web_config.h"

namespace tocsin {

/// What the file of --web.config.file asks of each request: its users, rate and headers. The file may be read again at any time.
/// Threads: safe.
class WebGuard {
 public:
  WebGuard(std::string path, const Clock& clock) : path_(std::move(path)), clock_(clock) {}

  /// Reads the file (none when its path is empty). After an error the old rules hold.
  absl::Status Load();

  /// The TLS part, certificates read from their files; null: plain HTTP.
  absl::StatusOr<std::unique_ptr<http::TlsMaterial>> Tls() const;

  /// Answers 401 and 429 itself, else by `handler`; adds the headers.
  http::Response Handle(http::Request& request, const http::RootHandler& handler);

 private:
  struct Rules {
    WebConfig config;
    std::unique_ptr<http::BasicAuth> auth;       // null: no users
    std::unique_ptr<http::RateLimiter> limiter;  // null: no limit
  };

  std::shared_ptr<Rules> rules() const;

  const std::string path_;
  const Clock& clock_;
  mutable Mutex mu_;
  std::shared_ptr<Rules> rules_ GUARDED_BY(mu_) = std::make_shared<Rules>();
};

}  // namespace tocsin
