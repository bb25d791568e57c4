#include "base/model/labels.h"

#include <algorithm>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/text/quote.h"

namespace tocsin {
namespace {

void AppendLength(size_t length, std::string* out) {
  while (length >= 0x80) {
    out->push_back(static_cast<char>(length | 0x80));
    length >>= 7;
  }
  out->push_back(static_cast<char>(length));
}

std::string_view TakeString(std::string_view* rest) {
  size_t length = 0;
  int shift = 0;
  size_t i = 0;
  for (;; shift += 7) {
    const auto byte = static_cast<unsigned char>((*rest)[i++]);
    length |= static_cast<size_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      break;
    }
  }
  const std::string_view text = rest->substr(i, length);
  rest->remove_prefix(i + length);
  return text;
}

bool IsNameByte(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

}  // namespace

void AppendEncodedLabel(std::string_view name, std::string_view value, std::string* out) {
  if (name.size() < 0x80 && value.size() < 0x80) {
    size_t at = out->size();
    out->resize(at + 2 + name.size() + value.size());
    for (const std::string_view text : {name, value}) {
      (*out)[at] = static_cast<char>(text.size());
      text.copy(out->data() + at + 1, text.size());
      at += 1 + text.size();
    }
    return;
  }
  AppendLength(name.size(), out);
  out->append(name);
  AppendLength(value.size(), out);
  out->append(value);
}

void Labels::Iterator::Read() {
  if (rest_.empty()) {
    label_ = Label{};
    return;
  }
  label_.name = TakeString(&rest_);
  label_.value = TakeString(&rest_);
}

Labels Labels::FromPairs(std::vector<std::pair<std::string, std::string>> pairs) {
  std::stable_sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  Labels labels;
  for (size_t i = 0; i < pairs.size(); ++i) {
    const bool again = i + 1 < pairs.size() && pairs[i + 1].first == pairs[i].first;
    if (!again && !pairs[i].second.empty()) {
      AppendEncodedLabel(pairs[i].first, pairs[i].second, &labels.data_);
    }
  }
  return labels;
}

Labels Labels::Of(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
  std::vector<std::pair<std::string, std::string>> copy;
  copy.reserve(pairs.size());
  for (const auto& [name, value] : pairs) {
    copy.emplace_back(name, value);
  }
  return FromPairs(std::move(copy));
}

Labels Labels::FromSorted(std::span<const Label> sorted) {
  Labels labels;
  for (const Label& label : sorted) {
    AppendEncodedLabel(label.name, label.value, &labels.data_);
  }
  return labels;
}

size_t Labels::size() const {
  size_t count = 0;
  for (Iterator it = begin(); it != end(); ++it) {
    ++count;
  }
  return count;
}

std::string_view Labels::Get(std::string_view name) const {
  for (const Label label : *this) {
    if (label.name == name) {
      return label.value;
    }
    if (label.name > name) {
      break;
    }
  }
  return {};
}

Labels Labels::Keep(std::span<const std::string> names) const {
  Labels kept;
  for (const Label label : *this) {
    if (std::binary_search(names.begin(), names.end(), label.name)) {
      AppendEncodedLabel(label.name, label.value, &kept.data_);
    }
  }
  return kept;
}

Labels Labels::Drop(std::span<const std::string> names) const {
  Labels kept;
  for (const Label label : *this) {
    if (!std::binary_search(names.begin(), names.end(), label.name)) {
      AppendEncodedLabel(label.name, label.value, &kept.data_);
    }
  }
  return kept;
}

Labels Labels::DropMetricName() const {
  Labels kept;
  for (const Label label : *this) {
    if (label.name != kMetricName) {
      AppendEncodedLabel(label.name, label.value, &kept.data_);
    }
  }
  return kept;
}

uint64_t Labels::Hash() const { return XXH3_64bits(data_.data(), data_.size()); }

std::strong_ordering Labels::operator<=>(const Labels& other) const {
  Iterator a = begin();
  Iterator b = other.begin();
  for (; a != end() && b != other.end(); ++a, ++b) {
    if (const auto order = *a <=> *b; order != 0) {
      return order;
    }
  }
  return (a != end()) <=> (b != other.end());
}

std::string Labels::ToString() const {
  std::string out = "{";
  for (const Label label : *this) {
    if (out.size() > 1) {
      out.append(", ");
    }
    if (IsLegacyLabelName(label.name)) {
      out.append(label.name);
    } else {
      AppendGoQuoted(label.name, &out);
    }
    out.push_back('=');
    AppendGoQuoted(label.value, &out);
  }
  out.push_back('}');
  return out;
}

void LabelsBuilder::Reset(const Labels& base) {
  pairs_.clear();
  for (const Label label : base) {
    pairs_.emplace_back(label.name, label.value);
  }
}

void LabelsBuilder::Set(std::string_view name, std::string_view value) {
  if (value.empty()) {
    Delete(name);
    return;
  }
  for (auto& [have, text] : pairs_) {
    if (have == name) {
      text.assign(value);
      return;
    }
  }
  pairs_.emplace_back(name, value);
}

void LabelsBuilder::Delete(std::string_view name) {
  std::erase_if(pairs_, [name](const auto& pair) { return pair.first == name; });
}

std::string_view LabelsBuilder::Get(std::string_view name) const {
  for (const auto& [have, value] : pairs_) {
    if (have == name) {
      return value;
    }
  }
  return {};
}

Labels LabelsBuilder::Build() const {
  std::vector<Label> sorted;
  sorted.reserve(pairs_.size());
  for (const auto& [name, value] : pairs_) {
    sorted.push_back({name, value});
  }
  std::sort(sorted.begin(), sorted.end());
  return Labels::FromSorted(sorted);
}

bool IsLegacyLabelName(std::string_view name) {
  for (size_t i = 0; i < name.size(); ++i) {
    if (!IsNameByte(name[i], i == 0)) {
      return false;
    }
  }
  return !name.empty();
}

bool IsLegacyMetricName(std::string_view name) {
  for (size_t i = 0; i < name.size(); ++i) {
    if (!IsNameByte(name[i], i == 0) && name[i] != ':') {
      return false;
    }
  }
  return !name.empty();
}

bool IsValidUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const size_t length = Utf8SequenceLength(text.substr(i));
    if (length == 0) {
      return false;
    }
    i += length;
  }
  return true;
}

}  // namespace tocsin
