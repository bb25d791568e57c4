#include "storage/index/series_finder.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"

namespace tocsin {
namespace {

// Limits of the caches: so many matchers, results, and slots in all results together.
constexpr size_t kMatchesMax = 1024;
constexpr size_t kResultsMax = 512;
constexpr size_t kResultSlotsMax = 2'000'000;
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

SeriesFinder::Slots SeriesFinder::Find(std::span<const Matcher> matchers) {
  const std::string key = KeyOf(matchers);
  {
    const MutexLock lock(mu_);
    if (const auto it = results_.find(key); it != results_.end() && it->second.version == table_.version()) {
      return it->second.slots;
    }
  }
  auto slots = std::make_shared<const std::vector<uint32_t>>(FindUncached(matchers));
  const MutexLock lock(mu_);
  if (results_.size() >= kResultsMax || result_slots_ > kResultSlotsMax) {
    results_.clear();
    result_slots_ = 0;
  }
  results_[key] = Result{table_.version(), slots, nullptr};
  result_slots_ += slots->size();
  return slots;
}

SeriesFinder::Slots SeriesFinder::FindSorted(std::span<const Matcher> matchers) {
  const Slots slots = Find(matchers);
  const std::string key = KeyOf(matchers);
  {
    const MutexLock lock(mu_);
    if (const auto it = results_.find(key); it != results_.end() && it->second.slots == slots && it->second.sorted != nullptr) {
      return it->second.sorted;
    }
  }
  auto sorted = std::make_shared<const std::vector<uint32_t>>(SortedByLabels(*slots));
  const MutexLock lock(mu_);
  if (const auto it = results_.find(key); it != results_.end() && it->second.slots == slots) {
    it->second.sorted = sorted;
    result_slots_ += sorted->size();
  }
  return sorted;
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
  size_t bytes = result_slots_ * sizeof(uint32_t);
  for (const auto& [key, cached] : matches_) {
    bytes += key.size() + cached.pairs->capacity() * sizeof(PairId);
  }
  return bytes;
}

}  // namespace tocsin
