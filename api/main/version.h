#pragma once

#include <string>

#include "api/v1/api.h"

namespace tocsin {

/// The Prometheus whose answers this program gives; clients (Grafana) choose their requests by it.
inline constexpr std::string_view kPrometheusVersion = "3.14.0";

/// For /api/v1/status/buildinfo, /version and the metric prometheus_build_info.
api::BuildInfo ThisBuild();

/// What --version prints.
std::string VersionText();

}  // namespace tocsin
