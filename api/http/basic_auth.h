#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "base/secret.h"

namespace tocsin::http {

/// Answers that are remembered: a bcrypt check takes 50 ms and more.
inline constexpr size_t kAuthCacheEntriesMax = 100;

/// Users with bcrypt hashes, as in the file of --web.config.file.
/// Threads: safe.
class BasicAuth {
 public:
  explicit BasicAuth(std::map<std::string, Secret> users) : users_(std::move(users)) {}

  /// Whether the value of an Authorization header ("Basic dXNlcjpwYXNz") names a user and its password. Takes as long for unknown users.
  bool Allows(std::string_view authorization);

 private:
  const std::map<std::string, Secret> users_;
  Mutex mu_;
  absl::flat_hash_map<std::string, bool> cache_ GUARDED_BY(mu_);  // by a digest of user, hash and password
};

/// Whether `password` has this bcrypt hash ($2a$, $2b$, $2y$).
bool BcryptMatches(const std::string& password, const std::string& hash);

}  // namespace tocsin::http
