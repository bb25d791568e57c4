#include "base/http_client/http_options.h"

namespace tocsin {
namespace {

template <typename T>
bool SameContent(const std::shared_ptr<const T>& a, const std::shared_ptr<const T>& b) {
  return a == b || (a != nullptr && b != nullptr && *a == *b);
}

}  // namespace

bool HttpClientOptions::operator==(const HttpClientOptions& other) const {
  return SameContent(basic_auth, other.basic_auth) && SameContent(authorization, other.authorization) &&
         SameContent(oauth2, other.oauth2) && tls == other.tls && proxy == other.proxy && http_headers == other.http_headers &&
         follow_redirects == other.follow_redirects && enable_http2 == other.enable_http2;
}

}  // namespace tocsin
