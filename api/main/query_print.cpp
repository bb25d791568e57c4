#include "api/main/query_print.h"

#include <algorithm>
#include <vector>

#include "base/json/writer.h"
#include "base/model/labels.h"
#include "base/strings.h"
#include "base/text/float_text.h"
#include "base/text/quote.h"

namespace tocsin {

std::string MetricText(const JsonValue& metric) {
  std::vector<std::string> labels;
  std::string name;
  for (const auto& [label, value] : metric.members()) {
    if (label == kMetricName) {
      name = value.text();
    } else {
      labels.push_back(Cat(label, "=", GoQuoted(value.text())));
    }
  }
  std::sort(labels.begin(), labels.end());
  std::string joined;
  for (const std::string& label : labels) {
    Append(&joined, joined.empty() ? "" : ", ", label);
  }
  if (labels.empty() && !name.empty()) {
    return name;
  }
  return Cat(name, "{", joined, "}");
}

namespace {

/// [1435781451.781, "1"]: 1 @[1435781451.781]
std::string PairText(const JsonValue& pair) {
  const std::vector<JsonValue> parts = pair.items();
  if (parts.size() != 2) {
    return "";
  }
  const std::string value = parts[1].kind() == JsonKind::kString ? std::string(parts[1].text()) : JsonText(parts[1]);
  return Cat(value, " @[", GoFloat(parts[0].number().value_or(0), 'f'), "]");
}

std::string SeriesText(const JsonValue& series) {
  std::string out = Cat(MetricText(series["metric"]), " =>");
  for (const std::string_view key : {"values", "histograms"}) {
    for (const JsonValue& pair : series[key].items()) {
      Append(&out, "\n", PairText(pair));
    }
  }
  return out;
}

void WriteJson(const JsonValue& value, JsonWriter* json) {
  switch (value.kind()) {
    case JsonKind::kNull:
      json->Null();
      break;
    case JsonKind::kBool:
      json->Bool(value.boolean().value_or(false));
      break;
    case JsonKind::kNumber:
      json->Float(value.number().value_or(0));
      break;
    case JsonKind::kString:
      json->String(value.text());
      break;
    case JsonKind::kArray:
      json->BeginArray();
      for (const JsonValue& item : value.items()) {
        WriteJson(item, json);
      }
      json->EndArray();
      break;
    case JsonKind::kObject:
      json->BeginObject();
      for (const auto& [key, member] : value.members()) {
        json->Key(key);
        WriteJson(member, json);
      }
      json->EndObject();
      break;
  }
}

}  // namespace

std::string QueryValueText(const JsonValue& data) {
  const std::string_view type = data["resultType"].text();
  if (type == "scalar") {
    return Cat("scalar: ", PairText(data["result"]));
  }
  if (type == "string") {
    const std::vector<JsonValue> parts = data["result"].items();
    return parts.size() == 2 ? std::string(parts[1].text()) : "";
  }
  std::string out;
  for (const JsonValue& element : data["result"].items()) {
    if (!out.empty()) {
      out += "\n";
    }
    if (type == "matrix") {
      out += SeriesText(element);
    } else {
      const JsonValue& pair = element["value"].is_null() ? element["histogram"] : element["value"];
      Append(&out, MetricText(element["metric"]), " => ", PairText(pair));
    }
  }
  return out;
}

std::string LabelSetText(const JsonValue& labels) {
  std::vector<std::string> parts;
  for (const auto& [label, value] : labels.members()) {
    parts.push_back(Cat(label, "=", GoQuoted(value.text())));
  }
  std::sort(parts.begin(), parts.end());
  std::string out = "{";
  for (const std::string& part : parts) {
    Append(&out, out.size() == 1 ? "" : ", ", part);
  }
  return out + "}";
}

std::string JsonText(const JsonValue& value) {
  std::string out;
  JsonWriter json(&out);
  WriteJson(value, &json);
  return out;
}

}  // namespace tocsin
