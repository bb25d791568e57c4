#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tocsin {

/// The parts of a URL that a configuration is checked for.
struct UrlParts {
  std::string scheme;  ///< In lower case.
  std::string user;    ///< "name:password", encoded as written.
  std::string host;    ///< "host:port", "[::1]:80".
  std::string path;    ///< With query and fragment.
};

/// Splits a URL as Go's url.Parse does. Errors have its texts: `parse "::": missing protocol scheme`.
absl::StatusOr<UrlParts> ParseUrl(std::string_view url);

}  // namespace tocsin
