#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>

#include "base/strings.h"
#include "engine/config/config.h"
#include "tests/support/corpus.h"

namespace tocsin {
namespace {

std::string_view Std(std::string_view text) { return text; }

// Flags that are true by default are left out of print while they are false, as upstream does: that form loads as another configuration.
bool PrintsExactly(const Config& config) {
  for (const RemoteReadConfig& remote : config.remote_read) {
    if (!remote.filter_external_labels) {
      return false;
    }
  }
  return config.otlp.label_name_underscore_sanitization && config.otlp.label_name_preserve_multiple_underscores;
}

// What the loaded configuration prints must load again and print the same.
void ExpectPrintedFormLoads(const Config& config) {
  const std::string printed = PrintConfig(config);
  const absl::StatusOr<Config> again = LoadConfig(printed, config.file, {});
  if (printed.find("outofordertimewindow") == std::string::npos && printed.find("<secret>") == std::string::npos) {
    ASSERT_TRUE(again.ok()) << again.status() << "\n" << printed;
    if (PrintsExactly(config)) {
      EXPECT_EQ(PrintConfig(*again), printed);
    }
  }
}

TEST(ConfigCorpusTest, UpstreamsSamples) {
  CORPUS_OR_SKIP(path, "config/expected.json");
  simdjson::dom::parser parser;
  const simdjson::dom::element expected = parser.load(path);
  const std::string folder = path.substr(0, path.rfind('/'));
  for (const simdjson::dom::element test_case : expected["cases"]) {
    const std::string file(Std(test_case["file"].get_string().value()));
    SCOPED_TRACE(file);
    LoadOptions options;
    options.agent_mode = test_case["agent_mode"].error() == simdjson::SUCCESS;
    const absl::StatusOr<Config> config = LoadConfigFile(Cat(folder, "/files/", file), options);
    if (test_case["valid"].error() == simdjson::SUCCESS) {
      EXPECT_TRUE(config.ok()) << config.status();
      if (config.ok()) {
        ExpectPrintedFormLoads(*config);
      }
      continue;
    }
    EXPECT_FALSE(config.ok());
    std::vector<std::string> texts;
    simdjson::dom::element contains;
    if (test_case["error_contains"].get(contains) == simdjson::SUCCESS) {
      if (contains.is_string()) {
        texts.emplace_back(Std(contains.get_string().value()));
      } else {
        for (const simdjson::dom::element text : contains) {
          texts.emplace_back(Std(text.get_string().value()));
        }
      }
    }
    const std::string error(config.status().message());
    for (const std::string& text : texts) {
      EXPECT_NE(error.find(text), std::string::npos) << error;
    }
    // One line that starts with the place.
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
    EXPECT_TRUE(error.starts_with(folder)) << error;
    EXPECT_NE(error.find(".yml:"), std::string::npos) << error;
  }
}

TEST(ConfigCorpusTest, OperatorGenerated) {
  CORPUS_OR_SKIP(path, "config/operator-generated.json");
  simdjson::dom::parser parser;
  const simdjson::dom::element expected = parser.load(path);
  const std::string folder = path.substr(0, path.rfind('/'));
  for (const simdjson::dom::element test_case : expected["cases"]) {
    const std::string file(Std(test_case["file"].get_string().value()));
    SCOPED_TRACE(file);
    const absl::StatusOr<Config> config = LoadConfigFile(Cat(folder, "/operator-generated/", file), {});
    EXPECT_TRUE(config.ok()) << config.status();
    if (config.ok()) {
      ExpectPrintedFormLoads(*config);
    }
  }
}

TEST(ConfigCorpusTest, ExternalLabels) {
  CORPUS_OR_SKIP(path, "config/external_labels.json");
  simdjson::dom::parser parser;
  const simdjson::dom::element root = parser.load(path);
  const std::string text(Std(root["config"].get_string().value()));
  for (const auto& [key, value] : {std::pair<const char*, std::string>{"env_TEST_empty", ""}, {"env_TEST_TestValue", "TestValue"}}) {
    LoadOptions options;
    options.environment = [value = value](const std::string& name) { return name == "TEST" ? value : std::string(); };
    const absl::StatusOr<Config> config = LoadConfig(text, "prometheus.yml", options);
    ASSERT_TRUE(config.ok()) << config.status();
    for (const auto [name, want] : root[key].get_object()) {
      EXPECT_EQ(config->global.external_labels.Get(name), Std(want.get_string().value())) << name;
    }
  }
}

}  // namespace
}  // namespace tocsin
