// /search/{metric_names,label_names,label_values}: names and values for people who type, as lines of JSON (application/x-ndjson):
//
//   {"results":[{"name":"up","score":1},...],"warnings":[...]}     one a batch, the first one always
//   {"status":"success","has_more":false}                          the last line

#include <algorithm>
#include <memory>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "api/v1/api.h"
#include "api/v1/parameters.h"
#include "api/v1/search_score.h"
#include "base/json/writer.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text/quote.h"

namespace tocsin::api {
namespace {

constexpr int64_t kResultsDefault = 100;
constexpr int64_t kBatchDefault = 100;
/// Each term costs a look at each value.
constexpr size_t kSearchTermsMax = 32;

enum class SearchOrder { kAscending, kDescending, kByScore };

struct SearchParameters {
  TimeRange range;
  MatcherSets sets;
  SearchTerms terms;
  SearchOrder order = SearchOrder::kAscending;
  std::string_view sort_by;
  bool include_score = false;
  bool include_metadata = false;
  size_t limit = 0;
  size_t batch_size = 0;
};

struct Hit {
  std::string text;
  double score = 1;
};

absl::StatusOr<bool> ReadBool(const http::Request& request, std::string_view name, bool fallback) {
  const std::string_view text = request.form.Get(name);
  if (text.empty()) {
    return fallback;
  }
  const absl::StatusOr<bool> value = ParseBool(text);
  if (!value.ok()) {
    return absl::InvalidArgumentError(Cat("invalid ", name, " ", GoQuoted(text), ": must be boolean"));
  }
  return value;
}

absl::StatusOr<int64_t> ReadPositive(const http::Request& request, std::string_view name, int64_t fallback) {
  const std::string_view text = request.form.Get(name);
  if (text.empty()) {
    return fallback;
  }
  const absl::StatusOr<int64_t> value = ParseInteger(text);
  if (!value.ok() || *value <= 0) {
    return absl::InvalidArgumentError(Cat("invalid ", name, " ", GoQuoted(text), ": must be a positive integer"));
  }
  return value;
}

absl::Status ReadTerms(const http::Request& request, SearchTerms* terms) {
  for (const std::string_view term : request.form.All("search[]")) {
    terms->terms.emplace_back(term);
  }
  if (terms->terms.size() > kSearchTermsMax) {
    return absl::InvalidArgumentError(Cat("too many search[] terms: got ", terms->terms.size(), ", maximum is ", kSearchTermsMax));
  }
  if (const std::string_view text = request.form.Get("fuzz_threshold"); !text.empty()) {
    const absl::StatusOr<int64_t> percent = ParseInteger(text);
    if (!percent.ok() || *percent < 0 || *percent > 100) {
      return absl::InvalidArgumentError(Cat("invalid fuzz_threshold ", GoQuoted(text), ": must be 0-100"));
    }
    terms->threshold = static_cast<double>(*percent) / 100;
  }
  if (const std::string_view text = request.form.Get("fuzz_alg"); text == "jarowinkler") {
    terms->algorithm = FuzzAlgorithm::kJaroWinkler;
  } else if (!text.empty() && text != "subsequence") {
    return absl::InvalidArgumentError(Cat("unsupported fuzz_alg ", GoQuoted(text), ": must be one of [subsequence jarowinkler]"));
  }
  ASSIGN_OR_RETURN(terms->case_sensitive, ReadBool(request, "case_sensitive", true));
  return absl::OkStatus();
}

absl::Status ReadOrder(const http::Request& request, SearchParameters* parameters) {
  parameters->sort_by = request.form.Get("sort_by");
  const std::string_view direction = request.form.Get("sort_dir");
  if (!direction.empty() && parameters->sort_by.empty()) {
    return absl::InvalidArgumentError("sort_dir is only valid when sort_by is set");
  }
  const bool by_score = parameters->sort_by == "score";
  if (!direction.empty() && by_score) {
    return absl::InvalidArgumentError("sort_dir is not supported for sort_by=score");
  }
  if (!direction.empty() && direction != "asc" && direction != "dsc") {
    return absl::InvalidArgumentError(Cat("invalid sort_dir ", GoQuoted(direction), ": must be \"asc\" or \"dsc\""));
  }
  if (by_score && parameters->terms.terms.empty()) {
    return absl::InvalidArgumentError("sort_by=score requires search[] to be set");
  }
  parameters->order = by_score                                               ? SearchOrder::kByScore
                      : parameters->sort_by == "alpha" && direction == "dsc" ? SearchOrder::kDescending
                                                                             : SearchOrder::kAscending;
  return absl::OkStatus();
}

absl::Status ReadLimits(const Sources& sources, const http::Request& request, SearchParameters* parameters) {
  const int64_t most = sources.search_limit_max;
  ASSIGN_OR_RETURN(const int64_t limit, ReadPositive(request, "limit", most > 0 ? std::min(kResultsDefault, most) : kResultsDefault));
  if (most > 0 && limit > most) {
    return absl::InvalidArgumentError(Cat("limit ", limit, " exceeds the configured maximum (", most, ", see --web.search.max-limit)"));
  }
  parameters->limit = static_cast<size_t>(limit);
  ASSIGN_OR_RETURN(const int64_t batch, ReadPositive(request, "batch_size", kBatchDefault));
  parameters->batch_size = static_cast<size_t>(batch);
  return absl::OkStatus();
}

absl::StatusOr<SearchParameters> ReadSearch(const Sources& sources, const http::Request& request, std::string_view endpoint) {
  if (!request.form_error.empty()) {
    return absl::InvalidArgumentError(Cat("error parsing form values: ", request.form_error));
  }
  SearchParameters parameters;
  const TimestampMs now = sources.clock->NowMs();
  ASSIGN_OR_RETURN(parameters.range.start, TimeParameter(request, "start", now - kHour));
  ASSIGN_OR_RETURN(parameters.range.end, TimeParameter(request, "end", now));
  if (parameters.range.end < parameters.range.start) {
    return absl::InvalidArgumentError("end timestamp must not be before start timestamp");
  }
  ASSIGN_OR_RETURN(parameters.sets, MatchersParameter(request));
  RETURN_IF_ERROR(ReadTerms(request, &parameters.terms));
  ASSIGN_OR_RETURN(parameters.include_score, ReadBool(request, "include_score", false));
  RETURN_IF_ERROR(ReadOrder(request, &parameters));
  RETURN_IF_ERROR(ReadLimits(sources, request, &parameters));
  if (!parameters.sort_by.empty() && parameters.sort_by != "alpha" && parameters.sort_by != "score") {
    return absl::InvalidArgumentError(
        Cat("invalid sort_by ", GoQuoted(parameters.sort_by), " for ", endpoint, ": must be \"alpha\" or \"score\""));
  }
  return parameters;
}

/// Sorted texts over the union of the matcher sets: `get` asks the querier for one set.
template <typename Get>
absl::StatusOr<std::vector<std::string>> TextsOf(const Sources& sources, const SearchParameters& parameters, Get get) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Querier> querier, sources.queryable->OpenQuerier(parameters.range.start, parameters.range.end));
  if (parameters.sets.size() <= 1) {
    return get(*querier, parameters.sets.empty() ? std::vector<Matcher>() : parameters.sets.front());
  }
  std::set<std::string> merged;
  for (const std::vector<Matcher>& matchers : parameters.sets) {
    ASSIGN_OR_RETURN(const std::vector<std::string> texts, get(*querier, matchers));
    merged.insert(texts.begin(), texts.end());
  }
  return std::vector<std::string>(merged.begin(), merged.end());
}

/// The best `limit` + 1 hits in the order asked for; the one too many tells that there are more.
std::vector<Hit> FindHits(std::vector<std::string> texts, const SearchParameters& parameters) {
  const SearchFilter filter(parameters.terms);
  if (parameters.order == SearchOrder::kDescending) {
    std::reverse(texts.begin(), texts.end());
  }
  const bool by_score = parameters.order == SearchOrder::kByScore;
  std::vector<Hit> hits;
  for (std::string& text : texts) {
    double score = 0;
    if (!filter.Accepts(text, &score)) {
      continue;
    }
    hits.push_back({.text = std::move(text), .score = score});
    if (!by_score && hits.size() > parameters.limit) {
      break;
    }
  }
  if (by_score) {
    std::stable_sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) { return a.score > b.score; });
    hits.resize(std::min(hits.size(), parameters.limit + 1));
  }
  return hits;
}

using FamilyByName = absl::flat_hash_map<std::string, FamilyMetadata>;

/// Writes the lines, a batch at each call.
class HitLines {
 public:
  HitLines(std::string_view key, std::vector<Hit> hits, const SearchParameters& parameters)
      : key_(key), hits_(std::move(hits)), include_score_(parameters.include_score), batch_(parameters.batch_size) {
    has_more_ = hits_.size() > parameters.limit;
    hits_.resize(std::min(hits_.size(), parameters.limit));
  }

  void set_metadata(FamilyByName families) { families_ = std::move(families); }
  bool empty() const { return hits_.empty(); }

  /// False: that was all.
  bool WriteBatch(std::string* out) {
    JsonWriter json(out);
    json.BeginObject();
    json.Key("results");
    json.BeginArray();
    const size_t end = next_ + std::min(batch_, hits_.size() - next_);
    for (; next_ < end; ++next_) {
      WriteHit(hits_[next_], &json);
    }
    json.EndArray();
    json.EndObject();
    out->push_back('\n');
    if (next_ < hits_.size()) {
      return true;
    }
    Append(out, R"({"status":"success","has_more":)", has_more_ ? "true" : "false", "}\n");
    return false;
  }

 private:
  void WriteHit(const Hit& hit, JsonWriter* json) const {
    json->BeginObject();
    json->Field(key_, hit.text);
    if (include_score_) {
      json->Key("score");
      json->Float(hit.score);
    }
    if (const auto it = families_.find(hit.text); it != families_.end()) {
      const std::pair<std::string_view, const std::string&> fields[] = {
          {"type", it->second.type}, {"help", it->second.help}, {"unit", it->second.unit}};
      for (const auto& [key, text] : fields) {
        if (!text.empty()) {
          json->Field(key, text);
        }
      }
    }
    json->EndObject();
  }

  std::string_view key_;
  std::vector<Hit> hits_;
  FamilyByName families_;
  bool include_score_;
  bool has_more_ = false;
  size_t batch_;
  size_t next_ = 0;
};

http::Response LinesAnswer(std::shared_ptr<HitLines> lines) {
  http::Response response;
  response.Set("Content-Type", "application/x-ndjson; charset=utf-8");
  if (lines->WriteBatch(&response.body)) {
    response.stream = [lines = std::move(lines)](std::string* chunk) { return lines->WriteBatch(chunk); };
  }
  return response;
}

FamilyByName FamiliesOf(const Sources& sources) {
  FamilyByName families;
  sources.visit_metadata([&families](const TargetMetadata& target) {
    for (const FamilyMetadata& family : target.families) {
      families.emplace(family.family, family);
    }
  });
  return families;
}

/// `endpoint`: "metric_names" and so on; `key`: of the text in the answer.
template <typename Get>
http::Response Search(const Sources& sources, const http::Request& request, std::string_view endpoint, std::string_view key, Get get) {
  if (!sources.feature_switches.search) {
    return Answer(Failure(ErrorType::kUnavailable, "search API disabled"));
  }
  absl::StatusOr<SearchParameters> parameters = ReadSearch(sources, request, endpoint);
  if (!parameters.ok()) {
    return Answer(BadData(Message(parameters.status())));
  }
  if (endpoint == "metric_names") {
    const absl::StatusOr<bool> include = ReadBool(request, "include_metadata", false);
    if (!include.ok()) {
      return Answer(BadData(Message(include.status())));
    }
    parameters->include_metadata = *include;
  }
  absl::StatusOr<std::vector<std::string>> texts = TextsOf(sources, *parameters, get);
  if (!texts.ok()) {
    return Answer(QueryFailure(texts.status()));
  }
  auto lines = std::make_shared<HitLines>(key, FindHits(*std::move(texts), *parameters), *parameters);
  if (parameters->include_metadata && !lines->empty()) {
    lines->set_metadata(FamiliesOf(sources));
  }
  return LinesAnswer(std::move(lines));
}

http::Response SearchValues(const Sources& sources, const http::Request& request, std::string_view endpoint, std::string_view key,
                            std::string_view label) {
  return Search(sources, request, endpoint, key,
                [label](Querier& querier, const std::vector<Matcher>& matchers) { return querier.LabelValues(label, matchers); });
}

http::Response SearchLabelValues(const Sources& sources, const http::Request& request) {
  const std::string_view label = request.form.Get("label");
  if (label.empty() && sources.feature_switches.search && ReadSearch(sources, request, "label_values").ok()) {
    return Answer(BadData("missing required parameter \"label\""));
  }
  return SearchValues(sources, request, "label_values", "value", label);
}

http::Response SearchLabelNames(const Sources& sources, const http::Request& request) {
  return Search(sources, request, "label_names", "name",
                [](Querier& querier, const std::vector<Matcher>& matchers) { return querier.LabelNames(matchers); });
}

}  // namespace

void RegisterSearch(const Sources& sources, Registrar* registrar) {
  registrar->AddAnswer("GET POST", "/search/metric_names", [&sources](const http::Request& request) {
    return SearchValues(sources, request, "metric_names", "name", "__name__");
  });
  registrar->AddAnswer("GET POST", "/search/label_names",
                       [&sources](const http::Request& request) { return SearchLabelNames(sources, request); });
  registrar->AddAnswer("GET POST", "/search/label_values",
                       [&sources](const http::Request& request) { return SearchLabelValues(sources, request); });
}

}  // namespace tocsin::api
