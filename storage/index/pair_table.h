#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "base/strings.h"
#include "storage/index/posting_list.h"

namespace tocsin {

/// A label name with a value, as a number. Series hold these instead of strings.
using PairId = uint32_t;
using NameId = uint32_t;
inline constexpr uint32_t kNoId = 0xffffffff;

/// All label pairs of the store, each once, counted by the series that have it and gone with the last of them; with each its posting list.
/// Threads: const methods from many threads, others alone (the head's lock).
class PairTable {
 public:
  PairTable() : by_text_(0, TextHash{this}, TextEq{this}) {}
  PairTable(const PairTable&) = delete;
  PairTable& operator=(const PairTable&) = delete;

  /// The pair, made when it is new; one more reference.
  PairId Acquire(std::string_view name, std::string_view value);
  void AddReference(PairId id) { ++pair(id).references; }
  void Release(PairId id);

  PairId Find(std::string_view name, std::string_view value) const;
  NameId FindName(std::string_view name) const;

  std::string_view name(PairId id) const { return names_[pair(id).name].text; }
  std::string_view value(PairId id) const { return {pair(id).value.get(), pair(id).value_size}; }
  NameId name_id(PairId id) const { return pair(id).name; }
  PostingList& postings(PairId id) { return pair(id).postings; }
  const PostingList& postings(PairId id) const { return pair(id).postings; }

  /// The pairs of a name in the order in which they came; what is there stays in its place while name_removals() is the same.
  const std::vector<PairId>& PairsOf(NameId name) const { return names_[name].pairs; }
  uint64_t name_removals(NameId name) const { return names_[name].removals; }
  /// Names are never forgotten; one without pairs is not in use.
  size_t name_count() const { return names_.size(); }
  std::string_view name_text(NameId name) const { return names_[name].text; }

  size_t pair_count() const { return by_text_.size(); }
  size_t memory_bytes() const { return memory_bytes_ + names_.size() * sizeof(Name); }

 private:
  struct Pair {
    std::unique_ptr<char[]> value;
    uint32_t value_size = 0;
    NameId name = 0;
    uint32_t references = 0;
    uint32_t place = 0;  // in pairs of its name
    PostingList postings;
  };
  struct Name {
    std::string text;
    std::vector<PairId> pairs;
    uint64_t removals = 0;
  };
  struct Text {
    NameId name;
    std::string_view value;
  };
  struct TextHash {
    using is_transparent = void;
    const PairTable* table;
    size_t operator()(const Text& text) const;
    size_t operator()(PairId id) const { return (*this)(Text{table->name_id(id), table->value(id)}); }
  };
  struct TextEq {
    using is_transparent = void;
    const PairTable* table;
    bool operator()(const Text& a, PairId b) const { return a.name == table->name_id(b) && a.value == table->value(b); }
    bool operator()(PairId a, const Text& b) const { return (*this)(b, a); }
    bool operator()(PairId a, PairId b) const { return a == b; }
  };

  static constexpr size_t kPageBits = 10;
  static constexpr size_t kPageMask = (1 << kPageBits) - 1;

  Pair& pair(PairId id) { return pages_[id >> kPageBits][id & kPageMask]; }
  const Pair& pair(PairId id) const { return pages_[id >> kPageBits][id & kPageMask]; }
  PairId NewId();

  std::vector<std::unique_ptr<Pair[]>> pages_;
  std::vector<PairId> free_;
  uint32_t used_ = 0;
  std::vector<Name> names_;
  absl::flat_hash_map<std::string, NameId, StringHash, StringEq> name_ids_;
  absl::flat_hash_set<PairId, TextHash, TextEq> by_text_;
  size_t memory_bytes_ = 0;
};

}  // namespace tocsin
