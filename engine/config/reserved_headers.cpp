#include "engine/config/reserved_headers.h"

#include <algorithm>
#include <array>

#include "base/strings.h"

namespace tocsin {
namespace {

constexpr std::array<std::string_view, 16> kReservedHeaders = {"host",
                                                               "content-encoding",
                                                               "content-length",
                                                               "content-type",
                                                               "user-agent",
                                                               "connection",
                                                               "keep-alive",
                                                               "proxy-authenticate",
                                                               "proxy-authorization",
                                                               "www-authenticate",
                                                               "accept-encoding",
                                                               "x-prometheus-remote-write-version",
                                                               "x-prometheus-remote-read-version",
                                                               "x-amz-date",
                                                               "x-amz-security-token",
                                                               "x-amz-content-sha256"};

absl::Status CheckRemoteHeaders(const std::map<std::string, std::string>& headers, std::string_view authorization_text) {
  for (const auto& [name, value] : headers) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(tolower(c)); });
    if (lower == "authorization") {
      return absl::InvalidArgumentError(av(authorization_text));
    }
    if (IsReservedHeader(lower)) {
      return absl::InvalidArgumentError(Cat(name, " is a reserved header. It must not be changed"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

bool IsReservedHeader(std::string_view name) {
  return std::find(kReservedHeaders.begin(), kReservedHeaders.end(), name) != kReservedHeaders.end();
}

absl::Status CheckHeaders(const std::map<std::string, std::string>& headers) {
  return CheckRemoteHeaders(headers,
                            "authorization header must be changed via the basic_auth, authorization, oauth2, sigv4, azuread or google_iam "
                            "parameter");
}

absl::Status CheckTracingHeaders(const std::map<std::string, std::string>& headers) {
  return CheckRemoteHeaders(headers, "custom authorization header configuration is not yet supported");
}

}  // namespace tocsin
