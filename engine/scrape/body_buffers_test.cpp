#include "engine/scrape/body_buffers.h"

#include <gtest/gtest.h>

namespace tocsin {
namespace {

constexpr size_t kBodyBytes = 1 << 20;

TEST(BodyBuffersTest, WhatOneRushNeededGoesWhenItIsOver) {
  BodyBuffers buffers;
  std::vector<std::string> rush(10);
  for (std::string& body : rush) {
    body = buffers.Take();
    body.reserve(kBodyBytes);
  }
  for (std::string& body : rush) {
    buffers.Give(std::move(body));
  }
  EXPECT_GE(buffers.kept_bytes(), 10 * kBodyBytes);
  for (size_t i = 0; i < 2 * BodyBuffers::kRoundGives; ++i) {
    std::string one = buffers.Take();
    std::string other = buffers.Take();
    EXPECT_GE(std::min(one.capacity(), other.capacity()), kBodyBytes) << i << ": what is needed stays";
    buffers.Give(std::move(one));
    buffers.Give(std::move(other));
  }
  EXPECT_LT(buffers.kept_bytes(), 3 * kBodyBytes);
}

TEST(BodyBuffersTest, NoMoreThanTheLimitIsKept) {
  BodyBuffers buffers;
  std::string body;
  body.reserve(BodyBuffers::kKeptBytesMax / 2 + 1);
  std::string other;
  other.reserve(body.capacity());
  buffers.Give(std::move(body));
  buffers.Give(std::move(other));
  EXPECT_LE(buffers.kept_bytes(), BodyBuffers::kKeptBytesMax);
  EXPECT_GT(buffers.kept_bytes(), 0U);
}

}  // namespace
}  // namespace tocsin
