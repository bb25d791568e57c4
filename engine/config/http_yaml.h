#pragma once

#include <optional>
#include <string>

#include "base/http_client/http_options.h"
#include "base/yaml/decode.h"

namespace tocsin {

/// The fields of an inlined `http_config`, taken from the reader of the struct that holds them and checked later, when the struct's own
/// fields are known to be right.
class HttpFields {
 public:
  /// `options` comes with the defaults of the block (remote_write has HTTP/2 off).
  HttpFields(yaml::Decoder& decoder, const yaml::Node& node, yaml::StructReader& reader, HttpClientOptions* options);

  bool has_basic_auth() const { return basic_auth_.has_value(); }
  bool has_authorization() const { return authorization_.has_value(); }
  bool has_oauth2() const { return oauth2_.has_value(); }
  bool has_bearer_token() const { return !bearer_token_.empty() || !bearer_token_file_.empty(); }

  /// Contradictions are failures with upstream's texts. False when there was one.
  bool Validate();

 private:
  absl::Status Check();
  absl::Status CheckAuthorization();
  absl::Status CheckOAuth2() const;

  yaml::Decoder& decoder_;
  const yaml::Node& node_;
  HttpClientOptions& options_;
  std::optional<BasicAuthOptions> basic_auth_;
  std::optional<AuthorizationOptions> authorization_;
  std::optional<OAuth2Options> oauth2_;
  Secret bearer_token_;
  std::string bearer_token_file_;
};

/// A struct that holds nothing but an `http_config`.
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, TlsOptions* out);
std::string GoTypeName(const TlsOptions*);
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, Secret* out);
std::string GoTypeName(const Secret*);

/// "TLS12"; "" for kDefault.
std::string_view TlsVersionName(TlsVersion version);

/// Upstream's JoinDir: relative paths are taken from `folder`; an empty one stays empty.
std::string JoinFolder(std::string_view folder, const std::string& path);
void JoinFolders(std::string_view folder, HttpClientOptions* options);
void JoinFolders(std::string_view folder, TlsOptions* options);

}  // namespace tocsin
