#include "storage/wal/commit_record_walk.h"

namespace tocsin {
namespace {

size_t LengthBytes(size_t length) {
  size_t bytes = 1;
  for (size_t rest = length >> 7; rest > 0; rest >>= 7) {
    ++bytes;
  }
  return bytes;
}

}  // namespace

bool NamedPairs::Take(ByteReader* in, std::vector<uint32_t>* numbers) {
  numbers->clear();
  const uint64_t count = in->TakeVarint();
  std::string_view last_name;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t number = in->TakeVarint();
    if (!in->ok() || number > pairs_.size()) {
      return false;
    }
    if (number == pairs_.size()) {
      const auto* begin = reinterpret_cast<const char*>(in->next());
      const std::string_view name = in->TakeText();
      const std::string_view value = in->TakeText();
      const auto bytes = static_cast<size_t>(reinterpret_cast<const char*>(in->next()) - begin);
      // Lengths that are written longer than they need to be would give other bytes than Labels has.
      if (!in->ok() || value.empty() || bytes > UINT32_MAX ||
          bytes != LengthBytes(name.size()) + name.size() + LengthBytes(value.size()) + value.size()) {
        return false;
      }
      pairs_.push_back({begin, static_cast<uint32_t>(name.size()), static_cast<uint32_t>(value.size())});
    }
    const std::string_view own_name = name(number);
    if (i > 0 && own_name <= last_name) {
      return false;
    }
    last_name = own_name;
    numbers->push_back(static_cast<uint32_t>(number));
  }
  return in->ok() && count > 0;
}

std::string_view NamedPairs::name(size_t number) const {
  const Pair& pair = pairs_[number];
  return {pair.encoded + LengthBytes(pair.name_bytes), pair.name_bytes};
}

std::string_view NamedPairs::value(size_t number) const {
  const Pair& pair = pairs_[number];
  return {pair.encoded + LengthBytes(pair.name_bytes) + pair.name_bytes + LengthBytes(pair.value_bytes), pair.value_bytes};
}

void NamedPairs::Encode(std::span<const uint32_t> numbers, std::string* out) const {
  out->clear();
  for (const uint32_t number : numbers) {
    const Pair& pair = pairs_[number];
    out->append(pair.encoded, LengthBytes(pair.name_bytes) + pair.name_bytes + LengthBytes(pair.value_bytes) + pair.value_bytes);
  }
}

bool SkippedPairs::Skip(ByteReader* in) {
  const uint64_t count = in->TakeVarint();
  for (uint64_t i = 0; i < count && in->ok(); ++i) {
    const uint64_t number = in->TakeVarint();
    if (number > count_) {
      return false;
    }
    if (number == count_) {
      in->TakeText();
      in->TakeText();
      ++count_;
    }
  }
  return in->ok() && count > 0;
}

}  // namespace tocsin
