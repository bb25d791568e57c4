#pragma once

#include "base/http_client/http_client.h"
#include "engine/discover/refresh_discoverer.h"

namespace tocsin {

/// `http_sd_configs`: GETs a list of target groups as JSON.
class HttpDiscoverer : public RefreshDiscoverer {
 public:
  HttpDiscoverer(HttpSdConfig config, const DiscovererContext& context);

 protected:
  absl::StatusOr<std::vector<TargetGroupPtr>> Refresh(const StopToken& stop) override;

 private:
  absl::StatusOr<std::vector<TargetGroupPtr>> Fetch(const StopToken& stop);

  const HttpSdConfig config_;
  HttpClient client_;
  size_t last_count_ = 0;
};

}  // namespace tocsin
