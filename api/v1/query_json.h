#pragma once

#include <memory>
#include <span>
#include <string>

#include "api/v1/result.h"
#include "base/json/writer.h"
#include "base/model/histogram.h"
#include "promql/engine.h"

namespace tocsin::api {

/// Answers with more points than this are made while they are sent.
inline constexpr size_t kStreamedPointsMin = 20'000;
/// Size from which a part is sent.
inline constexpr size_t kStreamedPartBytes = 64 << 10;

/// {"resultType":"matrix","result":[...],"stats":{...}}: in `data`, and for large values the rest in `more_data`.
/// `stats_json` may be empty.
void WriteQueryData(std::shared_ptr<const promql::QueryResult> result, std::string stats_json, Result* out);

/// {"count":"3","sum":"4.5","buckets":[[0,"1","2","1"],...]}
void WriteHistogram(const FloatHistogram& histogram, JsonWriter* json);

/// The `stats` object. `operators`, where the query was asked for them, under a key of that name.
std::string QueryStatsJson(const promql::QueryStats& stats, const promql::QueryRequest& request,
                           std::span<const promql::OperatorStats> operators = {});

}  // namespace tocsin::api
