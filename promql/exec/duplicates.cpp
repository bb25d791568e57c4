#include "promql/exec/duplicates.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "base/status.h"

namespace tocsin::promql {

namespace {

const std::vector<std::string>& MetadataNames() {
  static const std::vector<std::string> names = {"__name__", "__type__", "__unit__"};
  return names;
}

bool HasMetadataLabels(const Labels& labels) {
  for (const Label& label : labels) {
    if (IsMetadataLabel(label.name)) {
      return true;
    }
    if (label.name > "__unit__") {
      return false;
    }
  }
  return false;
}

/// Adds the samples of row `from` to row `to`.
absl::Status MergeRow(Columns* columns, size_t to, size_t from) {
  for (size_t w = 0; w < columns->words(); ++w) {
    if ((columns->bits(to)[w] & columns->bits(from)[w]) != 0) {
      return DuplicateLabelsetError();
    }
  }
  columns->ForEach(from, [&](size_t step) {
    if (columns->histogram(from, step) != nullptr) {
      columns->SetHistogram(to, step, columns->histogram_ptr(from, step));
    } else {
      columns->SetFloat(to, step, columns->row(from)[step]);
    }
  });
  return absl::OkStatus();
}

void KeepHeads(std::vector<SeriesHead>* heads, const std::vector<bool>& keep) {
  size_t to = 0;
  for (size_t i = 0; i < heads->size(); ++i) {
    if (keep[i]) {
      if (to != i) {
        (*heads)[to] = std::move((*heads)[i]);
      }
      ++to;
    }
  }
  heads->resize(to);
}

}  // namespace

bool IsMetadataLabel(std::string_view name) { return name == "__name__" || name == "__type__" || name == "__unit__"; }

Labels WithoutMetadataLabels(const Labels& labels) { return HasMetadataLabels(labels) ? labels.Drop(MetadataNames()) : labels; }

absl::Status RemoveNames(QueryContext& context, std::vector<SeriesHead>* heads) {
  if (context.features.delayed_name_removal) {
    return absl::OkStatus();
  }
  return ParallelPieces(context, heads->size(), [&](size_t first, size_t last) {
    for (size_t i = first; i < last; ++i) {
      SeriesHead& head = (*heads)[i];
      if (head.drop_name) {
        if (HasMetadataLabels(head.labels)) {
          head.labels = head.labels.Drop(MetadataNames());
          head.label_set = 0;
        }
        head.drop_name = false;
      }
    }
    return absl::OkStatus();
  });
}

absl::Status MergeEqualSeriesAlways(std::vector<SeriesHead>* heads, Columns* columns) {
  std::vector<bool> keep(heads->size());
  bool all = true;
  absl::flat_hash_map<std::string_view, size_t> first_row;
  first_row.reserve(heads->size());
  for (size_t i = 0; i < heads->size(); ++i) {
    if (!columns->any(i)) {
      all = false;
      continue;
    }
    const auto [it, added] = first_row.try_emplace((*heads)[i].labels.encoded(), i);
    keep[i] = added;
    if (!added) {
      RETURN_IF_ERROR(MergeRow(columns, it->second, i));
      all = false;
    }
  }
  first_row.clear();
  if (!all) {
    KeepHeads(heads, keep);
    columns->Compact(keep);
  }
  return absl::OkStatus();
}

absl::Status MergeEqualSeries(QueryContext& context, std::vector<SeriesHead>* heads, Columns* columns) {
  if (columns->steps() > 1 || !context.features.delayed_name_removal) {
    return MergeEqualSeriesAlways(heads, columns);
  }
  DropAbsentRows(heads, columns);
  return absl::OkStatus();
}

void DropAbsentRows(std::vector<SeriesHead>* heads, Columns* columns) {
  std::vector<bool> keep(heads->size());
  bool all = true;
  for (size_t i = 0; i < heads->size(); ++i) {
    keep[i] = columns->any(i);
    all = all && keep[i];
  }
  if (!all) {
    KeepHeads(heads, keep);
    columns->Compact(keep);
  }
}

}  // namespace tocsin::promql
