#include "storage/index/series_finder.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"

namespace tocsin {
namespace {

// Limits of the caches: so many matchers; results of a generation, and slots in all its results together.
constexpr size_t kMatchesMax = 1024;
constexpr size_t kResultsMax = 1024;
constexpr size_t kResultSlotsMax = 1'000'000;
// Series that came since a result was found are tried one by one up to so many, and one more for so many in the result.
constexpr size_t kTriedMax = 1000;
constexpr size_t kResultPerTried = 4;
// A posting list is walked instead of looking at each candidate when it is at most this much longer than their number.
constexpr uint64_t kPostingsPerCandidate = 16;

std::string KeyOf(std::span<const Matcher> matchers) {
  std::string key;
  for (const Matcher& matcher : matchers) {
    key += matcher.ToString();
    key += ',';
  }
  return key;
}

std::vector<uint32_t> SetDifference(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b) {
  std::vector<uint32_t> out;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

std::vector<uint32_t> SetIntersection(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b) {
  std::vector<uint32_t> out;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

}  // namespace

std::shared_ptr<const std::vector<PairId>> SeriesFinder::MatchingPairs(const Matcher& matcher, NameId name, bool wanted) {
  const std::string key = matcher.ToString();
  const std::vector<PairId>& all = pairs_.PairsOf(name);
  Cached cached;
  {
    const MutexLock lock(mu_);
    if (const auto it = matches_.find(key); it != matches_.end() && it->second.removals == pairs_.name_removals(name)) {
      cached = it->second;
    }
  }
  if (cached.pairs != nullptr && cached.tried == all.size()) {
    return cached.pairs;
  }
  auto matching = cached.pairs == nullptr ? std::make_shared<std::vector<PairId>>() : std::make_shared<std::vector<PairId>>(*cached.pairs);
  for (size_t i = cached.pairs == nullptr ? 0 : cached.tried; i < all.size(); ++i) {
    if (matcher.Matches(pairs_.value(all[i])) == wanted) {
      matching->push_back(all[i]);
    }
  }
  const MutexLock lock(mu_);
  if (matches_.size() >= kMatchesMax) {
    matches_.clear();
  }
  matches_[key] = Cached{pairs_.name_removals(name), all.size(), matching};
  return matching;
}

SeriesFinder::Pairs SeriesFinder::Evaluate(const Matcher& matcher) {
  Pairs result;
  result.fail = matcher.Matches("");
  const NameId name = pairs_.FindName(matcher.name());
  auto found = std::make_shared<std::vector<PairId>>();
  const std::vector<std::string>* literals = matcher.regex() == nullptr ? nullptr : matcher.regex()->literals();
  if (name == kNoId) {
    result.pairs = found;
    return result;
  }
  if (matcher.type() == MatchType::kEqual && !result.fail) {
    if (const PairId pair = pairs_.Find(matcher.name(), matcher.value()); pair != kNoId) {
      found->push_back(pair);
    }
    result.pairs = found;
  } else if (matcher.type() == MatchType::kNotEqual && result.fail) {
    if (const PairId pair = pairs_.Find(matcher.name(), matcher.value()); pair != kNoId) {
      found->push_back(pair);
    }
    result.pairs = found;
  } else if (literals != nullptr && (matcher.type() == MatchType::kRegexp) != result.fail) {
    for (const std::string& literal : *literals) {
      if (const PairId pair = pairs_.Find(matcher.name(), literal); pair != kNoId) {
        found->push_back(pair);
      }
    }
    result.pairs = found;
  } else {
    result.pairs = MatchingPairs(matcher, name, !result.fail);
  }
  for (const PairId pair : *result.pairs) {
    result.series += pairs_.postings(pair).count();
  }
  return result;
}

std::vector<uint32_t> SeriesFinder::Enumerate(const Pairs& pairs) const {
  std::vector<uint32_t> slots;
  slots.reserve(pairs.series);
  for (const PairId pair : *pairs.pairs) {
    pairs_.postings(pair).ForEach([&](uint32_t slot) { slots.push_back(slot); });
  }
  // A series has a name once, so lists of one name have no slot in common.
  if (pairs.pairs->size() > 1) {
    std::sort(slots.begin(), slots.end());
  }
  return slots;
}

void SeriesFinder::Filter(const Pairs& pairs, std::vector<uint32_t>* slots) const {
  if (pairs.pairs->empty()) {
    if (!pairs.fail) {
      slots->clear();
    }
    return;
  }
  if (pairs.series <= slots->size() * kPostingsPerCandidate) {
    const std::vector<uint32_t> those = Enumerate(pairs);
    *slots = pairs.fail ? SetDifference(*slots, those) : SetIntersection(*slots, those);
    return;
  }
  const bool single = pairs.pairs->size() == 1;
  const PairId first = pairs.pairs->front();
  const absl::flat_hash_set<PairId> set(pairs.pairs->begin(), pairs.pairs->end());
  std::erase_if(*slots, [&](uint32_t slot) {
    const SeriesPairs has = table_.PairsOf(*table_.Find(slot));
    bool found = false;
    for (const PairId pair : has) {
      found = found || (single ? pair == first : set.contains(pair));
    }
    return found == pairs.fail;
  });
}

std::vector<uint32_t> SeriesFinder::FindUncached(std::span<const Matcher> matchers) {
  std::vector<Pairs> all;
  for (const Matcher& matcher : matchers) {
    all.push_back(Evaluate(matcher));
  }
  // The most selective first; those that only exclude last.
  std::sort(all.begin(), all.end(), [](const Pairs& a, const Pairs& b) { return a.fail != b.fail ? b.fail : a.series < b.series; });
  std::vector<uint32_t> slots;
  size_t next = 0;
  if (all.empty() || all[0].fail) {
    table_.ForEach([&](const Series& series) { slots.push_back(series.slot); });
  } else {
    slots = Enumerate(all[next++]);
  }
  for (; next < all.size() && !slots.empty(); ++next) {
    Filter(all[next], &slots);
  }
  return slots;
}

SeriesFinder::Result SeriesFinder::Find(std::span<const Matcher> matchers, bool sorted) {
  const std::string key = KeyOf(matchers);
  Result result;
  bool changed = false;
  {
    const MutexLock lock(mu_);
    if (const auto it = results_.find(key); it != results_.end()) {
      result = it->second;
    } else if (const auto old = older_results_.find(key); old != older_results_.end()) {
      result = std::move(old->second);
      older_results_.erase(old);
      changed = true;
    }
  }
  if (result.slots == nullptr || result.version != table_.version()) {
    changed = true;
    if (result.slots == nullptr || !Update(matchers, &result)) {
      result = Result{table_.version(), std::make_shared<const std::vector<uint32_t>>(FindUncached(matchers)), {}};
    }
  }
  if (sorted && result.sorted.slots == nullptr) {
    changed = true;
    result.sorted = SortedList(SortedByLabels(*result.slots));
  }
  if (changed) {
    Remember(key, result);
  }
  return result;
}

void SeriesFinder::Remember(const std::string& key, const Result& result) {
  const MutexLock lock(mu_);
  if (results_.size() >= kResultsMax || result_slots_ > kResultSlotsMax) {
    older_results_ = std::move(results_);
    results_.clear();
    result_slots_ = 0;
  }
  Result& place = results_[key];
  result_slots_ -= place.slots == nullptr ? 0 : place.size();
  place = result;
  result_slots_ += place.size();
}

SeriesFinder::Sorted SeriesFinder::SortedList(std::vector<uint32_t> slots) {
  return {std::make_shared<const std::vector<uint32_t>>(std::move(slots)), std::make_shared<LabelSetNumbers>()};
}

bool SeriesFinder::Update(std::span<const Matcher> matchers, Result* result) const {
  const SeriesTable::Version now = table_.version();
  const size_t came = now.slots_end - result->version.slots_end;
  if (now.returned != result->version.returned || came > kTriedMax + result->slots->size() / kResultPerTried) {
    return false;
  }
  if (now.removals != result->version.removals) {
    const auto left_of = [this](const std::vector<uint32_t>& slots) {
      std::vector<uint32_t> left;
      left.reserve(slots.size());
      std::copy_if(slots.begin(), slots.end(), std::back_inserter(left), [this](uint32_t slot) { return table_.Find(slot) != nullptr; });
      return left;
    };
    if (std::vector<uint32_t> left = left_of(*result->slots); left.size() != result->slots->size()) {
      result->slots = std::make_shared<const std::vector<uint32_t>>(std::move(left));
      if (result->sorted.slots != nullptr) {
        result->sorted = SortedList(left_of(*result->sorted.slots));
      }
    }
  }
  std::vector<uint32_t> added;
  for (uint32_t slot = result->version.slots_end; slot < now.slots_end; ++slot) {
    if (const Series* series = table_.Find(slot); series != nullptr && Matches(matchers, *series)) {
      added.push_back(slot);
    }
  }
  if (!added.empty()) {
    AddNewSlots(added, result);
  }
  result->version = now;
  return true;
}

// Slots are given out in ascending order.
void SeriesFinder::AddNewSlots(const std::vector<uint32_t>& added, Result* result) const {
  auto slots = std::make_shared<std::vector<uint32_t>>(*result->slots);
  slots->insert(slots->end(), added.begin(), added.end());
  result->slots = std::move(slots);
  if (result->sorted.slots == nullptr) {
    return;
  }
  const std::vector<uint32_t> new_sorted = SortedByLabels(added);
  const std::vector<uint32_t>& old = *result->sorted.slots;
  std::vector<uint32_t> merged;
  merged.reserve(old.size() + new_sorted.size());
  auto from = old.begin();
  for (const uint32_t slot : new_sorted) {
    const auto at = std::upper_bound(from, old.end(), slot, [this](uint32_t a, uint32_t b) { return LabelsLess(a, b); });
    merged.insert(merged.end(), from, at);
    merged.push_back(slot);
    from = at;
  }
  merged.insert(merged.end(), from, old.end());
  result->sorted = SortedList(std::move(merged));
}

bool SeriesFinder::Matches(std::span<const Matcher> matchers, const Series& series) const {
  const SeriesPairs pairs = table_.PairsOf(series);
  return std::all_of(matchers.begin(), matchers.end(), [&](const Matcher& matcher) {
    for (const PairId pair : pairs) {
      if (pairs_.name(pair) == matcher.name()) {
        return matcher.Matches(pairs_.value(pair));
      }
    }
    return matcher.Matches("");
  });
}

// As Labels compare: name by name and value by value, the shorter one first.
bool SeriesFinder::LabelsLess(uint32_t a, uint32_t b) const {
  const SeriesPairs left = table_.PairsOf(*table_.Find(a));
  const SeriesPairs right = table_.PairsOf(*table_.Find(b));
  SeriesPairs::Iterator at = right.begin();
  for (const PairId pair : left) {
    if (!(at != right.end())) {
      return false;
    }
    const PairId other = *at;
    ++at;
    if (pair == other) {
      continue;
    }
    if (pairs_.name_id(pair) != pairs_.name_id(other)) {
      return pairs_.name(pair) < pairs_.name(other);
    }
    return pairs_.value(pair) < pairs_.value(other);
  }
  return at != right.end();
}

// The pairs that occur are ranked once; series then compare by the numbers of their pairs.
std::vector<uint32_t> SeriesFinder::SortedByLabels(const std::vector<uint32_t>& slots) const {
  absl::flat_hash_map<PairId, uint32_t> ranks;
  for (const uint32_t slot : slots) {
    for (const PairId pair : table_.PairsOf(*table_.Find(slot))) {
      ranks.emplace(pair, 0);
    }
  }
  std::vector<PairId> pairs;
  pairs.reserve(ranks.size());
  for (const auto& [pair, rank] : ranks) {
    pairs.push_back(pair);
  }
  std::sort(pairs.begin(), pairs.end(), [this](PairId a, PairId b) {
    if (pairs_.name_id(a) != pairs_.name_id(b)) {
      return pairs_.name(a) < pairs_.name(b);
    }
    return pairs_.value(a) < pairs_.value(b);
  });
  for (size_t i = 0; i < pairs.size(); ++i) {
    ranks[pairs[i]] = static_cast<uint32_t>(i);
  }
  struct Entry {
    size_t begin;
    uint32_t count;
    uint32_t slot;
  };
  std::vector<uint32_t> keys;
  std::vector<Entry> entries;
  entries.reserve(slots.size());
  for (const uint32_t slot : slots) {
    const SeriesPairs has = table_.PairsOf(*table_.Find(slot));
    entries.push_back(Entry{keys.size(), static_cast<uint32_t>(has.size()), slot});
    for (const PairId pair : has) {
      keys.push_back(ranks.find(pair)->second);
    }
  }
  std::sort(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) {
    return std::lexicographical_compare(
        keys.begin() + static_cast<ptrdiff_t>(a.begin), keys.begin() + static_cast<ptrdiff_t>(a.begin + a.count),
        keys.begin() + static_cast<ptrdiff_t>(b.begin), keys.begin() + static_cast<ptrdiff_t>(b.begin + b.count));
  });
  std::vector<uint32_t> sorted;
  sorted.reserve(entries.size());
  for (const Entry& entry : entries) {
    sorted.push_back(entry.slot);
  }
  return sorted;
}

size_t SeriesFinder::memory_bytes() const {
  const MutexLock lock(mu_);
  size_t bytes = 0;
  for (const auto* results : {&results_, &older_results_}) {
    for (const auto& [key, result] : *results) {
      bytes += key.size() + result.size() * sizeof(uint32_t) + (result.sorted.sets == nullptr ? 0 : result.sorted.sets->memory_bytes());
    }
  }
  for (const auto& [key, cached] : matches_) {
    bytes += key.size() + cached.pairs->capacity() * sizeof(PairId);
  }
  return bytes;
}

}  // namespace tocsin
