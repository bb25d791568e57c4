#include "promql/operators/join.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "base/strings.h"

namespace tocsin::promql {

namespace {

void AppendSignature(const Labels& labels, const std::vector<std::string>& names, bool on, std::string* key) {
  size_t next = 0;
  for (const Label& label : labels) {
    while (next < names.size() && names[next] < label.name) {
      ++next;
    }
    const bool listed = next < names.size() && names[next] == label.name;
    if (listed == on && (on || label.name != kMetricName)) {
      AppendEncodedLabel(label.name, label.value, key);
    }
  }
}

std::vector<std::string> SortedNames(const VectorMatching& matching) {
  std::vector<std::string> names = matching.matching_labels;
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

JoinTable JoinSeries(const std::vector<SeriesHead>& left, const std::vector<SeriesHead>& right, const VectorMatching& matching) {
  const std::vector<std::string> names = SortedNames(matching);
  absl::flat_hash_map<std::string, uint32_t, StringHash, StringEq> signatures;
  std::string key;
  const auto assign = [&](const std::vector<SeriesHead>& heads, std::vector<uint32_t>* out) {
    out->reserve(heads.size());
    for (const SeriesHead& head : heads) {
      key.clear();
      AppendSignature(head.labels, names, matching.on, &key);
      auto it = signatures.find(std::string_view(key));
      if (it == signatures.end()) {
        it = signatures.emplace(key, static_cast<uint32_t>(signatures.size())).first;
      }
      out->push_back(it->second);
    }
  };
  JoinTable table;
  assign(left, &table.left);
  assign(right, &table.right);
  table.signatures = signatures.size();
  return table;
}

Labels MatchingLabels(const Labels& labels, const VectorMatching& matching) {
  std::string key;
  AppendSignature(labels, SortedNames(matching), matching.on, &key);
  return Labels::FromEncoded(std::move(key));
}

}  // namespace tocsin::promql
