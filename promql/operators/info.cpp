#include "promql/operators/info.h"

#include <algorithm>
#include <functional>
#include <set>

#include "base/status.h"
#include "base/strings.h"
#include "promql/exec/duplicates.h"
#include "promql/operators/vector_selector.h"

namespace tocsin::promql {

namespace {

/// What identifies the target that a series came from.
const std::vector<std::string>& IdentifyingLabels() {
  static const std::vector<std::string> names = {"instance", "job"};
  return names;
}

std::string QuoteRegex(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$").find(c) != std::string_view::npos) {
      out.push_back('\\');
    }
    out.push_back(c);
  }
  return out;
}

bool IsPositive(const Matcher& matcher) { return matcher.type() == MatchType::kEqual || matcher.type() == MatchType::kRegexp; }

}  // namespace

ReferenceTime InfoReference(const Expr& argument) {
  ReferenceTime reference;
  bool found = false;
  std::vector<const SubqueryExpr*> path;
  const std::function<void(const Expr&)> visit = [&](const Expr& expr) {
    if (found) {
      return;
    }
    const VectorSelector* selector = nullptr;
    if (expr.kind == NodeKind::kVectorSelector) {
      selector = static_cast<const VectorSelector*>(&expr);
    } else if (expr.kind == NodeKind::kMatrixSelector) {
      selector = static_cast<const MatrixSelector&>(expr).vector_selector.get();
    }
    if (selector != nullptr) {
      found = true;
      reference = {selector->original_offset_ms, selector->timestamp};
      // Offsets of the subqueries around it add up until a fixed time makes those further out irrelevant.
      for (auto it = path.rbegin(); it != path.rend() && !reference.timestamp.has_value(); ++it) {
        reference.offset_ms += (*it)->original_offset_ms;
        reference.timestamp = (*it)->timestamp;
      }
      return;
    }
    if (expr.kind == NodeKind::kSubquery) {
      path.push_back(static_cast<const SubqueryExpr*>(&expr));
    }
    ForEachChild(expr, visit);
    if (expr.kind == NodeKind::kSubquery) {
      path.pop_back();
    }
  };
  visit(argument);
  return reference;
}

InfoOperator::InfoOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, std::vector<Matcher> data_matchers,
                           const ReferenceTime& reference, OperatorPtr child)
    : WholeOperator(context, steps, site), reference_(reference), child_(std::move(child)) {
  SplitMatchers(std::move(data_matchers));
}

void InfoOperator::SplitMatchers(std::vector<Matcher> matchers) {
  for (Matcher& matcher : matchers) {
    (matcher.name() == kMetricName ? name_matchers_ : data_matchers_).push_back(std::move(matcher));
  }
  if (name_matchers_.empty()) {
    name_matchers_.push_back(Matcher::Equal(std::string(kMetricName), "target_info"));
  } else if (std::none_of(name_matchers_.begin(), name_matchers_.end(), IsPositive)) {
    name_matchers_.insert(name_matchers_.begin(), *Matcher::Create(MatchType::kRegexp, std::string(kMetricName), ".+_info"));
  }
}

bool InfoOperator::IsInfoSeries(const Labels& labels) const {
  return std::all_of(name_matchers_.begin(), name_matchers_.end(),
                     [&](const Matcher& matcher) { return matcher.Matches(labels.metric_name()); });
}

absl::Status InfoOperator::DoOpen() {
  const int64_t held_before = context().held();
  RETURN_IF_ERROR(child_->Open());
  std::vector<SeriesHead> base = child_->TakeHeads();
  Columns input;
  RETURN_IF_ERROR(TakeAll(context(), *child_, &input));
  RETURN_IF_ERROR(RemoveNames(context(), &base));
  DropAbsentRows(&base, &input);
  RETURN_IF_ERROR(ReadInfoSeries(base));
  if (!base.empty()) {
    RETURN_IF_ERROR(CheckConflicts());
  }
  for (size_t row = 0; row < base.size(); ++row) {
    RETURN_IF_ERROR(context().Check());
    RETURN_IF_ERROR(EnrichSeries(base[row], input, row));
  }
  RETURN_IF_ERROR(context().MakeRoom(heads_.size(), steps().count()));
  result_.Reset(heads_.size(), steps().count());
  for (size_t row = 0; row < heads_.size(); ++row) {
    for (size_t step = 0; step < steps().count(); ++step) {
      if (present_[row][step]) {
        result_.SetFloat(row, step, values_[row][step]);
      }
    }
    for (auto& [step, histogram] : histograms_[row]) {
      result_.SetHistogram(row, step, std::move(histogram));
    }
  }
  return Finish(held_before);
}

absl::StatusOr<std::vector<Matcher>> InfoOperator::SelectMatchers(const std::vector<SeriesHead>& base) const {
  std::vector<Matcher> matchers;
  for (const std::string& name : IdentifyingLabels()) {
    std::set<std::string, std::less<>> values;
    for (const SeriesHead& head : base) {
      const std::string_view value = head.labels.Get(name);
      if (!value.empty() && !IsInfoSeries(head.labels)) {
        values.emplace(value);
      }
    }
    std::string pattern;
    for (const std::string& value : values) {
      Append(&pattern, pattern.empty() ? "" : "|", QuoteRegex(value));
    }
    if (!values.empty()) {
      ASSIGN_OR_RETURN(Matcher matcher, Matcher::Create(MatchType::kRegexp, name, pattern));
      matchers.push_back(std::move(matcher));
    }
  }
  if (!matchers.empty()) {
    matchers.insert(matchers.end(), data_matchers_.begin(), data_matchers_.end());
    matchers.insert(matchers.end(), name_matchers_.begin(), name_matchers_.end());
  }
  return matchers;
}

absl::Status InfoOperator::ReadInfoSeries(const std::vector<SeriesHead>& base) {
  ASSIGN_OR_RETURN(const std::vector<Matcher> matchers, SelectMatchers(base));
  if (matchers.empty()) {
    return absl::OkStatus();
  }
  VectorSelector selector;
  selector.matchers = matchers;
  selector.original_offset_ms = reference_.offset_ms;
  selector.timestamp = reference_.timestamp;
  VectorSelectorOperator values(context(), steps(), site(), selector, {});
  VectorSelectorOperator times(context(), steps(), site(), selector, {.output = VectorSelectorOperator::Output::kTimestamp});
  RETURN_IF_ERROR(values.Open());
  Columns storage;
  ASSIGN_OR_RETURN(const Columns* floats, ReadAll(context(), values, &storage));
  for (size_t row = 0; row < floats->rows(); ++row) {
    absl::Status status;
    floats->ForEach(row, [&](size_t step) {
      if (floats->histogram(row, step) != nullptr) {
        status = ExecutionError(Cat("this should be an info metric, with float samples: ", values.heads()[row].labels.ToString()));
      }
    });
    RETURN_IF_ERROR(status);
  }
  RETURN_IF_ERROR(times.Open());
  RETURN_IF_ERROR(TakeAll(context(), times, &info_times_));
  for (size_t row = 0; row < times.heads().size(); ++row) {
    const Labels& labels = times.heads()[row].labels;
    info_labels_.push_back(labels);
    infos_by_identity_[labels.Keep(IdentifyingLabels()).encoded()].push_back(row);
  }
  return absl::OkStatus();
}

/// Two info series of one name and target with samples of the same time contradict each other.
absl::Status InfoOperator::CheckConflicts() const {
  for (const auto& [identity, rows] : infos_by_identity_) {
    for (size_t a = 0; a < rows.size(); ++a) {
      for (size_t b = a + 1; b < rows.size(); ++b) {
        const size_t row_a = rows[a];
        const size_t row_b = rows[b];
        if (info_labels_[row_a].metric_name() != info_labels_[row_b].metric_name()) {
          continue;
        }
        for (size_t step = 0; step < steps().count(); ++step) {
          if (info_times_.has(row_a, step) && info_times_.has(row_b, step) &&
              info_times_.row(row_a)[step] == info_times_.row(row_b)[step]) {
            const std::string t = Cat(static_cast<int64_t>(info_times_.row(row_a)[step] * 1000));
            return ExecutionError(Cat("found duplicate series for info metric: existing ", info_labels_[row_a].ToString(), " @ ", t,
                                      ", new ", info_labels_[row_b].ToString(), " @ ", t));
          }
        }
      }
    }
  }
  return absl::OkStatus();
}

InfoOperator::Candidates InfoOperator::CandidatesOf(const Labels& base) const {
  Candidates candidates;
  const auto it = infos_by_identity_.find(base.Keep(IdentifyingLabels()).encoded());
  if (it == infos_by_identity_.end()) {
    return candidates;
  }
  absl::flat_hash_map<std::string_view, size_t> by_name;
  for (const size_t row : it->second) {
    const auto [slot, added] = by_name.try_emplace(info_labels_[row].metric_name(), candidates.size());
    if (added) {
      candidates.emplace_back();
    }
    candidates[slot->second].push_back(row);
  }
  return candidates;
}

absl::StatusOr<std::optional<Labels>> InfoOperator::Enrich(const Labels& base, const std::vector<size_t>& infos) const {
  LabelsBuilder data;
  for (const size_t info : infos) {
    for (const Label& label : info_labels_[info]) {
      const bool wanted = data_matchers_.empty() || std::any_of(data_matchers_.begin(), data_matchers_.end(),
                                                                [&](const Matcher& matcher) { return matcher.name() == label.name; });
      if (label.name == kMetricName || !wanted) {
        continue;
      }
      const std::string_view known = data.Get(label.name);
      if (!known.empty() && known != label.value) {
        return ExecutionError(Cat("conflicting label: ", label.name));
      }
      if (!base.Has(label.name)) {
        data.Set(label.name, label.value);
      }
    }
  }
  if (infos.empty() &&
      !std::all_of(data_matchers_.begin(), data_matchers_.end(), [](const Matcher& matcher) { return matcher.Matches(""); })) {
    return std::nullopt;
  }
  LabelsBuilder builder(base);
  for (const auto& [name, value] : data.pairs()) {
    builder.Set(name, value);
  }
  return builder.Build();
}

absl::Status InfoOperator::EnrichSeries(const SeriesHead& head, const Columns& input, size_t row) {
  const bool plain = IsInfoSeries(head.labels);
  const Candidates candidates = plain ? Candidates() : CandidatesOf(head.labels);
  absl::flat_hash_map<std::string, std::optional<size_t>> outputs;  // by the info series that are there
  absl::Status status;
  input.ForEach(row, [&](size_t step) {
    if (!status.ok()) {
      return;
    }
    std::vector<size_t> infos;
    for (const std::vector<size_t>& of_name : candidates) {
      std::optional<size_t> newest;
      for (const size_t info : of_name) {
        if (info_times_.has(info, step) && (!newest.has_value() || info_times_.row(info)[step] > info_times_.row(*newest)[step])) {
          newest = info;
        }
      }
      if (newest.has_value()) {
        infos.push_back(*newest);
      }
    }
    const std::string key(reinterpret_cast<const char*>(infos.data()), infos.size() * sizeof(size_t));
    auto it = outputs.find(key);
    if (it == outputs.end()) {
      absl::StatusOr<std::optional<Labels>> labels = plain ? std::optional<Labels>(head.labels) : Enrich(head.labels, infos);
      if (!labels.ok()) {
        status = labels.status();
        return;
      }
      it = outputs.emplace(key, std::nullopt).first;
      if (labels->has_value()) {
        it->second = OutputRow(**std::move(labels), head.drop_name);
      }
    }
    if (!it->second.has_value()) {
      return;
    }
    const size_t output = *it->second;
    if (present_[output][step]) {
      status = DuplicateLabelsetError();
      return;
    }
    present_[output][step] = true;
    if (input.histogram(row, step) != nullptr) {
      histograms_[output].emplace_back(step, input.histogram_ptr(row, step));
    } else {
      values_[output][step] = input.row(row)[step];
    }
  });
  return status;
}

size_t InfoOperator::OutputRow(Labels labels, bool drop_name) {
  const auto [it, added] = output_rows_.try_emplace(labels.encoded(), heads_.size());
  if (added) {
    heads_.push_back({std::move(labels), drop_name});
    histograms_.emplace_back();
    values_.emplace_back(steps().count());
    present_.emplace_back(steps().count());
  }
  return it->second;
}

}  // namespace tocsin::promql
