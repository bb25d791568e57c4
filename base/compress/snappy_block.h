#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"

namespace tocsin {

/// Bytes that were not cleared before they were written.
class RawBytes {
 public:
  explicit RawBytes(size_t size) : data_(std::make_unique_for_overwrite<char[]>(size)), size_(size) {}

  char* data() { return data_.get(); }
  std::string_view view() const { return {data_.get(), size_}; }

 private:
  std::unique_ptr<char[]> data_;
  size_t size_;
};

/// What a block says it unpacks to; 0 for what is no block.
uint64_t SnappyUnpackedBytes(std::string_view in);

/// SnappyDecode (compress.h) into a place of its own: large bodies are not cleared first.
absl::StatusOr<RawBytes> SnappyUnpack(std::string_view in, uint64_t bytes_max);

}  // namespace tocsin
