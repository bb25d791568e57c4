#include "rules/template/value.h"

namespace tocsin::gotemplate {

const std::string& Value::text() const {
  if (const HtmlText* html = std::get_if<HtmlText>(&data_)) {
    return html->text;
  }
  return std::get<std::string>(data_);
}

std::string_view Value::type_name() const {
  switch (kind()) {
    case Kind::kNone:
      return "<nil>";
    case Kind::kBool:
      return "bool";
    case Kind::kInt:
      return "int";
    case Kind::kUint:
      return "uint64";
    case Kind::kFloat:
      return "float64";
    case Kind::kString:
      return "string";
    case Kind::kHtml:
      return "template.HTML";
    case Kind::kStringMap:
      return "map[string]string";
    case Kind::kAnyMap:
      return "map[string]interface {}";
    case Kind::kList:
      return list().type_name;
    case Kind::kSample:
      return "*template.sample";
    case Kind::kQueryResult:
      return "template.queryResult";
    case Kind::kHistogram:
      return "*histogram.FloatHistogram";
    case Kind::kAlertData:
      return "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value interface {} }";
    case Kind::kTime:
      return "*time.Time";
    case Kind::kDuration:
      return "*time.Duration";
  }
  return "";
}

int64_t ValueLength(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kString:
    case Value::Kind::kHtml:
      return static_cast<int64_t>(value.text().size());
    case Value::Kind::kStringMap:
      return static_cast<int64_t>(value.labels().size());
    case Value::Kind::kAnyMap:
      return static_cast<int64_t>(value.map().size());
    case Value::Kind::kList:
      return static_cast<int64_t>(value.list().items.size());
    case Value::Kind::kQueryResult:
      return static_cast<int64_t>(value.query_result().size());
    default:
      return -1;
  }
}

bool IsTrue(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kNone:
      return false;
    case Value::Kind::kBool:
      return value.bool_value();
    case Value::Kind::kInt:
      return value.int_value() != 0;
    case Value::Kind::kUint:
      return value.uint_value() != 0;
    case Value::Kind::kFloat:
      return value.float_value() != 0;
    case Value::Kind::kSample:
      return value.sample() != nullptr;
    case Value::Kind::kHistogram:
    case Value::Kind::kAlertData:
    case Value::Kind::kTime:
    case Value::Kind::kDuration:
      return true;
    default:
      return ValueLength(value) != 0;
  }
}

}  // namespace tocsin::gotemplate
