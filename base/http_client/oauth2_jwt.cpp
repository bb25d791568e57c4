#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_join.h"
#include "base/http_client/oauth2.h"
#include "base/json/writer.h"
#include "base/strings.h"

namespace tocsin {
namespace {

constexpr int64_t kAssertionLifeSeconds = 3600;

using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

KeyPtr ReadPrivateKey(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  return {PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free};
}

const EVP_MD* DigestOf(std::string_view algorithm) {
  if (algorithm.empty() || algorithm == "RS256") {
    return EVP_sha256();
  }
  if (algorithm == "RS384") {
    return EVP_sha384();
  }
  return algorithm == "RS512" ? EVP_sha512() : nullptr;
}

std::string Base64Url(std::string_view text) {
  std::string out;
  absl::WebSafeBase64Escape(av(text), &out);
  while (!out.empty() && out.back() == '=') {
    out.pop_back();
  }
  return out;
}

/// The object is left open.
void WriteMembers(const std::map<std::string, std::string>& fields, JsonWriter* json) {
  json->BeginObject();
  for (const auto& [name, value] : fields) {
    json->Key(name);
    json->String(value);
  }
}

}  // namespace

absl::StatusOr<std::string> MakeJwtAssertion(const OAuth2Options& options, const std::string& private_key_pem, TimestampMs now) {
  const KeyPtr key = ReadPrivateKey(private_key_pem);
  const EVP_MD* const digest = DigestOf(options.signature_algorithm);
  if (key == nullptr || EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) {
    return absl::FailedPreconditionError("oauth2: client_certificate_key is not an RSA private key");
  }
  if (digest == nullptr) {
    return absl::FailedPreconditionError("oauth2: unknown signature_algorithm");
  }
  std::map<std::string, std::string> header{{"alg", options.signature_algorithm.empty() ? "RS256" : options.signature_algorithm},
                                            {"typ", "JWT"}};
  if (!options.client_certificate_key_id.empty()) {
    header["kid"] = options.client_certificate_key_id;
  }
  std::map<std::string, std::string> claims = options.claims;
  claims["iss"] = options.iss.empty() ? options.client_id : options.iss;
  claims["sub"] = options.client_id;
  claims["aud"] = options.audience.empty() ? options.token_url : options.audience;
  if (!options.scopes.empty()) {
    claims["scope"] = absl::StrJoin(options.scopes, " ");
  }
  const int64_t now_s = now / kSecond;
  std::string header_text;
  std::string claim_text;
  JsonWriter header_json(&header_text);
  WriteMembers(header, &header_json);
  header_json.EndObject();
  JsonWriter claim_json(&claim_text);
  WriteMembers(claims, &claim_json);
  claim_json.Key("iat");
  claim_json.Int(now_s);
  claim_json.Key("exp");
  claim_json.Int(now_s + kAssertionLifeSeconds);
  claim_json.EndObject();
  const std::string signed_part = Cat(Base64Url(header_text), ".", Base64Url(claim_text));

  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  size_t length = static_cast<size_t>(EVP_PKEY_size(key.get()));
  std::string signature(length, '\0');
  if (EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                     reinterpret_cast<const unsigned char*>(signed_part.data()), signed_part.size()) != 1) {
    return absl::FailedPreconditionError("oauth2: the assertion cannot be signed");
  }
  signature.resize(length);
  return Cat(signed_part, ".", Base64Url(signature));
}

}  // namespace tocsin
