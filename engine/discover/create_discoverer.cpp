#include "engine/discover/create_discoverer.h"

#include "engine/discover/dns_discoverer.h"
#include "engine/discover/file_discoverer.h"
#include "engine/discover/http_discoverer.h"
#include "engine/discover/kubernetes/kubernetes_discoverer.h"
#include "engine/discover/static_discoverer.h"

namespace tocsin {
namespace {

struct DiscovererMaker {
  const DiscovererContext& context;

  std::unique_ptr<Discoverer> operator()(const StaticSdConfig& config) const { return std::make_unique<StaticDiscoverer>(config); }
  std::unique_ptr<Discoverer> operator()(const FileSdConfig& config) const { return std::make_unique<FileDiscoverer>(config, context); }
  std::unique_ptr<Discoverer> operator()(const HttpSdConfig& config) const { return std::make_unique<HttpDiscoverer>(config, context); }
  std::unique_ptr<Discoverer> operator()(const DnsSdConfig& config) const { return std::make_unique<DnsDiscoverer>(config, context); }
  std::unique_ptr<Discoverer> operator()(const KubernetesSdConfig& config) const {
    return std::make_unique<KubernetesDiscoverer>(config, context);
  }
  std::unique_ptr<Discoverer> operator()(const ForeignSdConfig&) const { return nullptr; }
};

}  // namespace

std::unique_ptr<Discoverer> CreateDiscoverer(const SdConfig& config, const DiscovererContext& context) {
  return std::visit(DiscovererMaker{context}, config);
}

}  // namespace tocsin
