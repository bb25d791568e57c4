#include "engine/scrape/metadata_table.h"

#include <algorithm>

namespace tocsin {

MetadataTable::Family& MetadataTable::FindOrAdd(std::string_view name, uint64_t scrape, uint32_t* place) {
  const auto found = places_.find(name);
  if (found != places_.end()) {
    *place = found->second;
  } else {
    if (free_.empty()) {
      *place = static_cast<uint32_t>(families_.size());
      families_.emplace_back();
    } else {
      *place = free_.back();
      free_.pop_back();
      families_[*place] = Family();
    }
    families_[*place].name = name;
    families_[*place].changed = scrape;
    places_.emplace(name, *place);
  }
  families_[*place].seen = scrape;
  return families_[*place];
}

uint32_t MetadataTable::SetType(std::string_view family, MetricType type, uint64_t scrape) {
  MutexLock lock(mu_);
  uint32_t place = 0;
  Family& entry = FindOrAdd(family, scrape, &place);
  if (entry.type != type) {
    entry.type = type;
    entry.changed = scrape;
  }
  return place;
}

uint32_t MetadataTable::SetHelp(std::string_view family, std::string_view help, uint64_t scrape) {
  MutexLock lock(mu_);
  uint32_t place = 0;
  Family& entry = FindOrAdd(family, scrape, &place);
  if (entry.help != help) {
    entry.help = help;
    entry.changed = scrape;
  }
  return place;
}

uint32_t MetadataTable::SetUnit(std::string_view family, std::string_view unit, uint64_t scrape) {
  MutexLock lock(mu_);
  uint32_t place = 0;
  Family& entry = FindOrAdd(family, scrape, &place);
  if (entry.unit != unit) {
    entry.unit = unit;
    entry.changed = scrape;
  }
  return place;
}

void MetadataTable::Seen(std::span<const uint32_t> places, uint64_t scrape) {
  MutexLock lock(mu_);
  for (const uint32_t place : places) {
    families_[place].seen = scrape;
  }
}

bool MetadataTable::ChangedIn(uint32_t place, uint64_t scrape) const {
  MutexLock lock(mu_);
  return families_[place].changed == scrape;
}

MetricMetadata MetadataTable::At(uint32_t place) const {
  MutexLock lock(mu_);
  const Family& family = families_[place];
  return {std::string(ToString(family.type)), family.help, family.unit};
}

std::string MetadataTable::NameAt(uint32_t place) const {
  MutexLock lock(mu_);
  return families_[place].name;
}

void MetadataTable::DropUnseen(uint64_t scrape) {
  MutexLock lock(mu_);
  for (uint32_t place = 0; place < families_.size(); ++place) {
    Family& family = families_[place];
    if (family.used && scrape - family.seen > kKeepScrapes) {
      places_.erase(family.name);
      family = Family();
      family.used = false;
      free_.push_back(place);
    }
  }
}

std::vector<FamilyMetadata> MetadataTable::List() const {
  std::vector<FamilyMetadata> list;
  MutexLock lock(mu_);
  for (const Family& family : families_) {
    if (family.used) {
      list.push_back({family.name, std::string(ToString(family.type)), family.help, family.unit});
    }
  }
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.family < b.family; });
  return list;
}

size_t MetadataTable::size() const {
  MutexLock lock(mu_);
  return places_.size();
}

size_t MetadataTable::TextBytes() const {
  MutexLock lock(mu_);
  size_t bytes = 0;
  for (const Family& family : families_) {
    bytes += family.used ? family.help.size() + family.unit.size() + ToString(family.type).size() : 0;
  }
  return bytes;
}

}  // namespace tocsin
