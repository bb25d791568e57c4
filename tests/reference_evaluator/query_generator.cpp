#include "tests/reference_evaluator/query_generator.h"

#include "base/strings.h"

namespace tocsin::reference {

std::string QueryGenerator::Pick(std::initializer_list<std::string_view> choices) {
  return std::string(*(choices.begin() + Below(static_cast<int>(choices.size()))));
}

std::string QueryGenerator::Vector(int depth) {
  if (depth <= 0) {
    return Below(2) == 0 ? ExactVector(0) : RangeCall(0);
  }
  switch (Below(12)) {
    case 0:
      return ExactVector(depth);
    case 1:
    case 2:
      return Aggregation(depth - 1, false);
    case 3:
      return RangeCall(depth - 1);
    case 4:
      return Matched(depth - 1);
    case 5:
      return Join();
    case 6:
      return SetOperation(depth - 1);
    case 7:
      return FunctionCall(depth - 1);
    case 8:
      return LabelCall(depth - 1);
    case 9:
      return Cat(Pick({"-", "+", ""}), "(", Vector(depth - 1), ")");
    case 10:
      return Cat(Vector(depth - 1), " ", Pick({"+", "-", "*", "/"}), " ", Scalar(depth - 1));
    default:
      return Cat(Scalar(depth - 1), " ", Pick({"+", "-", "*", "/", "^"}), " (", Vector(depth - 1), ")");
  }
}

// Values that are the same to the bit however they are computed.
std::string QueryGenerator::ExactVector(int depth) {
  if (depth <= 0) {
    return Below(3) == 0 ? ExactRangeCall() : Selector();
  }
  switch (Below(6)) {
    case 0:
      return Cat(ExactVector(depth - 1), " ", Pick({">", "<", ">=", "<=", "==", "!="}), Pick({" ", " bool "}), Number());
    case 1:
      return Cat(Pick({"floor", "ceil", "round", "sgn", "abs"}), "(", ExactVector(depth - 1), ")");
    case 2:
      return Cat(ExactVector(depth - 1), " % ", Pick({"2", "3", "-4"}));
    case 3:
      return Cat(Pick({"clamp_min", "clamp_max"}), "(", ExactVector(depth - 1), ", ", Number(), ")");
    case 4:
      return Aggregation(depth - 1, true);
    default:
      return Cat("(", Selector(), ") ", Pick({">", "<", ">=", "<=", "==", "!=", "+", "-"}), " (", Selector(), ")");
  }
}

std::string QueryGenerator::Number() { return Pick({"0", "1", "2.5", "-3", "10", "40", "100", "5m", "0x10"}); }

std::string QueryGenerator::Scalar(int depth) {
  switch (Below(depth > 0 ? 6 : 4)) {
    case 4:
      return Cat("scalar(", Aggregation(depth - 1, true), ")");
    case 5:
      return Cat("(", Scalar(depth - 1), " ", Pick({"+", "-", "*", "/", "%"}), " ", Scalar(depth - 1), ")");
    case 3:
      return Pick({"time()", "pi()"});
    default:
      return Number();
  }
}

std::string QueryGenerator::Matchers() {
  std::vector<std::string> matchers;
  if (Below(3) == 0) {
    matchers.push_back(Pick({R"(job="api")", R"(job=~"api|db")", R"(job!="web")", R"(job!~"d.*")", R"(job="none")"}));
  }
  if (Below(3) == 0) {
    matchers.push_back(Pick({R"(instance="a")", R"(instance=~"[ab]")", R"(instance!="b")"}));
  }
  if (Below(6) == 0) {
    matchers.push_back(Pick({R"(code="200")", R"(code=~"4..|5..")", R"(le="1")", R"(version!="1.0")"}));
  }
  std::string out;
  for (const std::string& matcher : matchers) {
    Append(&out, out.empty() ? "{" : ",", matcher);
  }
  return out.empty() ? out : out + "}";
}

std::string QueryGenerator::Modifiers() {
  switch (Below(10)) {
    case 0:
      return Cat(" offset ", Pick({"1m", "5m", "-2m", "17s"}));
    case 1:
      return Cat(" @ ", Pick({"1700001000", "start()", "end()", "1700003700.5"}));
    case 2:
      return " @ end() offset 3m";
    default:
      return "";
  }
}

std::string QueryGenerator::Selector() {
  return Cat(Pick({"requests_total", "temperature", "queue_length", "build_info", "latency_bucket"}), Matchers(), Modifiers());
}

std::string QueryGenerator::Range() {
  return Cat(Pick({"requests_total", "temperature", "queue_length", "latency_bucket"}), Matchers(), "[",
             Pick({"1m", "5m", "45s", "10m", "20m30s", "14s"}), "]", Modifiers());
}

std::string QueryGenerator::ExactRangeCall() {
  return Cat(Pick({"sum_over_time", "min_over_time", "max_over_time", "count_over_time", "last_over_time", "first_over_time",
                   "present_over_time", "changes", "resets", "idelta", "absent_over_time"}),
             "(", Range(), ")");
}

std::string QueryGenerator::Subquery(int depth) {
  return Cat("(", Vector(depth), ")[", Pick({"5m:1m", "10m:45s", "3m:", "7m:30s", "1m:1m"}), "]", Modifiers());
}

std::string QueryGenerator::RangeCall(int depth) {
  const std::string range = depth > 0 && Below(3) == 0 ? Subquery(depth - 1) : Range();
  switch (Below(8)) {
    case 0:
      return Cat("quantile_over_time(", Pick({"0", "0.5", "0.9", "1", "-1", "2", "NaN"}), ", ", range, ")");
    case 1:
      return Cat("predict_linear(", range, ", ", Pick({"0", "60", "3600", "-300"}), ")");
    case 2:
    case 3:
      return Cat(Pick({"rate", "increase"}), "(requests_total", Matchers(), "[", Pick({"1m", "5m", "2m10s"}), "]", Modifiers(), ")");
    default:
      return Cat(Pick({"rate", "increase", "delta", "irate", "deriv", "avg_over_time", "stddev_over_time", "stdvar_over_time",
                       "sum_over_time", "min_over_time", "max_over_time", "count_over_time"}),
                 "(", range, ")");
  }
}

std::string QueryGenerator::Grouping() {
  return Pick({"", " by (job)", " by (instance, job)", " without (instance)", " by (code)", " without (code, le)", " by ()", " by (le)",
               " without ()", " by (missing)"});
}

std::string QueryGenerator::Aggregation(int depth, bool exact) {
  const std::string inner = exact ? ExactVector(depth) : Vector(depth);
  if (exact) {
    return Cat(Pick({"sum", "min", "max", "count", "group"}), Grouping(), " (", inner, ")");
  }
  switch (Below(10)) {
    case 0:
      return Cat("quantile", Grouping(), " (", Pick({"0.5", "0.25", "0.99", "-0.5", "1.5"}), ", ", inner, ")");
    case 1:
      return Cat("sum(", Pick({"topk", "bottomk"}), Grouping(), " (", Pick({"1", "2", "5", "0", "-1"}), ", ", ExactVector(depth), "))");
    case 2:
      return Cat("count_values", Grouping(), " (\"value\", ", ExactVector(depth), ")");
    case 3:
      return Cat(Pick({"stddev", "stdvar"}), Grouping(), " (", inner, ")");
    default:
      return Cat(Pick({"sum", "avg", "min", "max", "count", "group"}), Grouping(), " (", inner, ")");
  }
}

// Sides with the same labels.
std::string QueryGenerator::Matched(int depth) {
  const std::string grouping = Pick({" by (job)", " by (instance, job)", " without (code, le, version)"});
  const auto side = [&] { return Cat(Pick({"sum", "max", "avg"}), grouping, " (", Vector(depth), ")"); };
  const std::string lhs = side();
  return Cat(lhs, " ", Pick({"+", "-", "*", "/"}), " ", Pick({"", "on (job, instance) ", "ignoring (code) "}), side());
}

std::string QueryGenerator::Join() {
  return Pick({
      "requests_total * on (job, instance) group_left (version) build_info",
      "rate(requests_total[5m]) / on (job, instance) group_left temperature",
      "temperature + on (job, instance) group_right requests_total",
      "sum by (job) (requests_total) / ignoring (instance) group_right temperature",
      "requests_total / ignoring (code) group_left sum without (code) (requests_total)",
      "temperature > on (job, instance) queue_length",
      "temperature == bool ignoring (x) queue_length",
      "requests_total + on (job) temperature",
      "histogram_quantile(0.9, latency_bucket)",
      "histogram_quantile(0.5, sum by (le, job) (rate(latency_bucket[5m])))",
      "histogram_quantile(0.99, sum by (le) (latency_bucket))",
      "histogram_quantile(1.2, latency_bucket)",
      "label_replace(temperature, \"job\", \"same\", \"instance\", \".*\")",
      "sort_desc(sum by (job) (requests_total))",
      "absent(temperature{job=\"none\"})",
      "absent(temperature{job=\"none\",instance=~\"a|b\"})",
      "timestamp(temperature)",
      "timestamp(temperature + 0)",
      "vector(time())",
      "day_of_week(vector(1700001000)) + hour()",
      "days_in_month() + day_of_year() + month() + year() + minute() + day_of_month()",
  });
}

std::string QueryGenerator::SetOperation(int depth) {
  return Cat("(", Vector(depth), ") ", Pick({"and", "or", "unless"}), " ", Pick({"", "on (job) ", "ignoring (code, version) ", "on () "}),
             "(", Vector(depth), ")");
}

std::string QueryGenerator::FunctionCall(int depth) {
  switch (Below(4)) {
    case 0:
      return Cat("clamp(", Vector(depth), ", ", Number(), ", ", Number(), ")");
    case 1:
      return Cat(Pick({"timestamp", "absent"}), "(", Vector(depth), ")");
    case 2:
      return Cat("round(", ExactVector(depth), ", ", Pick({"0.5", "3", "10"}), ")");
    default:
      return Cat(Pick({"abs", "sqrt", "exp", "ln", "log2", "log10", "sin", "cos", "atan", "tanh", "deg", "rad"}), "(", Vector(depth), ")");
  }
}

std::string QueryGenerator::LabelCall(int depth) {
  if (Below(2) == 0) {
    return Cat("label_join(", Vector(depth), ", \"joined\", \"-\", \"job\", \"instance\")");
  }
  return Cat("label_replace(", Vector(depth), ", \"new\", \"$1-x\", \"job\", \"(.).*\")");
}

}  // namespace tocsin::reference
