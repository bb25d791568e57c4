// /status/tsdb, /status/tsdb/blocks

#include "api/v1/api.h"
#include "api/v1/parameters.h"
#include "base/json/writer.h"
#include "base/strings.h"

namespace tocsin::api {
namespace {

constexpr int64_t kDefaultLimit = 10;
constexpr int64_t kLimitMax = 10'000;

void WriteTable(std::string_view key, const std::vector<NamedCount>& rows, JsonWriter* json) {
  json->Key(key);
  json->BeginArray();
  for (const NamedCount& row : rows) {
    json->BeginObject();
    json->Field("name", row.name);
    json->Key("value");
    json->Uint(row.count);
    json->EndObject();
  }
  json->EndArray();
}

void WriteNumber(std::string_view key, int64_t value, JsonWriter* json) {
  json->Key(key);
  json->Int(value);
}

/// What this program says beyond upstream: where memory goes, and what of the past is really held.
void WriteMemory(const HeadStatus& status, JsonWriter* json) {
  json->Key("tocsin");
  json->BeginObject();
  WriteNumber("chunkBytes", static_cast<int64_t>(status.chunk_bytes), json);
  WriteNumber("seriesBytes", static_cast<int64_t>(status.series_bytes), json);
  WriteNumber("symbolBytes", static_cast<int64_t>(status.symbol_bytes), json);
  WriteNumber("postingBytes", static_cast<int64_t>(status.posting_bytes), json);
  WriteNumber("cacheBytes", static_cast<int64_t>(status.cache_bytes), json);
  WriteNumber("retainedMs", status.retained_ms, json);
  WriteNumber("memoryLimitBytes", status.memory_limit_bytes, json);
  WriteNumber("memoryUsedBytes", status.memory_used_bytes, json);
  json->Field("memoryPressure", status.memory_pressure);
  WriteNumber("refusedSeries", static_cast<int64_t>(status.refused_series), json);
  WriteNumber("refusedQueries", static_cast<int64_t>(status.refused_queries), json);
  WriteNumber("refusedRequests", static_cast<int64_t>(status.refused_requests), json);
  WriteNumber("shedChunks", static_cast<int64_t>(status.shed_chunks), json);
  json->EndObject();
}

Result TsdbStatus(const Sources& sources, const http::Request& request) {
  int64_t limit = kDefaultLimit;
  if (const std::string_view text = request.form.Get("limit"); !text.empty()) {
    const absl::StatusOr<int64_t> parsed = ParseInteger(text);
    if (!parsed.ok() || *parsed < 1) {
      return BadData("limit must be a positive number");
    }
    if (*parsed > kLimitMax) {
      return BadData(Cat("limit must not exceed ", kLimitMax));
    }
    limit = *parsed;
  }
  const HeadStatus status = sources.store->Status(static_cast<size_t>(limit));
  Result result;
  JsonWriter json(&result.data);
  json.BeginObject();
  json.Key("headStats");
  json.BeginObject();
  WriteNumber("numSeries", static_cast<int64_t>(status.series), &json);
  WriteNumber("numLabelPairs", static_cast<int64_t>(status.label_pairs), &json);
  WriteNumber("chunkCount", static_cast<int64_t>(status.chunks), &json);
  WriteNumber("minTime", status.min_t, &json);
  WriteNumber("maxTime", status.max_t, &json);
  json.EndObject();
  WriteTable("seriesCountByMetricName", status.series_by_metric, &json);
  WriteTable("labelValueCountByLabelName", status.values_by_label, &json);
  WriteTable("memoryInBytesByLabelName", status.memory_by_label, &json);
  WriteTable("seriesCountByLabelValuePair", status.series_by_pair, &json);
  WriteMemory(status, &json);
  json.EndObject();
  return result;
}

}  // namespace

void RegisterTsdbStatus(const Sources& sources, Registrar* registrar) {
  registrar->Add("GET", "/status/tsdb", [&sources](const http::Request& request) { return TsdbStatus(sources, request); });
  // There are no blocks: everything is in the head.
  registrar->Add("GET", "/status/tsdb/blocks", [](const http::Request&) {
    Result result;
    result.data = R"({"blocks":[]})";
    return result;
  });
}

}  // namespace tocsin::api
