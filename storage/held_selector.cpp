#include "storage/held_selector.h"

#include <algorithm>

namespace tocsin {
namespace {

// The metric name that all series of these matchers have; empty when they do not ask for one.
std::string MetricOf(const std::vector<Matcher>& matchers) {
  for (const Matcher& matcher : matchers) {
    if (matcher.type() == MatchType::kEqual && matcher.name() == kMetricName) {
      return matcher.value();
    }
  }
  return {};
}

}  // namespace

bool HeldSet::Matches(const Labels& labels) const {
  return std::all_of(matchers.begin(), matchers.end(), [&](const Matcher& matcher) { return matcher.Matches(labels.Get(matcher.name())); });
}

void HeldRegistry::Add(HeldSet* set) {
  all_.push_back(set);
  const std::string metric = MetricOf(set->matchers);
  (metric.empty() ? of_any_metric_ : by_metric_[metric]).push_back(set);
}

void HeldRegistry::Remove(HeldSet* set) {
  std::erase(all_, set);
  std::erase(of_any_metric_, set);
  const auto it = by_metric_.find(MetricOf(set->matchers));
  if (it != by_metric_.end()) {
    std::erase(it->second, set);
    if (it->second.empty()) {
      by_metric_.erase(it);
    }
  }
}

void HeldRegistry::OnSeriesAdded(uint32_t slot, const Labels& labels) {
  if (all_.empty()) {
    return;
  }
  const auto join = [&](HeldSet* set) {
    if (set->Matches(labels) && set->slots.insert(slot).second) {
      set->joined.push_back(HeldSeries{uint64_t{slot} + 1, labels});
      ++set->version;
    }
  };
  if (const auto it = by_metric_.find(std::string(labels.metric_name())); it != by_metric_.end()) {
    std::for_each(it->second.begin(), it->second.end(), join);
  }
  std::for_each(of_any_metric_.begin(), of_any_metric_.end(), join);
}

void HeldRegistry::OnSeriesRemoved(uint32_t slot) {
  const uint64_t id = uint64_t{slot} + 1;
  for (HeldSet* set : all_) {
    if (set->slots.erase(slot) == 0) {
      continue;
    }
    ++set->version;
    // One that nobody has heard of yet need not leave.
    if (std::erase_if(set->joined, [id](const HeldSeries& one) { return one.id == id; }) == 0) {
      set->left.push_back(id);
    }
  }
}

std::vector<bool> HeldRegistry::HeldSlots(uint32_t end) const {
  std::vector<bool> held(end);
  for (const HeldSet* set : all_) {
    if (!set->keeps_history) {
      continue;
    }
    for (const uint32_t slot : set->slots) {
      if (slot < end) {
        held[slot] = true;
      }
    }
  }
  return held;
}

}  // namespace tocsin
