#include <cstddef>
#include <cstdint>

#include "engine/discover/dns_message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using enum tocsin::DnsType;
  for (const tocsin::DnsType type : {kA, kNs, kMx, kAaaa, kSrv}) {
    (void)tocsin::ParseDnsAnswer({data, size}, type);
  }
  return 0;
}
