#include "base/yaml/yaml.h"

#include <gtest/gtest.h>

#include "base/strings.h"
#include "base/yaml/decode.h"
#include "base/yaml/resolve.h"

namespace tocsin::yaml {
namespace {

Document ParseOrFail(std::string_view text) {
  absl::StatusOr<Document> document = Parse(text);
  EXPECT_TRUE(document.ok()) << document.status();
  return document.ok() ? *std::move(document) : Document();
}

std::string ErrorOf(std::string_view text) { return std::string(Parse(text).status().message()); }

struct Pair {
  std::string name;
  bool on = false;
  int64_t count = 7;
  std::vector<std::string> list;
  std::map<std::string, std::string> labels;
};

void DecodeYaml(Decoder& decoder, const Node& node, Pair* out) {
  StructReader reader(decoder, node, "test.Pair");
  reader.Field("name", &out->name)
      .Field("on", &out->on)
      .Field("count", &out->count)
      .Field("list", &out->list)
      .Field("labels", &out->labels);
  reader.Finish();
}

std::string DecodeError(std::string_view text, Dialect dialect = Dialect::kV2) {
  const Document document = ParseOrFail(text);
  Decoder decoder(dialect);
  Pair pair;
  Read(decoder, *document.root(), &pair);
  return std::string(decoder.status("f.yml").message());
}

TEST(YamlTest, NodesKnowTheirPlaces) {
  const Document document = ParseOrFail("a: 1\nb:\n  - x\n  - {c: 'd'}\n");
  const Node& root = *document.root();
  ASSERT_EQ(root.kind, Kind::kMapping);
  EXPECT_EQ(root.Find("a")->position, (Position{1, 4}));
  const Node& list = *root.Find("b");
  ASSERT_EQ(list.items.size(), 2u);
  EXPECT_EQ(list.items[1]->Find("c")->text, "d");
  EXPECT_EQ(list.items[1]->Find("c")->position, (Position{4, 9}));
  EXPECT_FALSE(list.items[1]->Find("c")->plain);
}

TEST(YamlTest, EmptyDocuments) {
  EXPECT_EQ(ParseOrFail("").root(), nullptr);
  EXPECT_EQ(ParseOrFail("# nothing\n").root(), nullptr);
  EXPECT_EQ(ParseOrFail("---\n").root(), nullptr);
  bool more = false;
  ASSERT_TRUE(Parse("a: 1\n---\nb: 2\n", &more).ok());
  EXPECT_TRUE(more);
  EXPECT_EQ(ParseAll("a: 1\n---\n---\nb: 2\n")->size(), 2u);
}

TEST(YamlTest, DocumentsOfAStreamKeepTheirNodes) {
  std::string text;
  for (int i = 0; i < 9; ++i) {
    Append(&text, "---\na: &x [", i, "]\nb: *x\n");
  }
  const absl::StatusOr<std::vector<Document>> documents = ParseAll(text);
  ASSERT_TRUE(documents.ok()) << documents.status();
  ASSERT_EQ(documents->size(), 9u);
  for (int i = 0; i < 9; ++i) {
    const Document& document = (*documents)[static_cast<size_t>(i)];
    EXPECT_EQ(document.root()->Find("b")->items[0]->text, std::to_string(i));
  }
}

TEST(YamlTest, SyntaxErrorsHaveGoYamlTexts) {
  EXPECT_EQ(ErrorOf("a: b\n c: d\n"), "yaml: line 2: mapping values are not allowed in this context");
  EXPECT_EQ(ErrorOf("a: *x\n"), "yaml: unknown anchor 'x' referenced");
  EXPECT_EQ(ErrorOf("a: &x [*x]\n"), "yaml: anchor 'x' value contains itself");
  EXPECT_EQ(ErrorOf("a: [1\nb: 2\n"), "yaml: line 1: did not find expected ',' or ']'");
  Position at;
  EXPECT_FALSE(Parse("a: b\n c: d\n", nullptr, &at).ok());
  EXPECT_EQ(at, (Position{2, 3}));
}

TEST(YamlTest, AliasesShareAndMergeKeysYieldToOwnKeys) {
  const Document document = ParseOrFail("base: &b {x: 1, y: 2}\nuse:\n  y: 3\n  <<: *b\n");
  const Node& use = *document.root()->Find("use");
  EXPECT_EQ(use.Find("x")->text, "1");
  EXPECT_EQ(use.Find("y")->text, "3");
  EXPECT_EQ(use.entries.size(), 2u);
}

TEST(YamlTest, ExpansionAndDepthAreLimited) {
  std::string laughs = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 9; ++i) {
    Append(&laughs, "a", i, ": &a", i, " [");
    for (int k = 0; k < 10; ++k) {
      Append(&laughs, "*a", i - 1, k < 9 ? "," : "");
    }
    laughs += "]\n";
  }
  EXPECT_EQ(ErrorOf(laughs), "yaml: document contains excessive aliasing");
  EXPECT_TRUE(Parse(std::string(kMaxDepth - 1, '[') + std::string(kMaxDepth - 1, ']')).ok());
  EXPECT_EQ(ErrorOf(std::string(kMaxDepth + 1, '[')), "yaml: line 1: exceeded max depth of 200");
}

TEST(YamlTest, ScalarsResolveAsGoYamlDoes) {
  const auto tag = [](std::string_view text) { return std::string(ParseOrFail(Cat("- ", text)).root()->items[0]->ResolvedTag()); };
  EXPECT_EQ(tag("~"), "!!null");
  EXPECT_EQ(tag("yes"), "!!bool");
  EXPECT_EQ(tag("\"yes\""), "!!str");
  EXPECT_EQ(tag("0x1F"), "!!int");
  EXPECT_EQ(tag("1_000"), "!!int");
  EXPECT_EQ(tag("1.5e3"), "!!float");
  EXPECT_EQ(tag("1.2.3"), "!!str");
  EXPECT_EQ(tag("5m"), "!!str");
  EXPECT_EQ(tag("!!str 5"), "!!str");
}

TEST(YamlDecodeTest, StringsTakeScalarsOfAnyType) {
  const Document document = ParseOrFail("{name: true, on: yes, count: 012, list: [1, 2.50], labels: {a: null, b: 1}}");
  Decoder decoder;
  Pair pair;
  Read(decoder, *document.root(), &pair);
  EXPECT_TRUE(decoder.ok()) << decoder.status("f");
  EXPECT_EQ(pair.name, "true");
  EXPECT_TRUE(pair.on);
  EXPECT_EQ(pair.count, 10);
  EXPECT_EQ(pair.list, (std::vector<std::string>{"1", "2.50"}));
  EXPECT_EQ(pair.labels, (std::map<std::string, std::string>{{"a", ""}, {"b", "1"}}));
}

TEST(YamlDecodeTest, ProblemsHavePlaceAndGoYamlTexts) {
  EXPECT_EQ(DecodeError("name: x\nnope: 1\n"), "f.yml:2:1: yaml: unmarshal errors: field nope not found in type test.Pair");
  EXPECT_EQ(DecodeError("name: x\nname: y\n"), "f.yml:2:1: yaml: unmarshal errors: field name already set in type test.Pair");
  EXPECT_EQ(DecodeError("name: x\nname: y\n", Dialect::kV3),
            "f.yml:2:1: yaml: unmarshal errors: mapping key \"name\" already defined at line 1");
  EXPECT_EQ(DecodeError("name: [a]\n"), "f.yml:1:7: yaml: unmarshal errors: cannot unmarshal !!seq into string");
  EXPECT_EQ(DecodeError("on: abcdefghijklm\n"), "f.yml:1:5: yaml: unmarshal errors: cannot unmarshal !!str `abcdefg...` into bool");
  EXPECT_EQ(DecodeError("labels: {a: b, a: c}"), "f.yml:1:16: yaml: unmarshal errors: key \"a\" already set in map");
  EXPECT_EQ(DecodeError("list: x\ncount: q\n"),
            "f.yml:1:7: yaml: unmarshal errors: cannot unmarshal !!str `x` into []string; line 2: cannot unmarshal !!str `q` into int");
  EXPECT_EQ(DecodeError("name: !!binary \"/w==$1\""), "f.yml:1:7: yaml: !!binary value contains invalid base64 data");
}

TEST(YamlResolveTest, QuotesWhereATextWouldBeReadAsAnotherType) {
  for (const std::string_view text : {"true", "5", "", "~", "1e3", "190:20:30", "2026-01-31", "2026-01-31T10:00:00Z", "<<"}) {
    EXPECT_TRUE(NeedsQuotes(text)) << text;
  }
  for (const std::string_view text : {"0.0.0.0", "127.0.0.1:9090", "host:80", "5m", "2026-01", "1:99", "v1"}) {
    EXPECT_FALSE(NeedsQuotes(text)) << text;
  }
}

TEST(YamlResolveTest, Base64) {
  EXPECT_EQ(DecodeBase64("aGVs\nbG8="), "hello");
  EXPECT_EQ(DecodeBase64("/w=="), "\xff");
  EXPECT_EQ(DecodeBase64(""), "");
  EXPECT_FALSE(DecodeBase64("abc").has_value());
  EXPECT_FALSE(DecodeBase64("a===").has_value());
}

}  // namespace
}  // namespace tocsin::yaml
