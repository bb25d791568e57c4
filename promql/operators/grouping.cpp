#include "promql/operators/grouping.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "base/strings.h"
#include "promql/exec/duplicates.h"

namespace tocsin::promql {

namespace {

/// Appends the part of `labels` that makes its group. `names` is sorted.
void AppendGroupKey(const SeriesHead& head, const std::vector<std::string>& names, bool without, bool delayed_names, std::string* key) {
  const bool name_gone = head.drop_name && !delayed_names;
  size_t next = 0;
  for (const Label& label : head.labels) {
    while (next < names.size() && names[next] < label.name) {
      ++next;
    }
    const bool listed = next < names.size() && names[next] == label.name;
    const bool hidden = without ? label.name == kMetricName : false;
    if (listed != without && !hidden && !(name_gone && IsMetadataLabel(label.name))) {
      AppendEncodedLabel(label.name, label.value, key);
    }
  }
}

/// All labels make the group. `names` is sorted.
bool HasNoOtherLabels(const SeriesHead& head, const std::vector<std::string>& names, bool delayed_names) {
  const bool name_gone = head.drop_name && !delayed_names;
  auto next = names.begin();
  for (const Label& label : head.labels) {
    next = std::find(next, names.end(), label.name);
    if (next == names.end() || (name_gone && IsMetadataLabel(label.name))) {
      return false;
    }
  }
  return true;
}

/// The groups when each label set is one as it stands, so that no two need to be compared; false when one is not.
bool GroupByLabelSets(const std::vector<SeriesHead>& heads, const std::vector<std::string>& names, bool delayed_names, Grouping* grouping) {
  std::vector<uint32_t> group_of_set;  // one more than it, or 0 while it is not known
  for (size_t i = 0; i < heads.size(); ++i) {
    const SeriesHead& head = heads[i];
    if (head.label_set == 0 || head.drop_name != heads[0].drop_name) {
      return false;
    }
    group_of_set.resize(std::max<size_t>(group_of_set.size(), head.label_set + size_t{1}));
    if (group_of_set[head.label_set] == 0) {
      if (!HasNoOtherLabels(head, names, delayed_names)) {
        return false;
      }
      grouping->labels.push_back(head.labels);
      group_of_set[head.label_set] = static_cast<uint32_t>(grouping->labels.size());
    }
    grouping->group_of[i] = group_of_set[head.label_set] - 1;
  }
  return true;
}

}  // namespace

Grouping GroupSeries(const std::vector<SeriesHead>& heads, std::vector<std::string> names, bool without, bool delayed_names) {
  Grouping grouping;
  grouping.group_of.resize(heads.size());
  if (!without && names.empty()) {
    if (!heads.empty()) {
      grouping.labels.emplace_back();
    }
    return grouping;
  }
  std::sort(names.begin(), names.end());
  if (!without && GroupByLabelSets(heads, names, delayed_names, &grouping)) {
    return grouping;
  }
  grouping.labels.clear();
  absl::flat_hash_map<std::string, uint32_t, StringHash, StringEq> groups;
  std::string key;
  std::vector<uint32_t> group_of_set;  // one more than it, or 0 while it is not known; by label_set and whether the name is gone
  for (size_t i = 0; i < heads.size(); ++i) {
    const size_t set = heads[i].label_set * size_t{2} + (heads[i].drop_name ? 1 : 0);
    if (heads[i].label_set != 0) {
      group_of_set.resize(std::max(group_of_set.size(), set + 1));
      if (group_of_set[set] != 0) {
        grouping.group_of[i] = group_of_set[set] - 1;
        continue;
      }
    }
    key.clear();
    AppendGroupKey(heads[i], names, without, delayed_names, &key);
    auto it = groups.find(std::string_view(key));
    if (it == groups.end()) {
      it = groups.emplace(key, static_cast<uint32_t>(grouping.labels.size())).first;
      grouping.labels.push_back(Labels::FromEncoded(key));
    }
    grouping.group_of[i] = it->second;
    if (heads[i].label_set != 0) {
      group_of_set[set] = it->second + 1;
    }
  }
  return grouping;
}

}  // namespace tocsin::promql
