#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tocsin::wire {

/// The wire types of protobuf (https://protobuf.dev/programming-guides/encoding/).
enum WireType : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kStartGroup = 3, kEndGroup = 4, kFixed32 = 5 };

/// Field number and wire type as they stand in a message: the case labels of decoders.
constexpr uint32_t Tag(uint32_t field, WireType type) { return field << 3 | type; }

/// Walks the fields of one protobuf message without copying or allocating: bytes are views into the input.
///
///   for (ProtoReader reader(message); reader.Next();) { switch (reader.tag()) { case Tag(1, kBytes): Use(reader.bytes()); ... } }
///   if (!reader.ok()) ...
///
/// Fields that a decoder has no case for, also those with another wire type than expected, are thereby skipped; groups are skipped whole.
class ProtoReader {
 public:
  explicit ProtoReader(std::string_view message) : at_(message.data()), end_(message.data() + message.size()) {}

  /// The next field; false at the end and on damage.
  bool Next() {
    while (at_ != end_) {
      uint64_t tag = 0;
      if (!ReadTag(&tag) || !ReadValue(static_cast<uint32_t>(tag))) {
        return Fail();
      }
      if ((tag & 7) != kStartGroup) {
        return true;
      }
    }
    return false;
  }

  /// False once the message turned out to be damaged or cut short.
  bool ok() const { return ok_; }

  uint32_t tag() const { return tag_; }
  uint32_t field() const { return tag_ >> 3; }

  /// By the wire type of tag(): the value of kVarint, kFixed64 and kFixed32 as it is ...
  uint64_t uint64() const { return value_; }
  int64_t int64() const { return static_cast<int64_t>(value_); }
  uint32_t uint32() const { return static_cast<uint32_t>(value_); }
  int32_t int32() const { return static_cast<int32_t>(value_); }
  bool boolean() const { return value_ != 0; }
  int64_t sint64() const { return ZigZag(value_); }
  int32_t sint32() const { return static_cast<int32_t>(ZigZag(static_cast<uint32_t>(value_))); }
  double float64() const { return std::bit_cast<double>(value_); }

  /// ... and of kBytes.
  std::string_view bytes() const { return bytes_; }

  static int64_t ZigZag(uint64_t v) { return static_cast<int64_t>((v >> 1) ^ (0 - (v & 1))); }

 private:
  static constexpr int kGroupDepthMax = 100;

  bool Fail() {
    ok_ = false;
    at_ = end_;
    return false;
  }

  bool ReadVarint(uint64_t* value) {
    if (at_ != end_ && static_cast<uint8_t>(*at_) < 0x80) [[likely]] {
      *value = static_cast<uint8_t>(*at_++);
      return true;
    }
    return ReadLongVarint(value);
  }

  bool ReadLongVarint(uint64_t* value) {
    uint64_t result = 0;
    for (int shift = 0; shift < 70 && at_ != end_; shift += 7) {
      const uint8_t byte = static_cast<uint8_t>(*at_++);
      result |= static_cast<uint64_t>(byte & 0x7f) << (shift < 64 ? shift : 63);
      if (byte < 0x80) {
        *value = result;  // what a tenth byte has beyond 64 bits is lost, in the library too
        return true;
      }
    }
    return false;
  }

  /// As the library reads it: at most five bytes, of which the lower 32 bits count.
  bool ReadTag(uint64_t* tag) {
    if (!ReadVarint(tag) || *tag >= uint64_t{1} << 35) {
      return false;
    }
    *tag &= UINT32_MAX;
    return *tag >> 3 != 0;
  }

  template <typename T>
  bool ReadFixed() {
    if (end_ - at_ < static_cast<ptrdiff_t>(sizeof(T))) {
      return false;
    }
    T value;
    std::memcpy(&value, at_, sizeof(T));
    static_assert(std::endian::native == std::endian::little);
    value_ = value;
    at_ += sizeof(T);
    return true;
  }

  bool ReadValue(uint32_t tag) {
    tag_ = tag;
    switch (tag & 7) {
      case kVarint:
        return ReadVarint(&value_);
      case kFixed64:
        return ReadFixed<uint64_t>();
      case kFixed32:
        return ReadFixed<uint32_t>();
      case kBytes: {
        uint64_t size = 0;
        if (!ReadVarint(&size) || size > static_cast<uint64_t>(end_ - at_)) {
          return false;
        }
        bytes_ = {at_, size};
        at_ += size;
        return true;
      }
      case kStartGroup:
        return SkipGroup(tag >> 3);
      default:
        return false;
    }
  }

  bool SkipGroup(uint32_t group) {
    uint32_t open[kGroupDepthMax] = {group};
    int depth = 1;
    while (depth > 0) {
      uint64_t tag = 0;
      if (!ReadTag(&tag)) {
        return false;
      }
      if ((tag & 7) == kStartGroup) {
        if (depth == kGroupDepthMax) {
          return false;
        }
        open[depth++] = static_cast<uint32_t>(tag >> 3);
      } else if ((tag & 7) == kEndGroup) {
        if (open[--depth] != tag >> 3) {
          return false;
        }
      } else if (!ReadValue(static_cast<uint32_t>(tag))) {
        return false;
      }
    }
    return true;
  }

  const char* at_;
  const char* end_;
  bool ok_ = true;
  uint32_t tag_ = 0;
  uint64_t value_ = 0;
  std::string_view bytes_;
};

/// Calls on_field(const ProtoReader&) for each field of a message until it returns false. False on damage or when `on_field` said so.
template <typename OnField>
bool ForEachField(std::string_view message, const OnField& on_field) {
  ProtoReader reader(message);
  while (reader.Next()) {
    if (!on_field(reader)) {
      return false;
    }
  }
  return reader.ok();
}

/// The values of a packed field of varints: calls add(uint64_t) for each until it returns false. False on damage or when `add` said so.
template <typename Add>
bool ReadPackedVarints(std::string_view packed, const Add& add) {
  const char* at = packed.data();
  const char* const end = at + packed.size();
  while (at != end) {
    uint64_t value = 0;
    int shift = 0;
    uint8_t byte = 0;
    do {
      if (at == end || shift >= 70) {
        return false;
      }
      byte = static_cast<uint8_t>(*at++);
      value |= static_cast<uint64_t>(byte & 0x7f) << (shift < 64 ? shift : 63);
      shift += 7;
    } while (byte >= 0x80);
    if (!add(value)) {
      return false;
    }
  }
  return true;
}

/// The same for doubles: add(double).
template <typename Add>
bool ReadPackedDoubles(std::string_view packed, const Add& add) {
  if (packed.size() % sizeof(double) != 0) {
    return false;
  }
  for (size_t i = 0; i < packed.size(); i += sizeof(double)) {
    double value;
    std::memcpy(&value, packed.data() + i, sizeof(double));
    if (!add(value)) {
      return false;
    }
  }
  return true;
}

}  // namespace tocsin::wire
