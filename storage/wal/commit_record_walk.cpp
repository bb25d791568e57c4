#include "storage/wal/commit_record_walk.h"

namespace tocsin {
namespace {

size_t LengthBytes(std::string_view text) {
  size_t bytes = 1;
  for (size_t rest = text.size() >> 7; rest > 0; rest >>= 7) {
    ++bytes;
  }
  return bytes;
}

}  // namespace

bool NamedPairs::Take(ByteReader* in, std::vector<uint32_t>* numbers) {
  numbers->clear();
  const uint64_t count = in->TakeVarint();
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t number = in->TakeVarint();
    if (!in->ok() || number > pairs.size()) {
      return false;
    }
    if (number == pairs.size()) {
      const uint8_t* begin = in->next();
      const std::string_view name = in->TakeText();
      const std::string_view value = in->TakeText();
      const std::string_view encoded(reinterpret_cast<const char*>(begin), static_cast<size_t>(in->next() - begin));
      // Lengths that are written longer than they need to be would give other bytes than Labels has.
      if (!in->ok() || value.empty() || encoded.size() != LengthBytes(name) + name.size() + LengthBytes(value) + value.size()) {
        return false;
      }
      pairs.push_back({name, value, encoded});
    }
    if (i > 0 && pairs[number].name <= pairs[numbers->back()].name) {
      return false;
    }
    numbers->push_back(static_cast<uint32_t>(number));
  }
  return in->ok() && count > 0;
}

void NamedPairs::Encode(std::span<const uint32_t> numbers, std::string* out) const {
  out->clear();
  for (const uint32_t number : numbers) {
    out->append(pairs[number].encoded);
  }
}

}  // namespace tocsin
