#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/http_client/http_options.h"
#include "base/yaml/decode.h"
#include "engine/config/discovery_config.h"

namespace tocsin {

/// Mechanisms of discovery that Prometheus has and this program leaves to http_sd. Their blocks are read by tables: fields, types and
/// defaults in foreign_schemas.cpp, what must hold between them in foreign_checks.cpp, both as upstream has them.

/// All names that `*_sd_configs` may have, those that work here included, sorted.
std::span<const std::string_view> SdMechanisms();

/// Takes the block of one foreign mechanism from the reader of a job.
void TakeForeign(yaml::Decoder& decoder, yaml::StructReader& reader, std::string_view mechanism, std::vector<SdConfig>* out);

enum class ForeignKind { kString, kSecret, kBool, kInt, kDuration, kStrings, kStringMap, kFilters, kTls, kHttp };

struct ForeignField {
  std::string_view name;  ///< "" for kHttp, which stands for all fields of an http_config.
  ForeignKind kind;
  std::string_view fallback = "";  ///< The default, as YAML.
  bool omit_empty = false;         ///< Left out of print while it is empty.
};

/// What was read of one entry. Scalars are held as the text that YAML has.
struct ForeignValues {
  struct Filter {
    std::string name;
    std::vector<std::string> values;
  };

  std::map<std::string, std::string, std::less<>> scalars;
  std::map<std::string, std::vector<std::string>, std::less<>> lists;
  std::map<std::string, std::map<std::string, std::string>, std::less<>> maps;
  std::vector<Filter> filters;
  TlsOptions tls;
  HttpClientOptions http;
  bool basic_auth = false;
  bool bearer = false;
  bool authorization = false;
  bool oauth2 = false;

  const std::string& Get(std::string_view name) const;
  const std::vector<std::string>& List(std::string_view name) const;
};

struct ForeignSchema {
  std::string_view mechanism;
  std::string_view go_type;  ///< In texts of problems: "consul.plain".
  std::vector<ForeignField> fields;
};

/// nullptr when the mechanism is none of the foreign ones.
const ForeignSchema* FindForeignSchema(std::string_view mechanism);

/// What must hold between the fields of one entry. Errors have upstream's texts.
absl::Status CheckForeign(std::string_view mechanism, const ForeignValues& values);

}  // namespace tocsin
