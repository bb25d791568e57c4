#include "storage/index/pair_table.h"

#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/check.h"

namespace tocsin {

size_t PairTable::TextHash::operator()(const Text& text) const {
  return XXH3_64bits_withSeed(text.value.data(), text.value.size(), text.name);
}

PairId PairTable::NewId() {
  if (!free_.empty()) {
    const PairId id = free_.back();
    free_.pop_back();
    return id;
  }
  if ((used_ & kPageMask) == 0) {
    pages_.push_back(std::make_unique<Pair[]>(1 << kPageBits));
    memory_bytes_ += sizeof(Pair) << kPageBits;
  }
  return used_++;
}

PairId PairTable::Acquire(std::string_view name, std::string_view value) {
  NameId name_id = FindName(name);
  if (name_id == kNoId) {
    name_id = static_cast<NameId>(names_.size());
    names_.push_back(Name{std::string(name), {}, 0});
    name_ids_.emplace(std::string(name), name_id);
  }
  if (const auto it = by_text_.find(Text{name_id, value}); it != by_text_.end()) {
    ++pair(*it).references;
    return *it;
  }
  const PairId id = NewId();
  Pair& made = pair(id);
  made.value = std::make_unique<char[]>(value.size());
  std::memcpy(made.value.get(), value.data(), value.size());
  made.value_size = static_cast<uint32_t>(value.size());
  made.name = name_id;
  made.references = 1;
  made.place = static_cast<uint32_t>(names_[name_id].pairs.size());
  names_[name_id].pairs.push_back(id);
  by_text_.insert(id);
  memory_bytes_ += value.size();
  return id;
}

void PairTable::Release(PairId id) {
  Pair& gone = pair(id);
  TOCSIN_CHECK(gone.references > 0);
  if (--gone.references > 0) {
    return;
  }
  by_text_.erase(id);
  Name& name = names_[gone.name];
  ++name.removals;
  name.pairs[gone.place] = name.pairs.back();
  pair(name.pairs[gone.place]).place = gone.place;
  name.pairs.pop_back();
  if (name.pairs.empty()) {
    name.pairs.shrink_to_fit();
  }
  memory_bytes_ -= gone.value_size;
  gone = Pair{};
  free_.push_back(id);
}

PairId PairTable::Find(std::string_view name, std::string_view value) const {
  const NameId name_id = FindName(name);
  if (name_id == kNoId) {
    return kNoId;
  }
  const auto it = by_text_.find(Text{name_id, value});
  return it == by_text_.end() ? kNoId : *it;
}

NameId PairTable::FindName(std::string_view name) const {
  const auto it = name_ids_.find(name);
  return it == name_ids_.end() ? kNoId : it->second;
}

}  // namespace tocsin
