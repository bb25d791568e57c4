#include "storage/chunk/open_chunk_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>

namespace tocsin {
namespace {

class OpenChunkPoolTest : public testing::Test {
 protected:
  static constexpr size_t kOwners = 3000;

  struct Owner {
    uint8_t* buffer = nullptr;
    uint16_t capacity = 0;
    std::string content;
  };

  OpenChunkPoolTest() : owners_(kOwners) {
    pool_.SetOwners(&owners_, [](const void* owners, uint32_t owner) {
      return const_cast<uint8_t**>(&(*static_cast<const std::vector<Owner>*>(owners))[owner].buffer);
    });
  }
  ~OpenChunkPoolTest() override {
    for (Owner& owner : owners_) {
      Drop(owner);
    }
  }

  void Write(uint32_t number, const std::string& more) {
    Owner& owner = owners_[number];
    const size_t used = owner.content.size();
    if (used + more.size() > owner.capacity) {
      owner.buffer = pool_.Grow(number, owner.buffer, used, used + more.size(), &owner.capacity);
    }
    std::memcpy(owner.buffer + used, more.data(), more.size());
    owner.content += more;
  }
  void Drop(Owner& owner) {
    if (owner.buffer != nullptr) {
      pool_.Free(owner.buffer, owner.capacity);
    }
    owner = Owner{};
  }
  size_t ContentBytes() const {
    size_t bytes = 0;
    for (const Owner& owner : owners_) {
      bytes += owner.content.size();
    }
    return bytes;
  }

  std::vector<Owner> owners_;
  OpenChunkPool pool_;
};

TEST_F(OpenChunkPoolTest, ContentsSurviveGrowthAndTheMovesOfOthers) {
  std::mt19937 random(7);
  for (int i = 0; i < 60'000; ++i) {
    const auto number = static_cast<uint32_t>(random() % kOwners);
    if (random() % 40 == 0) {
      Drop(owners_[number]);
    } else {
      Write(number, std::string(1 + random() % 40, static_cast<char>('a' + i % 26)));
    }
  }
  for (const Owner& owner : owners_) {
    ASSERT_EQ(std::string(reinterpret_cast<const char*>(owner.buffer), owner.content.size()), owner.content);
  }
}

TEST_F(OpenChunkPoolTest, PagesStayFullWhileAllGrowAtTheirOwnPace) {
  for (int round = 0; round < 100; ++round) {
    for (uint32_t i = 0; i < kOwners; ++i) {
      if (round % (1 + i % 7) == 0) {
        Write(i, "ab");
      }
    }
  }
  // Twelve bytes and half a step for each, and half a page for each size.
  EXPECT_LE(pool_.memory_bytes(), ContentBytes() + kOwners * 24 + size_t{16} * 8192);
  for (uint32_t i = 1; i < kOwners; ++i) {
    Drop(owners_[i]);
  }
  EXPECT_LE(pool_.memory_bytes(), 2U * 8192) << "pages are given back";
}

TEST_F(OpenChunkPoolTest, LargeBuffersAreTheirOwnAllocations) {
  Write(1, std::string(3000, 'x'));
  EXPECT_GE(pool_.memory_bytes(), 3000U);
  EXPECT_EQ(OpenChunkPool::Capacity(OpenChunkPool::Steps(owners_[1].capacity)), owners_[1].capacity);
  Drop(owners_[1]);
  EXPECT_EQ(pool_.memory_bytes(), 0U);
}

}  // namespace
}  // namespace tocsin
