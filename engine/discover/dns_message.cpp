#include "engine/discover/dns_message.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>

#include <array>

namespace tocsin {
namespace {

absl::Status MalformedDns() { return absl::InvalidArgumentError("malformed DNS answer"); }

absl::StatusOr<std::string> ExpandName(std::span<const uint8_t> message, const uint8_t* at) {
  std::array<char, NS_MAXDNAME> name{};
  if (ns_name_uncompress(message.data(), message.data() + message.size(), at, name.data(), name.size()) < 0) {
    return MalformedDns();
  }
  std::string text = name.data();
  if (!text.ends_with('.')) {
    text.push_back('.');
  }
  return text;
}

absl::StatusOr<std::string> AddressText(int family, const uint8_t* data) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_ntop(family, data, text.data(), text.size()) == nullptr) {
    return MalformedDns();
  }
  return std::string(text.data());
}

// The bytes in front of the host name: priority, weight and port of SRV, preference of MX.
size_t BytesBeforeName(DnsType type) { return type == DnsType::kSrv ? 6 : type == DnsType::kMx ? 2 : 0; }

absl::StatusOr<DnsRecord> ReadRecord(std::span<const uint8_t> message, const ns_rr& record, DnsType type) {
  DnsRecord out{type, "", 0};
  const uint8_t* data = ns_rr_rdata(record);
  const size_t size = ns_rr_rdlen(record);
  absl::StatusOr<std::string> target = MalformedDns();
  if (type == DnsType::kA || type == DnsType::kAaaa) {
    const size_t wanted = type == DnsType::kA ? sizeof(in_addr) : sizeof(in6_addr);
    if (size == wanted) {
      target = AddressText(type == DnsType::kA ? AF_INET : AF_INET6, data);
    }
  } else if (size > BytesBeforeName(type)) {
    target = ExpandName(message, data + BytesBeforeName(type));
    out.port = type == DnsType::kSrv ? static_cast<uint16_t>(data[4] << 8 | data[5]) : 0;
  }
  if (!target.ok()) {
    return target.status();
  }
  out.target = *std::move(target);
  return out;
}

}  // namespace

absl::StatusOr<std::vector<DnsRecord>> ParseDnsAnswer(std::span<const uint8_t> message, DnsType wanted) {
  ns_msg parsed;
  if (ns_initparse(message.data(), static_cast<int>(message.size()), &parsed) != 0) {
    return MalformedDns();
  }
  std::vector<DnsRecord> records;
  for (int i = 0; i < ns_msg_count(parsed, ns_s_an); ++i) {
    ns_rr record;
    if (ns_parserr(&parsed, ns_s_an, i, &record) != 0) {
      return MalformedDns();
    }
    if (ns_rr_type(record) != static_cast<uint16_t>(wanted)) {
      continue;
    }
    absl::StatusOr<DnsRecord> read = ReadRecord(message, record, wanted);
    if (!read.ok()) {
      return read.status();
    }
    records.push_back(*std::move(read));
  }
  return records;
}

}  // namespace tocsin
