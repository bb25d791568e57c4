#include "storage/chunk/open_chunk_pool.h"

#include <cstdlib>
#include <cstring>

#include "base/check.h"

namespace tocsin {

OpenChunkPool::~OpenChunkPool() { TOCSIN_CHECK(large_bytes_ == 0); }

uint8_t* OpenChunkPool::CellAt(const Class& of, size_t index, size_t cell_bytes) const {
  const size_t per_page = kPageBytes / cell_bytes;
  return of.pages[index / per_page].get() + index % per_page * cell_bytes;
}

uint8_t* OpenChunkPool::TakeCell(size_t cell_bytes) {
  if (cell_bytes > kCellBytesMax) {
    auto* cell = static_cast<uint8_t*>(std::malloc(cell_bytes));
    TOCSIN_CHECK(cell != nullptr);
    large_bytes_ += cell_bytes;
    return cell;
  }
  Class& of = classes_[cell_bytes / kStepBytes - 1];
  if (of.cells == of.pages.size() * (kPageBytes / cell_bytes)) {
    of.pages.emplace_back(new uint8_t[kPageBytes]);
    ++page_count_;
  }
  return CellAt(of, of.cells++, cell_bytes);
}

void OpenChunkPool::GiveCell(uint8_t* cell, size_t cell_bytes) {
  if (cell_bytes > kCellBytesMax) {
    large_bytes_ -= cell_bytes;
    std::free(cell);
    return;
  }
  Class& of = classes_[cell_bytes / kStepBytes - 1];
  TOCSIN_CHECK(of.cells > 0);
  const uint8_t* last = CellAt(of, --of.cells, cell_bytes);
  if (last != cell) {
    std::memcpy(cell, last, cell_bytes);
    uint32_t owner;
    std::memcpy(&owner, cell, sizeof(owner));
    *place_of_(owners_, owner) = cell + kHeadBytes;
  }
  // One empty page is kept, for those that come and go at its border.
  const size_t per_page = kPageBytes / cell_bytes;
  while (of.pages.size() * per_page >= of.cells + 2 * per_page || (of.cells == 0 && !of.pages.empty())) {
    of.pages.pop_back();
    --page_count_;
  }
}

uint8_t* OpenChunkPool::Grow(uint32_t owner, uint8_t* buffer, size_t used, size_t needed, uint16_t* capacity) {
  TOCSIN_CHECK(needed <= kCapacityMax);
  const size_t cell_bytes = (CellBytes(needed) + kStepBytes - 1) / kStepBytes * kStepBytes;
  uint8_t* cell = TakeCell(cell_bytes);
  std::memcpy(cell, &owner, sizeof(owner));
  if (buffer != nullptr) {
    std::memcpy(cell + kHeadBytes - sizeof(Marks), buffer - sizeof(Marks), sizeof(Marks) + used);
    GiveCell(buffer - kHeadBytes, CellBytes(*capacity));
  } else {
    SetMarks(Marks{}, cell + kHeadBytes);
  }
  *capacity = static_cast<uint16_t>(cell_bytes - kHeadBytes);
  return cell + kHeadBytes;
}

void OpenChunkPool::Free(uint8_t* buffer, uint16_t capacity) { GiveCell(buffer - kHeadBytes, CellBytes(capacity)); }

}  // namespace tocsin
