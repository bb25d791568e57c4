#include "base/json/reader.h"

#include <gtest/gtest.h>

namespace tocsin {
namespace {

TEST(JsonReaderTest, ReadsPathsAndGivesNullForWhatIsNotThere) {
  JsonDocument document;
  const auto root = document.Parse(R"({"a":{"b":["x",2,true,null,1.5]},"n":-3})");
  ASSERT_TRUE(root.ok()) << root.status();
  const std::vector<JsonValue> items = (*root)["a"]["b"].items();
  ASSERT_EQ(items.size(), 5u);
  EXPECT_EQ(items[0].text(), "x");
  EXPECT_EQ(items[1].integer(), 2);
  EXPECT_EQ(items[2].boolean(), true);
  EXPECT_TRUE(items[3].is_null());
  EXPECT_EQ(items[4].number(), 1.5);
  EXPECT_EQ(items[4].integer(), std::nullopt);
  EXPECT_EQ((*root)["n"].integer(), -3);
  EXPECT_TRUE((*root)["no"]["such"]["path"].is_null());
  EXPECT_EQ((*root)["n"].text(), "");
  EXPECT_EQ(root->members().size(), 2u);
  EXPECT_TRUE((*root)["n"].items().empty());
}

TEST(JsonReaderTest, BrokenTextIsAnErrorAndTheDocumentIsUsableAgain) {
  JsonDocument document;
  EXPECT_FALSE(document.Parse(R"({"a":)").ok());
  EXPECT_FALSE(document.Parse("").ok());
  EXPECT_FALSE(document.Parse(R"({"a":1} x)").ok());
  EXPECT_TRUE(document.Parse("[]").ok());
}

}  // namespace
}  // namespace tocsin
