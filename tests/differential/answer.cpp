#include "tests/differential/answer.h"

#include <simdjson.h>

#include <algorithm>
#include <cmath>

#include "base/strings.h"
#include "base/text/float_text.h"

namespace tocsin::differential {
namespace {

namespace dom = simdjson::dom;

double NumberOf(dom::element value) { return value.is_string() ? ParseGoFloat(std::string_view(value)).value : double(value); }

std::vector<double> HistogramNumbers(dom::element histogram) {
  std::vector<double> numbers = {NumberOf(histogram["count"]), NumberOf(histogram["sum"])};
  dom::array buckets;
  if (histogram["buckets"].get(buckets) == simdjson::SUCCESS) {
    for (const dom::element bucket : buckets) {
      for (const dom::element number : bucket) {
        numbers.push_back(NumberOf(number));
      }
    }
  }
  return numbers;
}

// [time, value] or [time, histogram].
void ReadPoint(dom::element pair, std::map<std::string, std::vector<double>>* points) {
  const dom::element value = pair.at(1);
  (*points)[GoFloat(NumberOf(pair.at(0)), 'f')] = value.is_object() ? HistogramNumbers(value) : std::vector<double>{NumberOf(value)};
}

void ReadSeries(dom::element series, Answer* answer) {
  std::map<std::string, std::string> labels;
  for (const auto& [name, value] : dom::object(series["metric"])) {
    labels[std::string(name)] = std::string(std::string_view(value));
  }
  std::string text;
  for (const auto& [name, value] : labels) {
    Append(&text, name, "=", value, ";");
  }
  auto& points = answer->points[text];
  dom::element found;
  for (const char* key : {"value", "histogram"}) {
    if (series[key].get(found) == simdjson::SUCCESS) {
      ReadPoint(found, &points);
    }
  }
  for (const char* key : {"values", "histograms"}) {
    if (series[key].get(found) == simdjson::SUCCESS) {
      for (const dom::element pair : found) {
        ReadPoint(pair, &points);
      }
    }
  }
}

bool AgreesClosely(double a, double b) {
  constexpr double kTolerance = 1e-12;
  if (std::isnan(a) || std::isnan(b)) {
    return std::isnan(a) && std::isnan(b);
  }
  return a == b || std::fabs(a - b) <= kTolerance * std::max(std::fabs(a), std::fabs(b));
}

std::string PrintNumbers(const std::vector<double>* numbers) {
  if (numbers == nullptr) {
    return "nothing";
  }
  std::string out;
  for (const double number : *numbers) {
    Append(&out, out.empty() ? "" : " ", GoFloat(number, 'g'));
  }
  return out;
}

const std::vector<double>* FindPoint(const Answer& answer, const std::string& labels, const std::string& time) {
  const auto series = answer.points.find(labels);
  if (series == answer.points.end()) {
    return nullptr;
  }
  const auto point = series->second.find(time);
  return point == series->second.end() ? nullptr : &point->second;
}

bool SamePoint(const std::vector<double>* a, const std::vector<double>* b) {
  return a != nullptr && b != nullptr && std::equal(a->begin(), a->end(), b->begin(), b->end(), AgreesClosely);
}

}  // namespace

Answer ReadAnswer(const std::string& json) {
  Answer answer;
  dom::parser parser;
  dom::element document;
  if (parser.parse(json).get(document) != simdjson::SUCCESS) {
    answer.error = Cat("no JSON: ", json.substr(0, 200));
    return answer;
  }
  std::string_view error;
  if (document["error"].get(error) == simdjson::SUCCESS) {
    // The API's word in front of parse errors; our side is asked below it.
    constexpr std::string_view kParameterPrefix = "invalid parameter \"query\": ";
    answer.error = std::string(error.starts_with(kParameterPrefix) ? error.substr(kParameterPrefix.size()) : error);
    return answer;
  }
  for (const char* key : {"warnings", "infos"}) {
    dom::array texts;
    if (document[key].get(texts) == simdjson::SUCCESS) {
      for (const dom::element text : texts) {
        answer.annotations.emplace_back(std::string_view(text));
      }
    }
  }
  std::sort(answer.annotations.begin(), answer.annotations.end());
  answer.result_type = std::string(std::string_view(document["data"]["resultType"]));
  const dom::element result = document["data"]["result"];
  if (answer.result_type == "scalar" || answer.result_type == "string") {
    ReadPoint(result, &answer.points[""]);
    return answer;
  }
  for (const dom::element series : result) {
    ReadSeries(series, &answer);
  }
  return answer;
}

std::optional<std::string> Difference(const Answer& peer, const Answer& own) {
  if (peer.error != own.error) {
    return Cat("peer's error: \"", peer.error, "\", own: \"", own.error, "\"");
  }
  if (peer.result_type != own.result_type) {
    return Cat("peer answers a ", peer.result_type, ", own a ", own.result_type);
  }
  for (const Answer* side : {&peer, &own}) {
    for (const auto& [labels, points] : side->points) {
      for (const auto& [time, numbers] : points) {
        const std::vector<double>* a = FindPoint(peer, labels, time);
        const std::vector<double>* b = FindPoint(own, labels, time);
        if (!SamePoint(a, b)) {
          return Cat("{", labels, "} at ", time, ": peer ", PrintNumbers(a), ", own ", PrintNumbers(b));
        }
      }
    }
  }
  if (peer.annotations != own.annotations) {
    const auto print = [](const std::vector<std::string>& texts) {
      std::string out;
      for (const std::string& text : texts) {
        Append(&out, "[", text, "]");
      }
      return out;
    };
    return Cat("annotations: peer ", print(peer.annotations), ", own ", print(own.annotations));
  }
  return std::nullopt;
}

}  // namespace tocsin::differential
