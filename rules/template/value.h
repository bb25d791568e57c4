#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/model/labels.h"
#include "base/model/sample.h"

/// Go's text/template as Prometheus uses it. Reading order: value.h, lexer.h, node.h, parser.h, evaluator.h, functions.h, template.h.
namespace tocsin::gotemplate {

class Value;

/// One element of what `query` returns.
struct QuerySample;
using QuerySamplePtr = std::shared_ptr<const QuerySample>;
using QuerySamples = std::vector<QuerySamplePtr>;

/// The data of an alert's templates: .Labels .ExternalLabels .ExternalURL .Value
struct AlertData;

/// A list, with the Go name of its type ("[]interface {}").
struct ListValue;

/// A moment in nanoseconds since the Unix epoch, UTC.
struct TimeValue {
  int64_t unix_ns = 0;
  bool operator==(const TimeValue&) const = default;
};

/// A length of time in nanoseconds.
struct DurationValue {
  int64_t ns = 0;
  bool operator==(const DurationValue&) const = default;
};

/// Text that is HTML already (html/template.HTML).
struct HtmlText {
  std::string text;
};

using LabelsPtr = std::shared_ptr<const Labels>;
using ValueMap = std::map<std::string, Value>;

/// A value as templates see it: what Go's reflect.Value holds there. kNone is Go's invalid value and its untyped nil.
/// A copy is cheap: everything big is shared and immutable.
class Value {
 public:
  enum class Kind {
    kNone,
    kBool,
    kInt,
    kUint,
    kFloat,
    kString,
    kHtml,
    kStringMap,  // map[string]string: a label set
    kAnyMap,     // map[string]interface {}
    kList,
    kSample,
    kQueryResult,
    kHistogram,
    kAlertData,
    kTime,
    kDuration,
  };

  Value() = default;
  explicit Value(bool v) : data_(v) {}
  explicit Value(int64_t v) : data_(v) {}
  explicit Value(uint64_t v) : data_(v) {}
  explicit Value(double v) : data_(v) {}
  explicit Value(std::string v) : data_(std::move(v)) {}
  explicit Value(std::string_view v) : data_(std::string(v)) {}
  explicit Value(const char* v) : data_(std::string(v)) {}
  explicit Value(HtmlText v) : data_(std::move(v)) {}
  explicit Value(LabelsPtr v) : data_(std::move(v)) {}
  explicit Value(std::shared_ptr<const ValueMap> v) : data_(std::move(v)) {}
  explicit Value(std::shared_ptr<const ListValue> v) : data_(std::move(v)) {}
  explicit Value(QuerySamplePtr v) : data_(std::move(v)) {}
  explicit Value(std::shared_ptr<const QuerySamples> v) : data_(std::move(v)) {}
  explicit Value(HistogramPtr v) : data_(std::move(v)) {}
  explicit Value(std::shared_ptr<const AlertData> v) : data_(std::move(v)) {}
  explicit Value(TimeValue v) : data_(v) {}
  explicit Value(DurationValue v) : data_(v) {}

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool valid() const { return kind() != Kind::kNone; }
  bool is_integer() const { return kind() == Kind::kInt || kind() == Kind::kUint; }

  bool bool_value() const { return std::get<bool>(data_); }
  int64_t int_value() const { return std::get<int64_t>(data_); }
  uint64_t uint_value() const { return std::get<uint64_t>(data_); }
  double float_value() const { return std::get<double>(data_); }
  /// Of kString and kHtml.
  const std::string& text() const;
  const Labels& labels() const { return *std::get<LabelsPtr>(data_); }
  const ValueMap& map() const { return *std::get<std::shared_ptr<const ValueMap>>(data_); }
  const ListValue& list() const { return *std::get<std::shared_ptr<const ListValue>>(data_); }
  /// Null for Go's nil pointer.
  const QuerySamplePtr& sample() const { return std::get<QuerySamplePtr>(data_); }
  const QuerySamples& query_result() const { return *std::get<std::shared_ptr<const QuerySamples>>(data_); }
  const FloatHistogram& histogram() const { return *std::get<HistogramPtr>(data_); }
  const AlertData& alert_data() const { return *std::get<std::shared_ptr<const AlertData>>(data_); }
  TimeValue time() const { return std::get<TimeValue>(data_); }
  DurationValue duration() const { return std::get<DurationValue>(data_); }

  /// Go's name of the type: "float64", "map[string]string", "*template.sample".
  std::string_view type_name() const;

  /// A value that came out of a field, map or list of type interface {} and was not unpacked by a pipeline yet: error texts name that type.
  bool boxed() const { return boxed_; }
  Value Boxed() const {
    Value v = *this;
    v.boxed_ = true;
    return v;
  }
  void Unbox() { boxed_ = false; }

 private:
  std::variant<std::monostate, bool, int64_t, uint64_t, double, std::string, HtmlText, LabelsPtr, std::shared_ptr<const ValueMap>,
               std::shared_ptr<const ListValue>, QuerySamplePtr, std::shared_ptr<const QuerySamples>, HistogramPtr,
               std::shared_ptr<const AlertData>, TimeValue, DurationValue>
      data_;
  bool boxed_ = false;
};

struct QuerySample {
  LabelsPtr labels;
  Value value;  // a float or a histogram
};

struct AlertData {
  LabelsPtr labels;
  LabelsPtr external_labels;
  std::string external_url;
  Value value;
};

struct ListValue {
  std::string_view type_name = "[]interface {}";
  std::vector<Value> items;
};

/// Go's truth of a value in `if`: false for none, false, zero and what is empty.
bool IsTrue(const Value& value);

/// The number of elements of a string (bytes), map or list; -1 for other kinds.
int64_t ValueLength(const Value& value);

}  // namespace tocsin::gotemplate
