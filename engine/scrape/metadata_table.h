#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "base/strings.h"
#include "engine/scrape/exposition/parser.h"
#include "engine/scrape/target_status.h"

namespace tocsin {

/// What a target tells of its metric families. A family that is no longer exposed is kept for kKeepScrapes more scrapes.
/// Threads: one scrape at a time writes; List and the sizes may be read at any time.
class MetadataTable {
 public:
  static constexpr uint64_t kKeepScrapes = 10;

  /// Each gives the family's place, which stays as long as the family does. `scrape` numbers the scrapes.
  uint32_t SetType(std::string_view family, MetricType type, uint64_t scrape);
  uint32_t SetHelp(std::string_view family, std::string_view help, uint64_t scrape);
  uint32_t SetUnit(std::string_view family, std::string_view unit, uint64_t scrape);

  /// These families were there again, unchanged.
  void Seen(std::span<const uint32_t> places, uint64_t scrape);

  /// Whether its metadata changed in that scrape.
  bool ChangedIn(uint32_t place, uint64_t scrape) const;
  MetricMetadata At(uint32_t place) const;
  std::string NameAt(uint32_t place) const;

  /// Drops the families not seen for a while.
  void DropUnseen(uint64_t scrape);

  std::vector<FamilyMetadata> List() const;
  size_t size() const;
  size_t TextBytes() const;

 private:
  struct Family {
    std::string name;
    MetricType type = MetricType::kUnknown;
    std::string help;
    std::string unit;
    uint64_t seen = 0;
    uint64_t changed = 0;
    bool used = true;
  };

  Family& FindOrAdd(std::string_view name, uint64_t scrape, uint32_t* place) REQUIRES(mu_);

  mutable Mutex mu_;
  std::vector<Family> families_ GUARDED_BY(mu_);
  std::vector<uint32_t> free_ GUARDED_BY(mu_);
  absl::flat_hash_map<std::string, uint32_t, StringHash, StringEq> places_ GUARDED_BY(mu_);
};

}  // namespace tocsin
