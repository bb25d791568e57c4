#include "api/http/basic_auth.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "base/strings.h"

namespace tocsin::http {
namespace {

/// Checked for users that do not exist, so that these take as long (no password has this hash).
constexpr const char* kNobodysHash = "$2b$10$abcdefghijklmnopqrstuuQ3L9bCkqsGXkyWqDlL6yR7uRBdXlZC2";

std::string Digest(std::string_view user, std::string_view hash, std::string_view password) {
  const std::string text = Cat(user.size(), ":", user, hash.size(), ":", hash, password);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  return std::string(reinterpret_cast<const char*>(digest), size);
}

}  // namespace

bool BcryptMatches(const std::string& password, const std::string& hash) {
  if (!hash.starts_with("$2") || password.find('\0') != std::string::npos) {
    return false;
  }
  auto data = std::make_unique<crypt_data>();  // 32 kB: not for the stack
  const char* made = crypt_r(password.c_str(), hash.c_str(), data.get());
  return made != nullptr && hash.size() == std::string_view(made).size() && CRYPTO_memcmp(made, hash.data(), hash.size()) == 0;
}

bool BasicAuth::Allows(std::string_view authorization) {
  constexpr std::string_view kScheme = "Basic ";
  std::string decoded;
  if (authorization.size() < kScheme.size() || !absl::EqualsIgnoreCase(av(authorization.substr(0, kScheme.size())), av(kScheme)) ||
      !absl::Base64Unescape(av(authorization.substr(kScheme.size())), &decoded)) {
    return false;
  }
  const size_t colon = decoded.find(':');
  if (colon == std::string::npos) {
    return false;
  }
  const std::string password = decoded.substr(colon + 1);
  const auto user = users_.find(decoded.substr(0, colon));
  const std::string hash = user == users_.end() ? kNobodysHash : user->second.Reveal();
  const std::string key = Digest(decoded.substr(0, colon), hash, password);
  {
    MutexLock lock(mu_);
    if (const auto known = cache_.find(key); known != cache_.end()) {
      return known->second;
    }
  }
  const bool allowed = BcryptMatches(password, hash) && user != users_.end();
  MutexLock lock(mu_);
  if (cache_.size() >= kAuthCacheEntriesMax) {
    cache_.erase(cache_.begin());
  }
  cache_.emplace(key, allowed);
  return allowed;
}

}  // namespace tocsin::http
