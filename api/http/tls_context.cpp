#include "api/http/tls_context.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/verify_context.hpp>

#include "base/status.h"
#include "base/strings.h"

namespace tocsin::http {
namespace {

namespace ssl = boost::asio::ssl;

absl::StatusOr<int> ProtocolVersion(std::string_view name, int fallback) {
  if (name.empty()) {
    return fallback;
  }
  constexpr std::pair<std::string_view, int> kVersions[] = {
      {"TLS10", TLS1_VERSION}, {"TLS11", TLS1_1_VERSION}, {"TLS12", TLS1_2_VERSION}, {"TLS13", TLS1_3_VERSION}};
  for (const auto& [text, version] : kVersions) {
    if (text == name) {
      return version;
    }
  }
  return absl::InvalidArgumentError(Cat("unknown TLS version: ", name));
}

std::string Join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) {
    Append(&out, out.empty() ? "" : ":", part);
  }
  return out;
}

/// Trusts each certificate of `pem` for clients, and names them in the request to the client.
absl::Status AddClientCas(SSL_CTX* context, const std::string& pem) {
  std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  int certificates = 0;
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate);
    SSL_CTX_add_client_CA(context, certificate);
    X509_free(certificate);
    ++certificates;
  }
  if (certificates == 0) {
    return absl::InvalidArgumentError("no certificate in the client CA file");
  }
  return absl::OkStatus();
}

/// DNS names, addresses, e-mail addresses and URIs of a certificate.
std::vector<std::string> AlternativeNames(X509* certificate) {
  std::vector<std::string> out;
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_DNS || name->type == GEN_EMAIL || name->type == GEN_URI) {
      const ASN1_IA5STRING* text = name->d.ia5;
      out.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), static_cast<size_t>(ASN1_STRING_length(text)));
    } else if (name->type == GEN_IPADD) {
      const ASN1_OCTET_STRING* bytes = name->d.iPAddress;
      const bool v4 = ASN1_STRING_length(bytes) == 4;
      char text[INET6_ADDRSTRLEN] = {};
      const bool v6 = ASN1_STRING_length(bytes) == 16;
      if ((v4 || v6) && inet_ntop(v4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(bytes), text, sizeof(text)) != nullptr) {
        out.emplace_back(text);
      }
    }
  }
  GENERAL_NAMES_free(names);
  return out;
}

void SetClientVerification(ssl::context* context, const TlsMaterial& material) {
  SSL_CTX_set_verify(context->native_handle(),
                     SSL_VERIFY_PEER | (material.require_client_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  context->set_verify_callback(
      [verify = material.verify_client_certificate, allowed = material.client_allowed_sans](bool verified, ssl::verify_context& chain) {
        if (verify && !verified) {
          return false;
        }
        if (allowed.empty() || X509_STORE_CTX_get_error_depth(chain.native_handle()) != 0) {
          return true;
        }
        const std::vector<std::string> names = AlternativeNames(X509_STORE_CTX_get_current_cert(chain.native_handle()));
        return std::find_first_of(names.begin(), names.end(), allowed.begin(), allowed.end()) != names.end();
      });
}

absl::Status Fill(ssl::context* context, const TlsMaterial& material) {
  SSL_CTX* raw = context->native_handle();
  ASSIGN_OR_RETURN(const int min_version, ProtocolVersion(material.min_version, TLS1_2_VERSION));
  ASSIGN_OR_RETURN(const int max_version, ProtocolVersion(material.max_version, 0));
  SSL_CTX_set_min_proto_version(raw, min_version);
  SSL_CTX_set_max_proto_version(raw, max_version);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  boost::system::error_code error;
  context->use_certificate_chain(boost::asio::buffer(material.certificate), error);
  if (error) {
    return absl::InvalidArgumentError(Cat("bad certificate: ", error.message()));
  }
  context->use_private_key(boost::asio::buffer(material.key), ssl::context::pem, error);
  if (error || SSL_CTX_check_private_key(raw) != 1) {
    return absl::InvalidArgumentError("bad private key, or not that of the certificate");
  }
  if (!material.cipher_suites.empty() && SSL_CTX_set_cipher_list(raw, Join(material.cipher_suites).c_str()) != 1) {
    return absl::InvalidArgumentError("unknown cipher suites");
  }
  if (!material.curves.empty() && SSL_CTX_set1_groups_list(raw, Join(material.curves).c_str()) != 1) {
    return absl::InvalidArgumentError("unknown curves");
  }
  if (!material.client_ca.empty()) {
    RETURN_IF_ERROR(AddClientCas(raw, material.client_ca));
  }
  if (material.request_client_certificate) {
    SetClientVerification(context, material);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<ssl::context>> MakeTlsContext(const TlsMaterial& material) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  RETURN_IF_ERROR(Fill(context.get(), material));
  return context;
}

}  // namespace tocsin::http
