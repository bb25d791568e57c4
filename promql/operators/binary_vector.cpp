#include "promql/operators/binary_vector.h"

#include <algorithm>

#include "base/status.h"
#include "base/strings.h"
#include "promql/exec/duplicates.h"

namespace tocsin::promql {

namespace {

bool TestBit(const std::vector<uint64_t>& bits, size_t i) { return (bits[i >> 6] >> (i & 63)) & 1; }
void SetBit(std::vector<uint64_t>* bits, size_t i) { (*bits)[i >> 6] |= uint64_t{1} << (i & 63); }

template <typename F>
absl::Status ForEachBit(const std::vector<uint64_t>& bits, F f) {
  for (size_t w = 0; w < bits.size(); ++w) {
    for (uint64_t rest = bits[w]; rest != 0; rest &= rest - 1) {
      RETURN_IF_ERROR(f(w * 64 + static_cast<size_t>(std::countr_zero(rest))));
    }
  }
  return absl::OkStatus();
}

bool AnyCommonBit(const std::vector<uint64_t>& a, const std::vector<uint64_t>& b) {
  uint64_t common = 0;
  for (size_t w = 0; w < a.size(); ++w) {
    common |= a[w] & b[w];
  }
  return common != 0;
}

bool AnyBit(const std::vector<uint64_t>& bits) {
  return std::any_of(bits.begin(), bits.end(), [](uint64_t word) { return word != 0; });
}

}  // namespace

VectorBinaryOperator::VectorBinaryOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, const BinaryExpr& expr,
                                           OperatorPtr left, OperatorPtr right)
    : WholeOperator(context, steps, site),
      op_(expr.op),
      matching_(*expr.vector_matching),
      return_bool_(expr.return_bool),
      swapped_(matching_.card == MatchCardinality::kOneToMany),
      left_(std::move(left)),
      right_(std::move(right)) {}

std::string VectorBinaryOperator::Describe() const {
  return Cat("vector ", BinaryOpText(op_), " vector, ", MatchCardinalityText(matching_.card));
}

absl::Status VectorBinaryOperator::OpenSides(Side* many, Side* one) {
  Side* left = swapped_ ? one : many;
  Side* right = swapped_ ? many : one;
  RETURN_IF_ERROR(left_->Open());
  ASSIGN_OR_RETURN(left->values, ReadAll(context(), *left_, &left->storage));
  RETURN_IF_ERROR(right_->Open());
  ASSIGN_OR_RETURN(right->values, ReadAll(context(), *right_, &right->storage));
  left->heads = left_->TakeHeads();
  right->heads = right_->TakeHeads();
  RETURN_IF_ERROR(RemoveNames(context(), &left->heads));
  RETURN_IF_ERROR(RemoveNames(context(), &right->heads));
  JoinTable table = JoinSeries(many->heads, one->heads, matching_);
  many->signatures = std::move(table.left);
  one->signatures = std::move(table.right);
  matched_.resize(table.signatures);
  return absl::OkStatus();
}

absl::Status VectorBinaryOperator::DoOpen() {
  const int64_t held_before = context().held();
  Side many;
  Side one;
  RETURN_IF_ERROR(OpenSides(&many, &one));
  problems_.resize(steps().count());
  RETURN_IF_ERROR(CheckOneSide(many, one));
  RETURN_IF_ERROR(MatchAll(many, one));
  for (const auto& [order, problem] : problems_) {
    if (problem != ElementProblem::kNone) {
      annotator().Add(ProblemAnnotation(problem, op_, site().pos));
    }
  }
  RETURN_IF_ERROR(context().MakeRoom(heads_.size(), steps().count()));
  result_.Reset(heads_.size(), steps().count());
  for (size_t i = 0; i < heads_.size(); ++i) {
    std::copy(values_[i].begin(), values_[i].end(), result_.row(i));
    std::copy(present_[i].begin(), present_[i].end(), result_.bits(i));
    for (size_t step = 0; step < histograms_[i].size(); ++step) {
      if (histograms_[i][step] != nullptr) {
        result_.SetHistogram(i, step, std::move(histograms_[i][step]));
      }
    }
  }
  distinct_without_name_ = ChangesMetric(op_) || return_bool_;
  return Finish(held_before);
}

/// Two series of one signature on the "one" side at the same step are an error, wherever the operation happens at all.
absl::Status VectorBinaryOperator::CheckOneSide(const Side& many, const Side& one) const {
  const size_t words = one.values->words();
  SignatureSteps seen(matched_.size(), words);
  std::vector<uint64_t> conflicts(words);
  std::vector<uint64_t> many_present(words);
  for (size_t i = 0; i < one.heads.size(); ++i) {
    const uint64_t* bits = one.values->bits(i);
    for (size_t w = 0; w < words; ++w) {
      conflicts[w] |= seen.bits(one.signatures[i])[w] & bits[w];
    }
    seen.Add(one.signatures[i], bits);
  }
  const bool fills = matching_.fill_left.has_value() || matching_.fill_right.has_value();
  for (size_t i = 0; i < many.heads.size(); ++i) {
    for (size_t w = 0; w < words; ++w) {
      many_present[w] |= many.values->bits(i)[w];
    }
  }
  return ForEachBit(conflicts,
                    [&](size_t step) { return fills || TestBit(many_present, step) ? DuplicateError(one, step) : absl::OkStatus(); });
}

absl::Status VectorBinaryOperator::DuplicateError(const Side& one, size_t step) const {
  absl::flat_hash_map<uint32_t, size_t> first;
  for (size_t i = 0; i < one.heads.size(); ++i) {
    if (!one.values->has(i, step)) {
      continue;
    }
    const auto [it, added] = first.try_emplace(one.signatures[i], i);
    if (added) {
      continue;
    }
    std::string a = one.heads[i].labels.ToString();
    std::string b = one.heads[it->second].labels.ToString();
    if (a > b) {
      std::swap(a, b);
    }
    return ExecutionError(Cat("found duplicate series for the match group ", MatchingLabels(one.heads[i].labels, matching_).ToString(),
                              " on the ", swapped_ ? "left" : "right", " hand-side of the operation: [", a, ", ", b,
                              "];many-to-many matching not allowed: matching labels must be unique on one side"));
  }
  return absl::OkStatus();
}

absl::Status VectorBinaryOperator::MatchAll(const Side& many, const Side& one) {
  const size_t words = many.values->words();
  std::vector<std::vector<size_t>> ones(matched_.size());
  for (size_t i = 0; i < one.heads.size(); ++i) {
    ones[one.signatures[i]].push_back(i);
  }
  const std::optional<double>& fill_one = matching_.fill_right;
  const std::optional<double>& fill_many = matching_.fill_left;
  std::vector<uint64_t> mask(words);
  std::vector<uint64_t> rest(words);  // steps without a partner
  for (size_t i = 0; i < many.heads.size(); ++i) {
    if (i % 256 == 0) {
      RETURN_IF_ERROR(context().Check());
    }
    const uint32_t signature = many.signatures[i];
    const Operand left{many.values, i};
    rest.assign(many.values->bits(i), many.values->bits(i) + words);
    for (const size_t j : ones[signature]) {
      for (size_t w = 0; w < words; ++w) {
        mask[w] = many.values->bits(i)[w] & one.values->bits(j)[w];
        rest[w] &= ~mask[w];
      }
      RETURN_IF_ERROR(Match(left, many.heads[i].labels, Operand{one.values, j}, one.heads[j].labels, signature, i, mask));
    }
    if (fill_one.has_value()) {
      RETURN_IF_ERROR(Match(left, many.heads[i].labels, Operand{nullptr, 0, *fill_one}, MatchingLabels(many.heads[i].labels, matching_),
                            signature, i, rest));
    }
  }
  if (!fill_many.has_value()) {
    return absl::OkStatus();
  }
  for (size_t j = 0; j < one.heads.size(); ++j) {
    const uint32_t signature = one.signatures[j];
    for (size_t w = 0; w < words; ++w) {
      mask[w] = one.values->bits(j)[w] & ~(matched_[signature].empty() ? 0 : matched_[signature][w]);
    }
    RETURN_IF_ERROR(Match(Operand{nullptr, 0, *fill_many}, MatchingLabels(one.heads[j].labels, matching_), Operand{one.values, j},
                          one.heads[j].labels, signature, many.heads.size() + j, mask));
  }
  return absl::OkStatus();
}

absl::Status VectorBinaryOperator::Match(const Operand& many, const Labels& many_labels, const Operand& one, const Labels& one_labels,
                                         size_t signature, size_t order, const std::vector<uint64_t>& mask) {
  if (!AnyBit(mask)) {
    return absl::OkStatus();
  }
  if (!many.has_histograms() && !one.has_histograms() && !IsTrim(op_)) {
    return MatchFloats(many, many_labels, one, one_labels, signature, mask);
  }
  const Operand& left = swapped_ ? one : many;
  const Operand& right = swapped_ ? many : one;
  std::optional<size_t> output;
  if (matched_[signature].empty()) {
    matched_[signature].resize(mask.size());
  }
  return ForEachBit(mask, [&](size_t step) -> absl::Status {
    const HistogramPtr left_histogram = left.histogram(step);
    const HistogramPtr right_histogram = right.histogram(step);
    ElementResult result;
    if (left_histogram != nullptr || right_histogram != nullptr) {
      result = BinaryOfHistograms(op_, left.value(step), left_histogram, right.value(step), right_histogram);
    } else if (IsTrim(op_)) {
      result.problem = ElementProblem::kFloatFloat;
    } else {
      result.value = BinaryOfFloats(op_, left.value(step), right.value(step));
      result.keep = !IsComparison(op_) || result.value != 0;
    }
    if (result.problem != ElementProblem::kNone) {
      NoteProblem(step, order, result.problem);
      if (result.problem != ElementProblem::kBoundsReconciled) {
        return absl::OkStatus();
      }
    }
    if (!output.has_value()) {
      ASSIGN_OR_RETURN(output, OutputRow(many_labels, one_labels));
    }
    if (matching_.card == MatchCardinality::kOneToOne && TestBit(matched_[signature], step)) {
      return ExecutionError("multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)");
    }
    SetBit(&matched_[signature], step);
    RETURN_IF_ERROR(Claim(*output, signature, step));
    if (result.keep || return_bool_) {
      if (TestBit(present_[*output], step)) {
        return DuplicateLabelsetError();
      }
      Emit(*output, step, result, left.value(step));
    }
    return absl::OkStatus();
  });
}

absl::Status VectorBinaryOperator::MatchFloats(const Operand& many, const Labels& many_labels, const Operand& one, const Labels& one_labels,
                                               size_t signature, const std::vector<uint64_t>& mask) {
  std::vector<uint64_t>& matched = matched_[signature];
  matched.resize(mask.size());
  if (matching_.card == MatchCardinality::kOneToOne && AnyCommonBit(matched, mask)) {
    return ExecutionError("multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)");
  }
  ASSIGN_OR_RETURN(const size_t output, OutputRow(many_labels, one_labels));
  if (matching_.card != MatchCardinality::kOneToOne && claimed_by_[output] == signature && AnyCommonBit(claimed_[output], mask)) {
    return ExecutionError("multiple matches for labels: grouping labels must ensure unique matches");
  }
  claimed_by_[output] = static_cast<uint32_t>(signature);
  for (size_t w = 0; w < mask.size(); ++w) {
    matched[w] |= mask[w];
    claimed_[output][w] |= mask[w];
  }
  const Operand& left = swapped_ ? one : many;
  const Operand& right = swapped_ ? many : one;
  const bool filters = IsComparison(op_) && !return_bool_;
  std::vector<uint64_t>& present = present_[output];
  double* values = values_[output].data();
  return ForEachBit(mask, [&](size_t step) {
    const double value = BinaryOfFloats(op_, left.value(step), right.value(step));
    if (filters && value == 0) {
      return absl::OkStatus();
    }
    if (TestBit(present, step)) {
      return DuplicateLabelsetError();
    }
    SetBit(&present, step);
    values[step] = filters ? left.value(step) : value;
    return absl::OkStatus();
  });
}

absl::Status VectorBinaryOperator::Claim(size_t output, size_t signature, size_t step) {
  if (matching_.card != MatchCardinality::kOneToOne && TestBit(claimed_[output], step) && claimed_by_[output] == signature) {
    return ExecutionError("multiple matches for labels: grouping labels must ensure unique matches");
  }
  claimed_by_[output] = static_cast<uint32_t>(signature);
  SetBit(&claimed_[output], step);
  return absl::OkStatus();
}

void VectorBinaryOperator::Emit(size_t output, size_t step, const ElementResult& result, double left) {
  SetBit(&present_[output], step);
  if (return_bool_) {
    values_[output][step] = result.keep ? 1 : 0;
  } else if (result.histogram != nullptr) {
    histograms_[output].resize(steps().count());
    histograms_[output][step] = result.histogram;
  } else {
    values_[output][step] = IsComparison(op_) ? left : result.value;
  }
}

void VectorBinaryOperator::NoteProblem(size_t step, size_t order, ElementProblem problem) {
  auto& [last_order, last] = problems_[step];
  if (last == ElementProblem::kNone || order >= last_order) {
    last_order = order;
    last = problem;
  }
}

absl::StatusOr<size_t> VectorBinaryOperator::OutputRow(const Labels& many, const Labels& one) {
  Labels labels = OutputLabels(many, one);
  const auto [it, added] = output_rows_.try_emplace(labels.encoded(), heads_.size());
  if (added) {
    const size_t words = (steps().count() + 63) / 64;
    heads_.push_back({std::move(labels), return_bool_ && delayed_names()});
    values_.emplace_back(steps().count());
    histograms_.emplace_back();
    present_.emplace_back(words);
    claimed_.emplace_back(words);
    claimed_by_.push_back(0);
  }
  return it->second;
}

Labels VectorBinaryOperator::OutputLabels(const Labels& many, const Labels& one) const {
  LabelsBuilder builder(many);
  if (ChangesMetric(op_) || (return_bool_ && !delayed_names())) {
    builder.Reset(WithoutMetadataLabels(many));
  }
  if (matching_.card == MatchCardinality::kOneToOne) {
    if (matching_.on) {
      std::vector<std::string> names = matching_.matching_labels;
      std::sort(names.begin(), names.end());
      builder.Reset(builder.Build().Keep(names));
    } else {
      for (const std::string& name : matching_.matching_labels) {
        builder.Delete(name);
      }
    }
  }
  for (const std::string& name : matching_.include) {
    builder.Set(name, one.Get(name));
  }
  return builder.Build();
}

}  // namespace tocsin::promql
