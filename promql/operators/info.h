#pragma once

#include "absl/container/flat_hash_map.h"
#include "promql/operators/selection.h"

namespace tocsin::promql {

/// info(v, {selector}): adds the data labels of info series (target_info by default) that have the same instance and job. The newest info
/// series of a name counts where several match.
class InfoOperator : public WholeOperator {
 public:
  /// `data_matchers`: of the second argument; `reference`: when the first argument's own samples are looked up.
  InfoOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, std::vector<Matcher> data_matchers,
               const ReferenceTime& reference, OperatorPtr child);

  std::string Describe() const override { return "info"; }
  std::vector<const Operator*> children() const override { return {child_.get()}; }

 protected:
  absl::Status DoOpen() override;

 private:
  /// The info series that may go with one base series, those of one name together.
  using Candidates = std::vector<std::vector<size_t>>;

  void SplitMatchers(std::vector<Matcher> matchers);
  bool IsInfoSeries(const Labels& labels) const;
  absl::StatusOr<std::vector<Matcher>> SelectMatchers(const std::vector<SeriesHead>& base) const;
  absl::Status ReadInfoSeries(const std::vector<SeriesHead>& base);
  absl::Status CheckConflicts() const;
  Candidates CandidatesOf(const Labels& base) const;
  /// The labels that base series has with these info series; nothing when it is left out.
  absl::StatusOr<std::optional<Labels>> Enrich(const Labels& base, const std::vector<size_t>& infos) const;
  absl::Status EnrichSeries(const SeriesHead& head, const Columns& input, size_t row);
  size_t OutputRow(Labels labels, bool drop_name);

  std::vector<Matcher> name_matchers_;
  std::vector<Matcher> data_matchers_;
  ReferenceTime reference_;
  OperatorPtr child_;

  std::vector<Labels> info_labels_;
  Columns info_times_;  // the time of each info sample, in milliseconds
  absl::flat_hash_map<std::string, std::vector<size_t>> infos_by_identity_;
  absl::flat_hash_map<std::string, size_t> output_rows_;
  std::vector<std::vector<std::pair<size_t, HistogramPtr>>> histograms_;
  std::vector<std::vector<double>> values_;
  std::vector<std::vector<bool>> present_;
};

/// From which time, seen from the steps, the first selector inside the argument of info() reads.
ReferenceTime InfoReference(const Expr& argument);

}  // namespace tocsin::promql
