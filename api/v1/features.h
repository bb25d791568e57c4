#pragma once

#include <string>

#include "promql/engine.h"

namespace tocsin::api {

/// What of /features depends on flags.
struct FeatureSwitches {
  promql::LanguageFeatures language;
  bool admin_api = false;
  bool lifecycle = false;
  bool remote_write_receiver = false;
  bool otlp_receiver = false;
  bool search = false;
  bool otlp_delta_conversion = false;
  bool otlp_native_delta = false;
  bool auto_reload = false;
  bool concurrent_rule_eval = false;
  bool exemplar_storage = false;
  bool start_timestamps = false;
  bool start_zero_samples = false;
};

/// {"api":{"admin":false,...},...}: categories and names are upstream's (util/features), so that clients may look for them.
std::string FeaturesJson(const FeatureSwitches& switches);

}  // namespace tocsin::api
