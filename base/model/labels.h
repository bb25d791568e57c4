#pragma once

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tocsin {

inline constexpr std::string_view kMetricName = "__name__";
inline constexpr std::string_view kBucketLabel = "le";
inline constexpr std::string_view kQuantileLabel = "quantile";

/// One label; views into the Labels (or other owner) it was read from.
struct Label {
  std::string_view name;
  std::string_view value;

  auto operator<=>(const Label&) const = default;
};

/// A label set: immutable, sorted by name, names unique, no empty values (an absent label and an empty one are the same).
///
/// Held as one string of pairs "length name length value" (lengths as LEB128), so that a copy is one allocation,
/// equality one comparison of bytes, and the hash runs over bytes. Views handed out live as long as the object is not moved from
/// or assigned to.
class Labels {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Label;
    using difference_type = std::ptrdiff_t;
    using pointer = const Label*;
    using reference = Label;

    Iterator() = default;
    explicit Iterator(std::string_view rest) : rest_(rest) { Read(); }
    Label operator*() const { return label_; }
    const Label* operator->() const { return &label_; }
    Iterator& operator++() {
      Read();
      return *this;
    }
    Iterator operator++(int) {
      Iterator old = *this;
      Read();
      return old;
    }
    bool operator==(const Iterator& other) const { return label_.name.data() == other.label_.name.data(); }

   private:
    void Read();

    std::string_view rest_;
    Label label_{};
  };

  Labels() = default;

  /// Sorts; of a name given twice the last one counts; empty values are left out.
  static Labels FromPairs(std::vector<std::pair<std::string, std::string>> pairs);
  static Labels Of(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs);

  /// The labels must be sorted by name, unique and without empty values.
  static Labels FromSorted(std::span<const Label> labels);

  /// From what encoded() gave.
  static Labels FromEncoded(std::string encoded) {
    Labels labels;
    labels.data_ = std::move(encoded);
    return labels;
  }

  Iterator begin() const { return Iterator(data_); }
  Iterator end() const { return Iterator(); }
  bool empty() const { return data_.empty(); }
  size_t size() const;

  /// The value, or "" when there is no such label.
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const { return Get(name).data() != nullptr; }
  std::string_view metric_name() const { return Get(kMetricName); }

  /// Only the given names / all but the given names. `names` must be sorted.
  Labels Keep(std::span<const std::string> names) const;
  Labels Drop(std::span<const std::string> names) const;
  Labels DropMetricName() const;

  /// Within one process only: never written anywhere.
  uint64_t Hash() const;

  /// The bytes of the representation; equal exactly for equal label sets. For map keys.
  const std::string& encoded() const { return data_; }

  bool operator==(const Labels& other) const = default;

  /// By the first name that differs, then its value, then the number of labels: Prometheus's order of results.
  std::strong_ordering operator<=>(const Labels& other) const;

  /// {a="b", "utf8.name"="c"}, values quoted as Go's strconv.Quote does.
  std::string ToString() const;

  template <typename H>
  friend H AbslHashValue(H h, const Labels& labels) {
    return H::combine(std::move(h), labels.data_);
  }

 private:
  friend class LabelsBuilder;
  std::string data_;
};

/// Changes to a label set, or a new one label by label in any order. Reusable: Reset() keeps its memory.
class LabelsBuilder {
 public:
  LabelsBuilder() = default;
  explicit LabelsBuilder(const Labels& base) { Reset(base); }

  void Reset() { pairs_.clear(); }
  void Reset(const Labels& base);

  /// The last Set of a name counts; an empty value deletes.
  void Set(std::string_view name, std::string_view value);
  void Delete(std::string_view name);
  std::string_view Get(std::string_view name) const;

  Labels Build() const;

  /// In order of insertion; deleted ones are gone.
  const std::vector<std::pair<std::string, std::string>>& pairs() const { return pairs_; }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

/// Appends one pair in the representation of Labels; pairs must come sorted by name.
void AppendEncodedLabel(std::string_view name, std::string_view value, std::string* out);

/// Legacy names: [a-zA-Z_][a-zA-Z0-9_]* for labels, with ':' for metrics. UTF-8 names: any valid, non-empty UTF-8.
bool IsLegacyLabelName(std::string_view name);
bool IsLegacyMetricName(std::string_view name);
bool IsValidUtf8(std::string_view text);

}  // namespace tocsin
