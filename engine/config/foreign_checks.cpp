#include <algorithm>
#include <string_view>

#include "base/status.h"
#include "base/text/quote.h"
#include "engine/config/foreign_sd.h"
#include "engine/config/url_check.h"

namespace tocsin {
namespace {

absl::Status Bad(std::string_view text) { return absl::InvalidArgumentError(av(text)); }

bool OneOf(std::string_view value, std::initializer_list<std::string_view> allowed) {
  return std::find(allowed.begin(), allowed.end(), value) != allowed.end();
}

bool Blank(std::string_view text) { return text.find_first_not_of(" \t\n\r") == std::string_view::npos; }

struct Required {
  std::string_view field;
  std::string_view text;
};

absl::Status RequireAll(const ForeignValues& values, std::initializer_list<Required> required) {
  for (const Required& one : required) {
    if (values.Get(one.field).empty()) {
      return Bad(one.text);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSecretKey(const ForeignValues& values) {
  const bool inline_key = !values.Get("secret_key").empty();
  const bool file = !values.Get("secret_key_file").empty();
  if (!inline_key && !file) {
    return Bad("one of secret_key & secret_key_file must be configured");
  }
  return inline_key && file ? Bad("at most one of secret_key & secret_key_file must be configured") : absl::OkStatus();
}

absl::Status CheckAws(const ForeignValues& values) {
  if (!OneOf(values.Get("role"), {"ec2", "ecs", "elasticache", "lightsail", "msk", "rds"})) {
    return Bad(Cat("unknown AWS SD role ", GoQuoted(values.Get("role"))));
  }
  return absl::OkStatus();
}

absl::Status CheckEc2(const ForeignValues& values) {
  for (const ForeignValues::Filter& filter : values.filters) {
    if (filter.values.empty()) {
      return Bad("EC2 SD configuration filter values cannot be empty");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckAzure(const ForeignValues& values) {
  RETURN_IF_ERROR(RequireAll(values, {{"subscription_id", "azure SD configuration requires a subscription_id"}}));
  const std::string& method = values.Get("authentication_method");
  if (method == "OAuth") {
    RETURN_IF_ERROR(RequireAll(values, {{"tenant_id", "azure SD configuration requires a tenant_id"},
                                        {"client_id", "azure SD configuration requires a client_id"},
                                        {"client_secret", "azure SD configuration requires a client_secret"}}));
  }
  if (!OneOf(method, {"OAuth", "ManagedIdentity", "SDK", "WorkloadIdentity"})) {
    return Bad(Cat("unknown authentication_type ", GoQuoted(method),
                   R"(. Supported types are "OAuth", "ManagedIdentity", "SDK" or "WorkloadIdentity")"));
  }
  return absl::OkStatus();
}

absl::Status CheckConsul(const ForeignValues& values) {
  if (Blank(values.Get("server"))) {
    return Bad("consul SD configuration requires a server address");
  }
  if ((!values.Get("username").empty() || !values.Get("password").empty()) && values.basic_auth) {
    return Bad("at most one of consul SD configuration username and password and basic auth can be configured");
  }
  if (!values.Get("token").empty() && (values.authorization || values.oauth2)) {
    return Bad("at most one of consul SD token, authorization, or oauth2 can be configured");
  }
  return absl::OkStatus();
}

absl::Status CheckDigitalOcean(const ForeignValues& values) {
  const std::string& role = values.Get("role");
  if (role.empty()) {
    return Bad("role missing (one of: droplets, databases)");
  }
  return OneOf(role, {"droplets", "databases"}) ? absl::OkStatus() : Bad(Cat("unknown DigitalOcean SD role ", GoQuoted(role)));
}

absl::Status CheckDocker(const ForeignValues& values) {
  RETURN_IF_ERROR(RequireAll(values, {{"host", "host missing"}}));
  return ParseUrl(values.Get("host")).status();
}

absl::Status CheckDockerSwarm(const ForeignValues& values) {
  RETURN_IF_ERROR(CheckDocker(values));
  const std::string& role = values.Get("role");
  if (role.empty()) {
    return Bad("role missing (one of: tasks, services, nodes)");
  }
  return OneOf(role, {"services", "nodes", "tasks"}) ? absl::OkStatus()
                                                     : Bad(Cat("invalid role ", role, ", expected tasks, services, or nodes"));
}

absl::Status CheckEureka(const ForeignValues& values) {
  RETURN_IF_ERROR(RequireAll(values, {{"server", "eureka_sd: empty or null eureka server"}}));
  ASSIGN_OR_RETURN(const UrlParts parts, ParseUrl(values.Get("server")));
  return parts.scheme.empty() || parts.host.empty() ? Bad("eureka_sd: invalid eureka server URL") : absl::OkStatus();
}

absl::Status CheckGce(const ForeignValues& values) {
  return RequireAll(values, {{"project", "GCE SD configuration requires a project"}, {"zone", "GCE SD configuration requires a zone"}});
}

absl::Status CheckHetzner(const ForeignValues& values) {
  const std::string& role = values.Get("role");
  if (role.empty()) {
    return Bad("role missing (one of: robot, hcloud)");
  }
  return OneOf(role, {"robot", "hcloud"}) ? absl::OkStatus() : Bad(Cat("unknown role ", GoQuoted(role)));
}

absl::Status CheckIonos(const ForeignValues& values) { return RequireAll(values, {{"datacenter_id", "datacenter id can't be empty"}}); }

absl::Status CheckKuma(const ForeignValues& values) {
  const std::string& server = values.Get("server");
  if (server.empty()) {
    return Bad(Cat("kuma SD server must not be empty: ", server));
  }
  ASSIGN_OR_RETURN(const UrlParts parts, ParseUrl(server));
  return parts.scheme.empty() || parts.host.empty() ? Bad(Cat("kuma SD server must not be empty and have a scheme: ", server))
                                                    : absl::OkStatus();
}

absl::Status CheckMarathon(const ForeignValues& values) {
  if (values.List("servers").empty()) {
    return Bad("marathon_sd: must contain at least one Marathon server");
  }
  const bool token = !values.Get("auth_token").empty();
  const bool file = !values.Get("auth_token_file").empty();
  if (token && file) {
    return Bad("marathon_sd: at most one of auth_token & auth_token_file must be configured");
  }
  if (token || file) {
    if (values.basic_auth) {
      return Bad("marathon_sd: at most one of basic_auth, auth_token & auth_token_file must be configured");
    }
    if (values.bearer) {
      return Bad("marathon_sd: at most one of bearer_token, bearer_token_file, auth_token & auth_token_file must be configured");
    }
    if (values.authorization) {
      return Bad("marathon_sd: at most one of auth_token, auth_token_file & authorization must be configured");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckZookeeper(std::string_view name, const ForeignValues& values) {
  if (values.List("servers").empty()) {
    return Bad(Cat(name, " SD config must contain at least one Zookeeper server"));
  }
  if (values.List("paths").empty()) {
    return Bad(Cat(name, " SD config must contain at least one path"));
  }
  for (const std::string& path : values.List("paths")) {
    if (!path.starts_with('/')) {
      return Bad(Cat(name, " SD config paths must begin with '/': ", path));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckNomad(const ForeignValues& values) {
  return Blank(values.Get("server")) ? Bad("nomad SD configuration requires a server address") : absl::OkStatus();
}

absl::Status CheckOci(const ForeignValues& values) {
  RETURN_IF_ERROR(RequireAll(values, {{"region", "oci_sd: region is required"}}));
  const std::string& auth = values.Get("auth");
  if (auth == "api_key") {
    RETURN_IF_ERROR(RequireAll(values, {{"tenancy", "oci_sd: api_key auth requires tenancy"},
                                        {"user", "oci_sd: api_key auth requires user"},
                                        {"fingerprint", "oci_sd: api_key auth requires fingerprint"},
                                        {"key_file", "oci_sd: api_key auth requires key_file"}}));
    if (!values.Get("key_passphrase").empty() && !values.Get("key_passphrase_file").empty()) {
      return Bad("oci_sd: at most one of key_passphrase and key_passphrase_file must be configured");
    }
  } else if (auth == "instance_principal") {
    for (const std::string_view field : {"tenancy", "user", "fingerprint", "key_file", "key_passphrase", "key_passphrase_file"}) {
      if (!values.Get(field).empty()) {
        return Bad(
            "oci_sd: instance_principal auth must not have tenancy, user, fingerprint, key_file, key_passphrase, or "
            "key_passphrase_file set");
      }
    }
  } else {
    return Bad(Cat("oci_sd: unknown auth method ", GoQuoted(auth), R"(, expected "api_key" or "instance_principal")"));
  }
  const std::vector<std::string>& compartments = values.List("compartments");
  for (size_t i = 0; i < compartments.size(); ++i) {
    if (compartments[i].empty()) {
      return Bad(Cat("oci_sd: compartments[", i, "] must not be empty"));
    }
  }
  const std::string& refresh = values.Get("refresh_interval");
  return refresh.empty() || refresh == "0s" ? Bad("oci_sd: refresh_interval must be positive, got 0s") : absl::OkStatus();
}

absl::Status CheckOpenStack(const ForeignValues& values) {
  const std::string& role = values.Get("role");
  if (!role.empty() && !OneOf(role, {"hypervisor", "instance", "loadbalancer"})) {
    return Bad(Cat("unknown OpenStack SD role ", GoQuoted(role)));
  }
  const std::string& availability = values.Get("availability");
  if (!OneOf(availability, {"public", "internal", "admin"})) {
    return Bad(Cat("unknown availability ", availability, ", must be one of admin, internal or public"));
  }
  return RequireAll(values, {{"role", "role missing (one of: instance, hypervisor, loadbalancer)"},
                             {"region", "openstack SD configuration requires a region"}});
}

absl::Status CheckOutscale(const ForeignValues& values) {
  RETURN_IF_ERROR(RequireAll(values, {{"region", "outscale SD configuration requires a region"},
                                      {"access_key", "outscale SD configuration requires access_key"}}));
  return CheckSecretKey(values);
}

absl::Status CheckOvhCloud(const ForeignValues& values) {
  RETURN_IF_ERROR(RequireAll(values, {{"endpoint", "endpoint can not be empty"},
                                      {"application_key", "application key can not be empty"},
                                      {"application_secret", "application secret can not be empty"},
                                      {"consumer_key", "consumer key can not be empty"}}));
  const std::string& service = values.Get("service");
  return OneOf(service, {"dedicated_server", "vps"}) ? absl::OkStatus() : Bad(Cat("unknown service: ", service));
}

absl::Status CheckPuppetDb(const ForeignValues& values) {
  RETURN_IF_ERROR(RequireAll(values, {{"url", "URL is missing"}}));
  ASSIGN_OR_RETURN(const UrlParts parts, ParseUrl(values.Get("url")));
  if (!OneOf(parts.scheme, {"http", "https"})) {
    return Bad("URL scheme must be 'http' or 'https'");
  }
  if (parts.host.empty()) {
    return Bad("host is missing in URL");
  }
  return RequireAll(values, {{"query", "query missing"}});
}

absl::Status CheckScaleway(const ForeignValues& values) {
  const std::string& role = values.Get("role");
  if (!role.empty() && !OneOf(role, {"instance", "baremetal"})) {
    return Bad(Cat("unknown role ", GoQuoted(role)));
  }
  RETURN_IF_ERROR(RequireAll(values, {{"role", "role missing (one of: instance, baremetal)"}, {"project_id", "project_id is mandatory"}}));
  RETURN_IF_ERROR(CheckSecretKey(values));
  return RequireAll(values, {{"access_key", "access_key is mandatory"}});
}

absl::Status CheckStackit(const ForeignValues& values) {
  const std::string& endpoint = values.Get("endpoint");
  if (endpoint.empty() && values.Get("region").empty()) {
    return Bad("stackit_sd: endpoint and region missing");
  }
  const absl::StatusOr<UrlParts> parts = ParseUrl(endpoint);
  return parts.ok() ? absl::OkStatus() : Bad(Cat("stackit_sd: invalid endpoint ", GoQuoted(endpoint), ": ", Message(parts.status())));
}

absl::Status CheckTriton(const ForeignValues& values) {
  if (!OneOf(values.Get("role"), {"container", "cn"})) {
    return Bad("triton SD configuration requires role to be 'container' or 'cn'");
  }
  RETURN_IF_ERROR(RequireAll(values, {{"account", "triton SD configuration requires an account"},
                                      {"dns_suffix", "triton SD configuration requires a dns_suffix"},
                                      {"endpoint", "triton SD configuration requires an endpoint"}}));
  const std::string& refresh = values.Get("refresh_interval");
  return refresh.empty() || refresh == "0s" ? Bad("triton SD configuration requires RefreshInterval to be a positive integer")
                                            : absl::OkStatus();
}

absl::Status CheckUyuni(const ForeignValues& values) {
  RETURN_IF_ERROR(RequireAll(values, {{"server", "Uyuni SD configuration requires server host"}}));
  const absl::StatusOr<UrlParts> parts = ParseUrl(values.Get("server"));
  if (!parts.ok()) {
    return Bad(Cat("Uyuni Server URL is not valid: ", Message(parts.status())));
  }
  return RequireAll(
      values, {{"username", "Uyuni SD configuration requires a username"}, {"password", "Uyuni SD configuration requires a password"}});
}

struct CheckEntry {
  std::string_view mechanism;
  absl::Status (*check)(const ForeignValues&);
};

constexpr CheckEntry kChecks[] = {
    {"aws", CheckAws},           {"azure", CheckAzure},
    {"consul", CheckConsul},     {"digitalocean", CheckDigitalOcean},
    {"docker", CheckDocker},     {"dockerswarm", CheckDockerSwarm},
    {"ec2", CheckEc2},           {"eureka", CheckEureka},
    {"gce", CheckGce},           {"hetzner", CheckHetzner},
    {"ionos", CheckIonos},       {"kuma", CheckKuma},
    {"marathon", CheckMarathon}, {"nomad", CheckNomad},
    {"oci", CheckOci},           {"openstack", CheckOpenStack},
    {"outscale", CheckOutscale}, {"ovhcloud", CheckOvhCloud},
    {"puppetdb", CheckPuppetDb}, {"scaleway", CheckScaleway},
    {"stackit", CheckStackit},   {"triton", CheckTriton},
    {"uyuni", CheckUyuni},
};

}  // namespace

absl::Status CheckForeign(std::string_view mechanism, const ForeignValues& values) {
  if (mechanism == "nerve" || mechanism == "serverset") {
    return CheckZookeeper(mechanism, values);
  }
  for (const CheckEntry& entry : kChecks) {
    if (entry.mechanism == mechanism) {
      return entry.check(values);
    }
  }
  return absl::OkStatus();
}

}  // namespace tocsin
