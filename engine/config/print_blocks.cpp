#include "engine/config/print_blocks.h"

#include "base/strings.h"
#include "base/text/duration.h"
#include "engine/config/http_yaml.h"

namespace tocsin {
namespace {

void PrintSecret(std::string_view key, const Secret& secret, yaml::Emitter* out) { PrintOptional(key, secret.ToString(), out); }

void PrintSecrets(const std::vector<Secret>& secrets, yaml::Emitter* out) {
  out->BeginList();
  for (const Secret& secret : secrets) {
    out->String(secret.ToString());
  }
  out->EndList();
}

void PrintProxy(const ProxyOptions& proxy, yaml::Emitter* out) {
  PrintOptional("proxy_url", RedactUrl(proxy.proxy_url), out);
  PrintOptional("no_proxy", proxy.no_proxy, out);
  if (proxy.proxy_from_environment) {
    out->Key("proxy_from_environment");
    out->Bool(true);
  }
  if (!proxy.proxy_connect_header.empty()) {
    out->Key("proxy_connect_header");
    out->BeginMap();
    for (const auto& [name, values] : proxy.proxy_connect_header) {
      out->Key(name);
      PrintSecrets(values, out);
    }
    out->EndMap();
  }
}

void PrintBasicAuth(const BasicAuthOptions& auth, yaml::Emitter* out) {
  out->Key("basic_auth");
  out->BeginMap();
  PrintOptional("username", auth.username, out);
  PrintOptional("username_file", auth.username_file, out);
  PrintSecret("password", auth.password, out);
  PrintOptional("password_file", auth.password_file, out);
  out->EndMap();
}

void PrintAuthorization(const AuthorizationOptions& auth, yaml::Emitter* out) {
  out->Key("authorization");
  out->BeginMap();
  PrintOptional("type", auth.type, out);
  PrintSecret("credentials", auth.credentials, out);
  PrintOptional("credentials_file", auth.credentials_file, out);
  out->EndMap();
}

void PrintOAuth2(const OAuth2Options& auth, yaml::Emitter* out) {
  out->Key("oauth2");
  out->BeginMap();
  out->Key("client_id");
  out->String(auth.client_id);
  PrintSecret("client_secret", auth.client_secret, out);
  PrintOptional("client_secret_file", auth.client_secret_file, out);
  PrintOptional("client_certificate_key_id", auth.client_certificate_key_id, out);
  PrintSecret("client_certificate_key", auth.client_certificate_key, out);
  PrintOptional("client_certificate_key_file", auth.client_certificate_key_file, out);
  PrintOptional("grant_type", auth.grant_type, out);
  if (auth.grant_type.ends_with("jwt-bearer")) {
    PrintOptional("signature_algorithm", auth.signature_algorithm, out);
  }
  PrintOptional("iss", auth.iss, out);
  PrintOptional("audience", auth.audience, out);
  if (!auth.claims.empty()) {
    out->Key("claims");
    PrintStringMap(auth.claims, out);
  }
  if (!auth.scopes.empty()) {
    out->Key("scopes");
    PrintStrings(auth.scopes, out);
  }
  out->Key("token_url");
  out->String(RedactUrl(auth.token_url));
  if (!auth.endpoint_params.empty()) {
    // A password grant has its secret here.
    out->Key("endpoint_params");
    out->BeginMap();
    for (const auto& [name, value] : auth.endpoint_params) {
      out->Key(name);
      out->String(name.find("password") == std::string::npos && name.find("secret") == std::string::npos ? value : "<secret>");
    }
    out->EndMap();
  }
  if (!(auth.tls == TlsOptions())) {
    out->Key("tls_config");
    PrintTls(auth.tls, out);
  }
  PrintProxy(auth.proxy, out);
  out->EndMap();
}

void PrintHttpHeaders(const std::map<std::string, HttpHeaderOptions>& headers, yaml::Emitter* out) {
  if (headers.empty()) {
    return;
  }
  out->Key("http_headers");
  out->BeginMap();
  for (const auto& [name, header] : headers) {
    out->Key(name);
    out->BeginMap();
    if (!header.values.empty()) {
      out->Key("values");
      PrintStrings(header.values, out);
    }
    if (!header.secrets.empty()) {
      out->Key("secrets");
      PrintSecrets(header.secrets, out);
    }
    if (!header.files.empty()) {
      out->Key("files");
      PrintStrings(header.files, out);
    }
    out->EndMap();
  }
  out->EndMap();
}

}  // namespace

void PrintOptional(std::string_view key, std::string_view text, yaml::Emitter* out) {
  if (!text.empty()) {
    out->Key(key);
    out->String(text);
  }
}

void PrintDuration(std::string_view key, DurationMs duration_ms, yaml::Emitter* out) {
  out->Key(key);
  out->String(FormatDuration(duration_ms));
}

void PrintStrings(const std::vector<std::string>& list, yaml::Emitter* out, bool flow) {
  out->BeginList(flow || list.empty());
  for (const std::string& text : list) {
    out->String(text);
  }
  out->EndList();
}

void PrintStringMap(const std::map<std::string, std::string>& map, yaml::Emitter* out) {
  out->BeginMap();
  for (const auto& [key, value] : map) {
    out->Key(key);
    out->String(value);
  }
  out->EndMap();
}

void PrintTls(const TlsOptions& tls, yaml::Emitter* out) {
  out->BeginMap();
  PrintOptional("ca", tls.ca, out);
  PrintOptional("cert", tls.cert, out);
  PrintSecret("key", tls.key, out);
  PrintOptional("ca_file", tls.ca_file, out);
  PrintOptional("cert_file", tls.cert_file, out);
  PrintOptional("key_file", tls.key_file, out);
  PrintOptional("server_name", tls.server_name, out);
  out->Key("insecure_skip_verify");
  out->Bool(tls.insecure_skip_verify);
  PrintOptional("min_version", TlsVersionName(tls.min_version), out);
  PrintOptional("max_version", TlsVersionName(tls.max_version), out);
  out->EndMap();
}

void PrintHttp(const HttpClientOptions& http, yaml::Emitter* out) {
  if (http.basic_auth != nullptr) {
    PrintBasicAuth(*http.basic_auth, out);
  }
  if (http.authorization != nullptr) {
    PrintAuthorization(*http.authorization, out);
  }
  if (http.oauth2 != nullptr) {
    PrintOAuth2(*http.oauth2, out);
  }
  if (!(http.tls == TlsOptions())) {
    out->Key("tls_config");
    PrintTls(http.tls, out);
  }
  out->Key("follow_redirects");
  out->Bool(http.follow_redirects);
  out->Key("enable_http2");
  out->Bool(http.enable_http2);
  PrintProxy(http.proxy, out);
  PrintHttpHeaders(http.http_headers, out);
}

void PrintYamlText(const std::string& text, yaml::Emitter* out) {
  const absl::StatusOr<yaml::Document> document = yaml::Parse(text);
  if (document.ok() && document->root() != nullptr) {
    out->Write(*document->root());
  } else {
    out->BeginMap();
    out->EndMap();
  }
}

void PrintRelabelConfigs(const std::vector<RelabelConfig>& rules, yaml::Emitter* out) {
  out->BeginList();
  for (const RelabelConfig& rule : rules) {
    out->BeginMap();
    if (!rule.source_labels.empty()) {
      out->Key("source_labels");
      PrintStrings(rule.source_labels, out, true);
    }
    out->Key("separator");
    out->String(rule.separator);
    if (rule.regex != nullptr) {
      out->Key("regex");
      out->String(rule.regex->pattern());
    }
    if (rule.modulus != 0) {
      out->Key("modulus");
      out->Raw(std::to_string(rule.modulus));
    }
    PrintOptional("target_label", rule.target_label, out);
    out->Key("replacement");
    out->String(rule.replacement);
    out->Key("action");
    out->String(ToString(rule.action));
    out->EndMap();
  }
  out->EndList();
}

}  // namespace tocsin
