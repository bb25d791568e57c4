#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tocsin {

/// Record types by their numbers (RFC 1035, 3596, 2782).
enum class DnsType : uint16_t { kA = 1, kNs = 2, kMx = 15, kAaaa = 28, kSrv = 33 };

struct DnsRecord {
  DnsType type;
  std::string target;  ///< The host with its last dot (SRV, MX, NS), or the address (A, AAAA).
  uint16_t port = 0;   ///< Of SRV.
};

/// The records of the wanted type in the answer section of a DNS message; others (CNAME) are left out. Errors: the message is malformed.
absl::StatusOr<std::vector<DnsRecord>> ParseDnsAnswer(std::span<const uint8_t> message, DnsType wanted);

}  // namespace tocsin
