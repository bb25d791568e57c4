#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/discover/dns_message.h"
#include "engine/discover/refresh_discoverer.h"

namespace tocsin {

/// Asks for the records of a name. Not found is an empty answer; an error means that no server gave an answer that can be relied on.
/// Threads: safe.
using DnsLookup = std::function<absl::StatusOr<std::vector<DnsRecord>>(const std::string& name, DnsType type)>;

/// The lookup through the servers and search domains of /etc/resolv.conf.
DnsLookup SystemDnsLookup();

/// `dns_sd_configs`: SRV, A, AAAA, MX and NS records.
class DnsDiscoverer : public RefreshDiscoverer {
 public:
  DnsDiscoverer(DnsSdConfig config, const DiscovererContext& context, DnsLookup lookup = SystemDnsLookup());

 protected:
  absl::StatusOr<std::vector<TargetGroupPtr>> Refresh(const StopToken& stop) override;

 private:
  TargetGroupPtr BuildGroup(const std::string& name, const std::vector<DnsRecord>& records) const;

  const DnsSdConfig config_;
  const DnsType type_;
  const DnsLookup lookup_;
};

}  // namespace tocsin
