#include "storage/exemplar_ring.h"

#include <algorithm>
#include <bit>

namespace tocsin {

AppendResult ExemplarRing::Check(uint32_t slot, const Exemplar& exemplar) const {
  const auto it = newest_.find(slot);
  return it != newest_.end() && exemplar.t < entries_[it->second].exemplar.t ? AppendResult::kOutOfOrder : AppendResult::kOk;
}

void ExemplarRing::Add(uint32_t slot, Exemplar exemplar) {
  if (max_ == 0) {
    return;
  }
  if (const auto it = newest_.find(slot); it != newest_.end()) {
    const Exemplar& newest = entries_[it->second].exemplar;
    if (newest.t == exemplar.t && std::bit_cast<uint64_t>(newest.value) == std::bit_cast<uint64_t>(exemplar.value) &&
        newest.labels == exemplar.labels) {
      return;
    }
  }
  if (entries_.size() < max_) {
    newest_[slot] = entries_.size();
    entries_.push_back(Entry{slot, std::move(exemplar)});
    return;
  }
  if (const auto it = newest_.find(entries_[next_].slot); it != newest_.end() && it->second == next_) {
    newest_.erase(it);
  }
  entries_[next_] = Entry{slot, std::move(exemplar)};
  newest_[slot] = next_;
  next_ = (next_ + 1) % max_;
}

std::vector<Exemplar> ExemplarRing::Of(uint32_t slot, TimestampMs min_t, TimestampMs max_t) const {
  std::vector<Exemplar> found;
  ForEach([&](uint32_t of, const Exemplar& exemplar) {
    if (of == slot && exemplar.t >= min_t && exemplar.t <= max_t) {
      found.push_back(exemplar);
    }
  });
  std::stable_sort(found.begin(), found.end(), [](const Exemplar& a, const Exemplar& b) { return a.t < b.t; });
  return found;
}

}  // namespace tocsin
