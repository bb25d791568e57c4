#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tocsin::reference {

/// Random queries over the data of GenerateSeries, in the part of the language that the evaluator covers. Operators that jump (comparisons
/// of vectors, rounding, modulo) are only applied to values that are exact, so that the last bit of a rate does not decide a result; topk
/// stands inside of an aggregation, so that ties do not.
class QueryGenerator {
 public:
  explicit QueryGenerator(uint64_t seed) : random_(seed) {}

  std::string Next() { return Vector(3); }

 private:
  int Below(int limit) { return static_cast<int>(random_() % static_cast<uint64_t>(limit)); }
  std::string Pick(std::initializer_list<std::string_view> choices);

  std::string Vector(int depth);
  std::string ExactVector(int depth);
  std::string Scalar(int depth);
  std::string Number();
  std::string Selector();
  std::string Matchers();
  std::string Modifiers();
  std::string Range();
  std::string ExactRangeCall();
  std::string RangeCall(int depth);
  std::string Subquery(int depth);
  std::string Aggregation(int depth, bool exact);
  std::string Grouping();
  std::string Matched(int depth);
  std::string Join();
  std::string SetOperation(int depth);
  std::string FunctionCall(int depth);
  std::string LabelCall(int depth);

  std::mt19937_64 random_;
};

}  // namespace tocsin::reference
