#include "engine/scrape/scrape_target.h"

namespace tocsin {

std::string_view ToString(TargetHealth health) {
  switch (health) {
    case TargetHealth::kUnknown:
      return "unknown";
    case TargetHealth::kUp:
      return "up";
    case TargetHealth::kDown:
      return "down";
  }
  return "";
}

bool SameSeries(const ScrapeConfig& a, const ScrapeConfig& b) {
  ScrapeConfig like_a = b;
  like_a.scrape_interval_ms = a.scrape_interval_ms;
  like_a.scrape_timeout_ms = a.scrape_timeout_ms;
  like_a.limits.samples = a.limits.samples;
  like_a.http = a.http;
  like_a.discovery = a.discovery;
  return like_a == a;
}

void PrepareState(const Target& target, const std::shared_ptr<const ScrapeConfig>& config, ScrapeState* state) {
  const bool same_flags = state->native_histograms == target.native_histograms && state->classic_histograms == target.classic_histograms &&
                          state->convert_to_nhcb == target.convert_to_nhcb;
  if (state->config != nullptr && (!same_flags || (state->config != config && !SameSeries(*state->config, *config)))) {
    state->memory.lines.Forget();
  }
  state->config = config;
  state->native_histograms = target.native_histograms;
  state->classic_histograms = target.classic_histograms;
  state->convert_to_nhcb = target.convert_to_nhcb;
}

}  // namespace tocsin
