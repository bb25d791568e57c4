#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/wire/proto_reader.h"

namespace tocsin::wire {

inline void AppendVarint(uint64_t value, std::string* out) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

inline uint64_t EncodeZigZag(int64_t value) { return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63); }

/// Appends the fields of one protobuf message to a string. As proto3 has it, the plain functions leave out zeros and empty strings;
/// members of a oneof, whose presence counts, are written by those named Always.
class ProtoWriter {
 public:
  explicit ProtoWriter(std::string* out) : out_(out) {}

  void Varint(uint32_t field, uint64_t value) {
    if (value != 0) {
      VarintAlways(field, value);
    }
  }
  void VarintAlways(uint32_t field, uint64_t value) {
    AppendVarint(Tag(field, kVarint), out_);
    AppendVarint(value, out_);
  }
  void Int64(uint32_t field, int64_t value) { Varint(field, static_cast<uint64_t>(value)); }
  void SInt64(uint32_t field, int64_t value) { Varint(field, EncodeZigZag(value)); }

  /// Negative zero and NaN are not zero.
  void Double(uint32_t field, double value) {
    if (std::bit_cast<uint64_t>(value) != 0) {
      DoubleAlways(field, value);
    }
  }
  void DoubleAlways(uint32_t field, double value) {
    AppendVarint(Tag(field, kFixed64), out_);
    AppendFixed64(std::bit_cast<uint64_t>(value));
  }

  void Bytes(uint32_t field, std::string_view value) {
    if (!value.empty()) {
      BytesAlways(field, value);
    }
  }

  /// Also for elements of repeated fields.
  void BytesAlways(uint32_t field, std::string_view value) {
    AppendVarint(Tag(field, kBytes), out_);
    AppendVarint(value.size(), out_);
    out_->append(value);
  }

  /// A sub-message that `write`(ProtoWriter&) fills. Its length is known afterwards only: the bytes are moved up by those of the length
  /// where that takes more than one.
  template <typename Write>
  void Message(uint32_t field, const Write& write) {
    AppendVarint(Tag(field, kBytes), out_);
    out_->push_back(0);
    const size_t start = out_->size();
    write(*this);
    const size_t size = out_->size() - start;
    if (size < 0x80) {
      (*out_)[start - 1] = static_cast<char>(size);
      return;
    }
    std::string length;
    AppendVarint(size, &length);
    out_->replace(start - 1, 1, length);
  }

  template <typename Values>
  void PackedDoubles(uint32_t field, const Values& values) {
    if (values.empty()) {
      return;
    }
    AppendVarint(Tag(field, kBytes), out_);
    AppendVarint(values.size() * sizeof(double), out_);
    for (const double value : values) {
      AppendFixed64(std::bit_cast<uint64_t>(value));
    }
  }

  template <typename Values>
  void PackedVarints(uint32_t field, const Values& values) {
    if (!values.empty()) {
      Message(field, [&](ProtoWriter& writer) {
        for (const auto value : values) {
          AppendVarint(static_cast<uint64_t>(value), writer.out_);
        }
      });
    }
  }

 private:
  void AppendFixed64(uint64_t bits) {
    char bytes[sizeof(bits)];
    std::memcpy(bytes, &bits, sizeof(bits));
    out_->append(bytes, sizeof(bytes));
  }

  std::string* out_;
};

}  // namespace tocsin::wire
