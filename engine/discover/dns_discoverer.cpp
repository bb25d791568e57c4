#include "engine/discover/dns_discoverer.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>

#include <algorithm>
#include <memory>

#include "absl/cleanup/cleanup.h"
#include "base/log.h"
#include "base/status.h"
#include "base/text/quote.h"
#include "engine/discover/host_port.h"

namespace tocsin {
namespace {

using ResolverState = struct __res_state;  // a function has the same name

DnsType DnsTypeOf(std::string_view name) {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return static_cast<char>(toupper(c)); });
  return upper == "A"      ? DnsType::kA
         : upper == "AAAA" ? DnsType::kAaaa
         : upper == "MX"   ? DnsType::kMx
         : upper == "NS"   ? DnsType::kNs
                           : DnsType::kSrv;
}

// A server that does not answer is asked twice, this long each: a stopped discoverer waits for no longer than that a name and server.
constexpr int kDnsTimeoutSeconds = 2;
constexpr int kDnsAttempts = 2;

enum class DnsOutcome { kAnswer, kNoSuchName, kFailed };

// Asks the servers of resolv.conf, each in turn, for exactly this name; long answers come over TCP.
DnsOutcome AskServers(res_state state, const std::string& name, DnsType type, std::vector<DnsRecord>* out) {
  std::vector<uint8_t> answer(NS_MAXMSG);
  const int size = res_nquery(state, name.c_str(), ns_c_in, static_cast<int>(type), answer.data(), static_cast<int>(answer.size()));
  if (size < 0) {
    // NO_DATA: the name is there, records of that type are not.
    return state->res_h_errno == NO_DATA          ? DnsOutcome::kAnswer
           : state->res_h_errno == HOST_NOT_FOUND ? DnsOutcome::kNoSuchName
                                                  : DnsOutcome::kFailed;
  }
  answer.resize(std::min(static_cast<size_t>(size), answer.size()));
  absl::StatusOr<std::vector<DnsRecord>> records = ParseDnsAnswer(answer, type);
  if (!records.ok()) {
    return DnsOutcome::kFailed;
  }
  *out = *std::move(records);
  return DnsOutcome::kAnswer;
}

// The name alone and with each search domain, in the order of resolv.conf's ndots.
std::vector<std::string> CandidateNames(const ResolverState& state, const std::string& name) {
  if (name.ends_with('.')) {
    return {name};
  }
  std::vector<std::string> names;
  for (char* const* domain = state.dnsrch; *domain != nullptr; ++domain) {
    names.push_back(Cat(name, ".", std::string_view(*domain)));
  }
  const bool alone_first = std::count(name.begin(), name.end(), '.') >= static_cast<long>(state.ndots);
  names.insert(alone_first ? names.begin() : names.end(), name);
  return names;
}

}  // namespace

DnsLookup SystemDnsLookup() {
  return [](const std::string& name, DnsType type) -> absl::StatusOr<std::vector<DnsRecord>> {
    const auto state = std::make_unique<ResolverState>();
    if (res_ninit(state.get()) != 0) {
      return absl::UnavailableError("could not load resolv.conf");
    }
    state->retrans = kDnsTimeoutSeconds;
    state->retry = kDnsAttempts;
    const absl::Cleanup close_state = [&state] { res_nclose(state.get()); };
    bool all_valid = true;
    for (const std::string& candidate : CandidateNames(*state, name)) {
      std::vector<DnsRecord> records;
      const DnsOutcome outcome = AskServers(state.get(), candidate, type, &records);
      if (outcome == DnsOutcome::kAnswer) {
        return records;
      }
      all_valid = all_valid && outcome == DnsOutcome::kNoSuchName;
    }
    if (all_valid) {
      return std::vector<DnsRecord>();
    }
    return absl::UnavailableError(
        Cat("could not resolve ", GoQuoted(name), ": all servers responded with errors to at least one search domain"));
  };
}

DnsDiscoverer::DnsDiscoverer(DnsSdConfig config, const DiscovererContext& context, DnsLookup lookup)
    : RefreshDiscoverer("dns", config.refresh_interval_ms, context),
      config_(std::move(config)),
      type_(DnsTypeOf(config_.type)),
      lookup_(std::move(lookup)) {}

absl::StatusOr<std::vector<TargetGroupPtr>> DnsDiscoverer::Refresh(const StopToken& stop) {
  std::vector<TargetGroupPtr> groups;
  for (const std::string& name : config_.names) {
    if (stop.stopped()) {
      break;
    }
    const absl::StatusOr<std::vector<DnsRecord>> records = lookup_(name, type_);
    metrics_.CountDnsLookup(!records.ok());
    if (!records.ok()) {
      LogError("Error refreshing DNS targets", {{"config", pool_}, {"err", records.status()}});
      continue;
    }
    groups.push_back(BuildGroup(name, *records));
  }
  return groups;
}

TargetGroupPtr DnsDiscoverer::BuildGroup(const std::string& name, const std::vector<DnsRecord>& records) const {
  TargetGroup group;
  group.source = name;
  for (const DnsRecord& record : records) {
    LabelsBuilder labels;
    labels.Set("__meta_dns_name", name);
    std::string host = record.target;
    if (record.type != DnsType::kA && record.type != DnsType::kAaaa) {
      host.erase(host.find_last_not_of('.') + 1);
      const std::string_view kind = record.type == DnsType::kSrv ? "srv" : record.type == DnsType::kMx ? "mx" : "ns";
      labels.Set(Cat("__meta_dns_", kind, "_record_target"), record.target);
    }
    if (record.type == DnsType::kSrv) {
      labels.Set("__meta_dns_srv_record_port", std::to_string(record.port));
    }
    labels.Set("__address__", JoinHostPort(host, record.type == DnsType::kSrv ? record.port : config_.port));
    group.targets.push_back(labels.Build());
  }
  return std::make_shared<const TargetGroup>(std::move(group));
}

}  // namespace tocsin
