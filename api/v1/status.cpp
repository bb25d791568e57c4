// /status/{config,buildinfo,flags,runtimeinfo}, /alertmanagers, /features

#include "api/v1/api.h"
#include "api/v1/features.h"
#include "base/json/writer.h"
#include "base/text/time_text.h"

namespace tocsin::api {
namespace {

Result StatusConfig(const Sources& sources) {
  Result result;
  JsonWriter json(&result.data);
  json.BeginObject();
  json.Field("yaml", sources.config_yaml());
  json.EndObject();
  return result;
}

Result StatusFlags(const Sources& sources) {
  Result result;
  JsonWriter json(&result.data);
  json.BeginObject();
  for (const auto& [name, value] : sources.flags) {
    json.Field(name, value);
  }
  json.EndObject();
  return result;
}

Result RuntimeInformation(const Sources& sources) {
  const RuntimeInfo info = sources.runtime_info();
  Result result;
  JsonWriter json(&result.data);
  json.BeginObject();
  json.Field("startTime", FormatRfc3339Nano(info.start_time));
  json.Field("CWD", info.working_directory);
  json.Field("hostname", info.host_name);
  json.Field("serverTime", FormatRfc3339Nano(sources.clock->NowMs()));
  json.Key("reloadConfigSuccess");
  json.Bool(info.reload_config_success);
  json.Field("lastConfigTime", FormatRfc3339Nano(info.last_config_time / 1000 * 1000));
  json.Key("corruptionCount");
  json.Int(info.corruption_count);
  json.Key("goroutineCount");
  json.Int(info.thread_count);
  json.Key("GOMAXPROCS");
  json.Int(info.cores);
  json.Key("GOMEMLIMIT");
  json.Int(info.memory_limit_bytes);
  json.Field("GOGC", "");
  json.Field("GODEBUG", "");
  json.Field("storageRetention", info.storage_retention);
  json.EndObject();
  return result;
}

Result Alertmanagers(const Sources& sources) {
  const AlertmanagerUrls urls = sources.alertmanagers();
  Result result;
  JsonWriter json(&result.data);
  const auto list = [&json](std::string_view key, const std::vector<std::string>& texts) {
    json.Key(key);
    json.BeginArray();
    for (const std::string& url : texts) {
      json.BeginObject();
      json.Field("url", url);
      json.EndObject();
    }
    json.EndArray();
  };
  json.BeginObject();
  list("activeAlertmanagers", urls.active);
  list("droppedAlertmanagers", urls.dropped);
  json.EndObject();
  return result;
}

}  // namespace

std::string BuildInfoJson(const BuildInfo& info) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject();
  json.Field("version", info.version);
  json.Field("revision", info.revision);
  json.Field("branch", info.branch);
  json.Field("buildUser", info.build_user);
  json.Field("buildDate", info.build_date);
  json.Field("goVersion", info.go_version);
  json.EndObject();
  return out;
}

void RegisterStatus(const Sources& sources, Registrar* registrar) {
  registrar->Add("GET", "/status/config", [&sources](const http::Request&) { return StatusConfig(sources); });
  registrar->Add("GET", "/status/flags", [&sources](const http::Request&) { return StatusFlags(sources); });
  registrar->Add("GET", "/status/runtimeinfo", [&sources](const http::Request&) { return RuntimeInformation(sources); });
  registrar->Add("GET", "/status/buildinfo", [&sources](const http::Request&) {
    Result result;
    result.data = BuildInfoJson(sources.build_info);
    return result;
  });
  registrar->Add("GET", "/alertmanagers", [&sources](const http::Request&) { return Alertmanagers(sources); });
  registrar->Add("GET", "/features", [&sources](const http::Request&) {
    Result result;
    result.data = FeaturesJson(sources.feature_switches);
    return result;
  });
}

}  // namespace tocsin::api
