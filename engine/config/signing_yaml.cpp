#include <array>
#include <span>

#include "base/strings.h"
#include "base/yaml/emit.h"
#include "engine/config/config_yaml.h"

namespace tocsin {
namespace {

struct SigningField {
  std::string_view name;
  bool secret = false;
  bool flag = false;
};

constexpr std::array<SigningField, 8> kSigV4Fields = {{{"region"},
                                                       {"access_key"},
                                                       {"secret_key", true},
                                                       {"profile"},
                                                       {"role_arn"},
                                                       {"external_id"},
                                                       {"use_fips_sts_endpoint", false, true},
                                                       {"service_name"}}};
constexpr std::array<SigningField, 1> kGoogleFields = {{{"credentials_file"}}};
constexpr std::array<SigningField, 6> kAzureIdentityFields = {
    {{"client_id"}, {"client_secret", true}, {"tenant_id"}, {"token_file_path"}, {"certificate_path"}, {"certificate_key_path"}}};
constexpr std::array<SigningField, 2> kAzureCertificateFields = {{{"certificate_password", true}, {"send_certificate_chain", false, true}}};
constexpr std::array<std::string_view, 5> kAzureIdentities = {"managed_identity", "workload_identity", "oauth", "sdk", "certificate"};

std::map<std::string, std::string> TakeFields(yaml::Decoder& decoder, yaml::StructReader& reader, std::span<const SigningField> fields,
                                              yaml::Emitter* out) {
  std::map<std::string, std::string> values;
  for (const SigningField& field : fields) {
    const yaml::Node* node = reader.Take(field.name);
    if (node == nullptr || node->IsNull()) {
      continue;
    }
    std::string& text = values[std::string(field.name)];
    bool flag = false;
    if (field.flag) {
      yaml::Read(decoder, *node, &flag);
    } else {
      yaml::Read(decoder, *node, &text);
    }
    out->Key(field.name);
    if (field.flag) {
      out->Bool(flag);
    } else {
      out->String(field.secret ? "<secret>" : text);
    }
  }
  return values;
}

void ReadAzure(yaml::Decoder& decoder, const yaml::Node& node, yaml::StructReader& reader, yaml::Emitter* out) {
  int identities = 0;
  for (const std::string_view identity : kAzureIdentities) {
    const yaml::Node* block = reader.Take(identity);
    if (block == nullptr || block->IsNull()) {
      continue;
    }
    ++identities;
    out->Key(identity);
    out->BeginMap();
    yaml::StructReader fields(decoder, *block, "azuread.Config");
    TakeFields(decoder, fields, kAzureIdentityFields, out);
    TakeFields(decoder, fields, kAzureCertificateFields, out);
    fields.Finish();
    out->EndMap();
  }
  std::string cloud;
  std::string scope;
  reader.Field("cloud", &cloud).Field("scope", &scope);
  cloud = cloud.empty() ? "AzurePublic" : cloud;
  out->Key("cloud");
  out->String(cloud);
  if (cloud != "AzurePublic" && cloud != "AzureChina" && cloud != "AzureGovernment") {
    decoder.Fail(node, "must provide a cloud in the Azure AD config");
  }
  if (identities == 0) {
    decoder.Fail(node,
                 "must provide an Azure Managed Identity, Azure Workload Identity, Azure OAuth, Azure Certificate or Azure SDK in the "
                 "Azure AD config");
  }
  if (identities > 1) {
    decoder.Fail(node, "cannot provide multiple authentication methods in the Azure AD config");
  }
}

}  // namespace

void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, CloudSigning* out) {
  yaml::Emitter text;
  text.BeginMap();
  if (out->kind == "sigv4") {
    yaml::StructReader reader(decoder, node, "sigv4.plain");
    const std::map<std::string, std::string> values = TakeFields(decoder, reader, kSigV4Fields, &text);
    if (reader.Finish() && values.contains("access_key") != values.contains("secret_key")) {
      decoder.Fail(node, "must provide a AWS SigV4 Access key and Secret Key if credentials are specified in the SigV4 config");
    }
  } else if (out->kind == "google_iam") {
    yaml::StructReader reader(decoder, node, "googleiam.Config");
    TakeFields(decoder, reader, kGoogleFields, &text);
    reader.Finish();
  } else {
    yaml::StructReader reader(decoder, node, "azuread.plain");
    ReadAzure(decoder, node, reader, &text);
    reader.Finish();
  }
  text.EndMap();
  out->yaml = text.Finish();
}

}  // namespace tocsin
