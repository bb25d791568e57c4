#include <array>

#include "engine/config/foreign_sd.h"

namespace tocsin {
namespace {

using enum ForeignKind;

constexpr bool kOmit = true;

constexpr std::array<std::string_view, 36> kMechanisms = {
    "aws",         "azure",    "consul",   "digitalocean", "dns",       "docker",  "dockerswarm", "ec2",        "ecs",
    "elasticache", "eureka",   "file",     "gce",          "hetzner",   "http",    "ionos",       "kubernetes", "kuma",
    "lightsail",   "linode",   "marathon", "msk",          "nerve",     "nomad",   "oci",         "openstack",  "outscale",
    "ovhcloud",    "puppetdb", "rds",      "scaleway",     "serverset", "stackit", "triton",      "uyuni",      "vultr"};

ForeignField Refresh(std::string_view fallback = "1m") { return {"refresh_interval", kDuration, fallback, kOmit}; }
ForeignField Port(std::string_view fallback = "80") { return {"port", kInt, fallback}; }
ForeignField Http() { return {"", kHttp}; }
ForeignField Text(std::string_view name, std::string_view fallback = "") { return {name, kString, fallback}; }
ForeignField OptionalText(std::string_view name, std::string_view fallback = "") { return {name, kString, fallback, kOmit}; }
ForeignField Hidden(std::string_view name) { return {name, kSecret, "", kOmit}; }
ForeignField List(std::string_view name) { return {name, kStrings, "", kOmit}; }

// What the mechanisms of Amazon have alike.
std::vector<ForeignField> AwsFields(std::initializer_list<ForeignField> own) {
  std::vector<ForeignField> fields = {Text("endpoint"),
                                      Text("region"),
                                      OptionalText("access_key"),
                                      Hidden("secret_key"),
                                      OptionalText("profile"),
                                      OptionalText("role_arn"),
                                      OptionalText("external_id"),
                                      Refresh(),
                                      Port()};
  fields.insert(fields.end(), own);
  fields.push_back(Http());
  return fields;
}

// Tables: a few lines for a mechanism read better than one for each field.
// clang-format off
std::vector<ForeignSchema> CloudSchemas() {
  return {
      {"aws", "aws.plain",
       {Text("role"), OptionalText("region"), OptionalText("endpoint"), OptionalText("access_key"), Hidden("secret_key"),
        OptionalText("profile"), OptionalText("role_arn"), OptionalText("external_id"), Refresh(""), {"port", kInt, "0", kOmit}, Http(),
        {"filters", kFilters, "", kOmit}, List("clusters")}},
      {"azure", "azure.plain",
       {OptionalText("environment", "AzurePublicCloud"), Port(), Text("subscription_id"), OptionalText("tenant_id"),
        OptionalText("client_id"), Hidden("client_secret"), Refresh("5m"), OptionalText("authentication_method", "OAuth"),
        OptionalText("resource_group"), Http()}},
      {"digitalocean", "digitalocean.plain", {Http(), Refresh(), Port(), Text("role", "droplets")}},
      {"ec2", "aws.plain", AwsFields({{"filters", kFilters}})},
      {"ecs", "aws.plain", AwsFields({List("clusters"), {"request_concurrency", kInt, "20", kOmit}})},
      {"elasticache", "aws.plain", AwsFields({List("clusters"), {"request_concurrency", kInt, "20", kOmit}})},
      {"gce", "gce.plain",
       {Text("project"), Text("zone"), OptionalText("filter"), Refresh(), Port(), OptionalText("tag_separator", ",")}},
      {"hetzner", "hetzner.plain", {Http(), Refresh(), Port(), Text("role"), OptionalText("label_selector")}},
      {"ionos", "ionos.plain", {Text("datacenter_id"), Http(), Refresh(), Port()}},
      {"lightsail", "aws.plain", AwsFields({})},
      {"linode", "linode.plain", {Http(), Refresh(), Port(), OptionalText("tag_separator", ","), OptionalText("region")}},
      {"msk", "aws.plain", AwsFields({List("clusters"), {"request_concurrency", kInt, "20", kOmit}})},
      {"oci", "oci.plain",
       {OptionalText("auth", "api_key"), OptionalText("tenancy"), OptionalText("user"), OptionalText("fingerprint"),
        OptionalText("key_file"), Hidden("key_passphrase"), OptionalText("key_passphrase_file"), Text("region"), List("compartments"),
        Http(), Port(), Refresh()}},
      {"openstack", "openstack.plain",
       {Text("identity_endpoint"), Text("username"), Text("userid"), {"password", kSecret}, Text("project_name"), Text("project_id"),
        Text("domain_name"), Text("domain_id"), Text("application_credential_name"), Text("application_credential_id"),
        {"application_credential_secret", kSecret}, Text("role"), Text("region"), Refresh(), Port(),
        {"all_tenants", kBool, "false", kOmit}, {"tls_config", kTls, "", kOmit}, OptionalText("availability", "public")}},
      {"outscale", "outscale.plain",
       {OptionalText("endpoint"), Text("region", "eu-west-2"), Text("access_key"), {"secret_key", kSecret}, Text("secret_key_file"),
        Refresh(), Port(), Http()}},
      {"ovhcloud", "ovhcloud.plain",
       {Text("endpoint", "ovh-eu"), Text("application_key"), {"application_secret", kSecret}, {"consumer_key", kSecret}, Refresh(),
        Text("service")}},
      {"rds", "aws.plain", AwsFields({{"filters", kFilters}, List("clusters"), {"request_concurrency", kInt, "20", kOmit}})},
      {"scaleway", "scaleway.plain",
       {Text("project_id"), OptionalText("api_url", "https://api.scaleway.com"), Text("zone", "fr-par-1"), Text("access_key"),
        {"secret_key", kSecret}, Text("secret_key_file"), OptionalText("name_filter"), List("tags_filter"), Http(), Refresh(), Port(),
        Text("role")}},
      {"stackit", "stackit.plain",
       {Http(), Text("project"), Refresh(), {"port", kInt, "80", kOmit}, OptionalText("region", "eu01"), OptionalText("endpoint"),
        Hidden("service_account_key"), Hidden("private_key"), OptionalText("service_account_key_path"), OptionalText("private_key_path"),
        OptionalText("credentials_file_path")}},
      {"vultr", "vultr.plain", {Http(), Refresh(), Port()}},
  };
}

std::vector<ForeignSchema> OtherSchemas() {
  return {
      {"consul", "consul.plain",
       {OptionalText("server", "localhost:8500"), OptionalText("path_prefix"), Hidden("token"), OptionalText("datacenter"),
        OptionalText("namespace"), OptionalText("partition"), OptionalText("tag_separator", ","), OptionalText("scheme", "http"),
        OptionalText("username"), Hidden("password"), {"allow_stale", kBool, "true"}, Refresh("30s"), List("services"), List("tags"),
        {"node_meta", kStringMap, "", kOmit}, OptionalText("filter"), OptionalText("health_filter"), Http()}},
      {"docker", "moby.plain",
       {Http(), Text("host"), Port(), {"filters", kFilters}, Text("host_networking_host", "localhost"), Refresh(),
        {"match_first_network", kBool, "true"}}},
      {"dockerswarm", "moby.plain", {Http(), Text("host"), Text("role"), Port(), {"filters", kFilters}, Refresh()}},
      {"eureka", "eureka.plain", {OptionalText("server"), Http(), Refresh("30s")}},
      {"kuma", "xds.plainKumaConf",
       {Http(), Refresh("15s"), {"fetch_timeout", kDuration, "2m", kOmit}, OptionalText("server"), OptionalText("client_id")}},
      {"marathon", "marathon.plain", {List("servers"), Refresh("30s"), Hidden("auth_token"), OptionalText("auth_token_file"), Http()}},
      {"nerve", "zookeeper.plain", {{"servers", kStrings}, {"paths", kStrings}, {"timeout", kDuration, "10s", kOmit}}},
      {"nomad", "nomad.plain",
       {{"allow_stale", kBool, "true"}, Http(), Text("namespace", "default"), Refresh(), Text("region", "global"),
        Text("server", "http://localhost:4646"), OptionalText("tag_separator", ",")}},
      {"puppetdb", "puppetdb.plain",
       {Http(), Refresh(), Text("url"), Text("query"), {"include_parameters", kBool, "false"}, Port()}},
      {"serverset", "zookeeper.plain", {{"servers", kStrings}, {"paths", kStrings}, {"timeout", kDuration, "10s", kOmit}}},
      {"triton", "triton.plain",
       {Text("account"), Text("role", "container"), Text("dns_suffix"), Text("endpoint"), List("groups"), Port("9163"), Refresh(),
        {"tls_config", kTls, "", kOmit}, {"version", kInt, "1"}}},
      {"uyuni", "uyuni.plain",
       {Text("server"), Text("username"), {"password", kSecret}, Http(), OptionalText("entitlement", "monitoring_entitled"),
        OptionalText("separator", ","), Refresh()}},
  };
}
// clang-format on

const std::vector<ForeignSchema>& AllSchemas() {
  static const std::vector<ForeignSchema> schemas = [] {
    std::vector<ForeignSchema> all = CloudSchemas();
    for (ForeignSchema& schema : OtherSchemas()) {
      all.push_back(std::move(schema));
    }
    return all;
  }();
  return schemas;
}

}  // namespace

std::span<const std::string_view> SdMechanisms() { return kMechanisms; }

const ForeignSchema* FindForeignSchema(std::string_view mechanism) {
  for (const ForeignSchema& schema : AllSchemas()) {
    if (schema.mechanism == mechanism) {
      return &schema;
    }
  }
  return nullptr;
}

}  // namespace tocsin
