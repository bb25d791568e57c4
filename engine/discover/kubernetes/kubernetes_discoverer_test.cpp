#include "engine/discover/kubernetes/kubernetes_discoverer.h"

#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <fstream>

#include "engine/discover/discovery_manager.h"
#include "engine/discover/testing/discovered_targets.h"
#include "tests/doubles/fake_kubernetes.h"

namespace tocsin {
namespace {

using test::AddressesOf;
using test::FakeKubernetes;
using test::SnapshotWaiter;

constexpr std::string_view kModelPod = R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"iris-0","namespace":"seldon","uid":"u-1",
  "labels":{"app":"iris","app.kubernetes.io/managed-by":"seldon-core"},
  "annotations":{"prometheus.io/scrape":"true","prometheus.io/path":"/prometheus"},
  "ownerReferences":[{"kind":"ReplicaSet","name":"iris-abc","controller":true}]},
  "spec":{"nodeName":"node-1","containers":[
    {"name":"engine","image":"engine:1","ports":[{"name":"http","containerPort":8000,"protocol":"TCP"},{"name":"metrics","containerPort":8000,"protocol":"TCP"}]},
    {"name":"model","image":"model:1"}],
    "initContainers":[{"name":"init","image":"init:1"}]},
  "status":{"phase":"Running","podIP":"10.0.0.7","hostIP":"192.168.0.1","conditions":[{"type":"Ready","status":"True"}],
    "containerStatuses":[{"name":"engine","containerID":"containerd://e"}]}})";

class KubernetesDiscoveryTest : public testing::Test {
 protected:
  ~KubernetesDiscoveryTest() override { manager_.Stop(); }

  void Apply(std::string_view json) {
    const absl::Status status = fake_->Apply(json);
    ASSERT_TRUE(status.ok()) << status;
  }

  void Start(KubernetesRole role, const std::function<void(KubernetesSdConfig&)>& change = nullptr) {
    KubernetesSdConfig config;
    config.api_server = fake_->url();
    config.role = role;
    if (change) {
      change(config);
    }
    manager_.ApplyConfig({{"job", {config}}});
  }

  std::vector<TargetGroupPtr> WaitForTargets(size_t count) {
    const DiscoveredSnapshot snapshot = waiter_.WaitFor([count](const DiscoveredPools& pools) {
      const auto it = pools.find("job");
      return it != pools.end() && it->second->answered && AddressesOf(pools, "job").size() == count;
    });
    return snapshot->contains("job") ? snapshot->at("job")->groups : std::vector<TargetGroupPtr>();
  }

  std::unique_ptr<FakeKubernetes> fake_ = *FakeKubernetes::Start();
  SystemClock clock_;
  prometheus::Registry registry_;
  SnapshotWaiter waiter_;
  DiscoveryManager manager_{{"scrape", 100}, clock_, registry_, waiter_.callback()};
};

TEST_F(KubernetesDiscoveryTest, PodsGiveATargetForEachPort) {
  Apply(kModelPod);
  Start(KubernetesRole::kPod);
  const std::vector<TargetGroupPtr> groups = WaitForTargets(4);
  ASSERT_EQ(groups.size(), 1u);
  const TargetGroup& group = *groups[0];
  EXPECT_EQ(group.source, "pod/seldon/iris-0");
  EXPECT_EQ(group.labels, Labels::Of({{"__meta_kubernetes_namespace", "seldon"},
                                      {"__meta_kubernetes_pod_name", "iris-0"},
                                      {"__meta_kubernetes_pod_uid", "u-1"},
                                      {"__meta_kubernetes_pod_ip", "10.0.0.7"},
                                      {"__meta_kubernetes_pod_host_ip", "192.168.0.1"},
                                      {"__meta_kubernetes_pod_ready", "true"},
                                      {"__meta_kubernetes_pod_phase", "Running"},
                                      {"__meta_kubernetes_pod_node_name", "node-1"},
                                      {"__meta_kubernetes_pod_controller_kind", "ReplicaSet"},
                                      {"__meta_kubernetes_pod_controller_name", "iris-abc"},
                                      {"__meta_kubernetes_pod_label_app", "iris"},
                                      {"__meta_kubernetes_pod_labelpresent_app", "true"},
                                      {"__meta_kubernetes_pod_label_app_kubernetes_io_managed_by", "seldon-core"},
                                      {"__meta_kubernetes_pod_labelpresent_app_kubernetes_io_managed_by", "true"},
                                      {"__meta_kubernetes_pod_annotation_prometheus_io_scrape", "true"},
                                      {"__meta_kubernetes_pod_annotationpresent_prometheus_io_scrape", "true"},
                                      {"__meta_kubernetes_pod_annotation_prometheus_io_path", "/prometheus"},
                                      {"__meta_kubernetes_pod_annotationpresent_prometheus_io_path", "true"}}));
  EXPECT_EQ(group.targets[1], Labels::Of({{"__address__", "10.0.0.7:8000"},
                                          {"__meta_kubernetes_pod_container_name", "engine"},
                                          {"__meta_kubernetes_pod_container_image", "engine:1"},
                                          {"__meta_kubernetes_pod_container_id", "containerd://e"},
                                          {"__meta_kubernetes_pod_container_init", "false"},
                                          {"__meta_kubernetes_pod_container_port_name", "metrics"},
                                          {"__meta_kubernetes_pod_container_port_number", "8000"},
                                          {"__meta_kubernetes_pod_container_port_protocol", "TCP"}}));
  EXPECT_EQ(group.targets[2].Get("__address__"), "10.0.0.7");
  EXPECT_EQ(group.targets[3].Get("__meta_kubernetes_pod_container_init"), "true");
}

TEST_F(KubernetesDiscoveryTest, PodsComeChangeAndGo) {
  Start(KubernetesRole::kPod);
  WaitForTargets(0);
  Apply(kModelPod);
  WaitForTargets(4);
  std::string without_address(kModelPod);
  without_address.replace(without_address.find("10.0.0.7"), 8, "");
  Apply(without_address);
  WaitForTargets(0);
  Apply(kModelPod);
  WaitForTargets(4);
  EXPECT_TRUE(fake_->Delete("Pod", "seldon", "iris-0"));
  WaitForTargets(0);
}

constexpr std::string_view kService =
    R"({"kind":"Service","apiVersion":"v1","metadata":{"name":"iris","namespace":"seldon","labels":{"tier":"a"}},
  "spec":{"type":"ClusterIP","clusterIP":"10.1.0.1","ports":[{"name":"http","port":80,"protocol":"TCP"}]}})";

constexpr std::string_view kEndpoints = R"({"kind":"Endpoints","apiVersion":"v1","metadata":{"name":"iris","namespace":"seldon"},
  "subsets":[{"addresses":[{"ip":"10.0.0.7","nodeName":"node-1","targetRef":{"kind":"Pod","name":"iris-0","namespace":"seldon"}}],
              "notReadyAddresses":[{"ip":"10.0.0.9"}],"ports":[{"name":"http","port":8000,"protocol":"TCP"}]}]})";

constexpr std::string_view kSlice =
    R"({"kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1","metadata":{"name":"iris-x","namespace":"seldon",
  "labels":{"kubernetes.io/service-name":"iris"}},"addressType":"IPv4",
  "endpoints":[{"addresses":["10.0.0.7"],"conditions":{"ready":true,"serving":true,"terminating":false},"nodeName":"node-1","zone":"z1",
    "targetRef":{"kind":"Pod","name":"iris-0","namespace":"seldon"}}],
  "ports":[{"name":"http","port":8000,"protocol":"TCP","appProtocol":"http"}]})";

constexpr std::string_view kNode =
    R"({"kind":"Node","apiVersion":"v1","metadata":{"name":"node-1","labels":{"zone":"z1"}},"spec":{"providerID":"p://1"},
  "status":{"addresses":[{"type":"Hostname","address":"node-1"},{"type":"InternalIP","address":"192.168.0.1"}],
    "conditions":[{"type":"Ready","status":"True"}],"daemonEndpoints":{"kubeletEndpoint":{"Port":10250}}}})";

constexpr std::string_view kIngress =
    R"({"kind":"Ingress","apiVersion":"networking.k8s.io/v1","metadata":{"name":"web","namespace":"seldon"},
  "spec":{"ingressClassName":"nginx","tls":[{"hosts":["*.example.com"]}],
    "rules":[{"host":"a.example.com","http":{"paths":[{"path":"/x"},{"path":""}]}},{"host":"other.org"}]}})";

std::multiset<std::string> ValuesOf(const std::vector<Labels>& targets, std::string_view label) {
  std::multiset<std::string> values;
  for (const Labels& target : targets) {
    values.emplace(target.Get(label));
  }
  return values;
}

TEST_F(KubernetesDiscoveryTest, Nodes) {
  Apply(kNode);
  Start(KubernetesRole::kNode);
  const std::vector<TargetGroupPtr> groups = WaitForTargets(1);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0]->source, "node/node-1");
  EXPECT_EQ(groups[0]->labels, Labels::Of({{"__meta_kubernetes_node_name", "node-1"},
                                           {"__meta_kubernetes_node_label_zone", "z1"},
                                           {"__meta_kubernetes_node_labelpresent_zone", "true"},
                                           {"__meta_kubernetes_node_provider_id", "p://1"},
                                           {"__meta_kubernetes_node_condition_ready", "true"}}));
  EXPECT_EQ(groups[0]->targets[0], Labels::Of({{"__address__", "192.168.0.1:10250"},
                                               {"instance", "node-1"},
                                               {"__meta_kubernetes_node_address_InternalIP", "192.168.0.1"},
                                               {"__meta_kubernetes_node_address_Hostname", "node-1"}}));
}

TEST_F(KubernetesDiscoveryTest, Services) {
  Apply(kService);
  Start(KubernetesRole::kService);
  const std::vector<TargetGroupPtr> groups = WaitForTargets(1);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0]->source, "svc/seldon/iris");
  EXPECT_EQ(groups[0]->labels.Get("__meta_kubernetes_service_label_tier"), "a");
  EXPECT_EQ(groups[0]->targets[0], Labels::Of({{"__address__", "iris.seldon.svc:80"},
                                               {"__meta_kubernetes_service_port_name", "http"},
                                               {"__meta_kubernetes_service_port_number", "80"},
                                               {"__meta_kubernetes_service_port_protocol", "TCP"},
                                               {"__meta_kubernetes_service_type", "ClusterIP"},
                                               {"__meta_kubernetes_service_cluster_ip", "10.1.0.1"}}));
}

TEST_F(KubernetesDiscoveryTest, Ingresses) {
  Apply(kIngress);
  Start(KubernetesRole::kIngress);
  const std::vector<TargetGroupPtr> groups = WaitForTargets(3);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0]->labels.Get("__meta_kubernetes_ingress_class_name"), "nginx");
  EXPECT_EQ(groups[0]->targets[1], Labels::Of({{"__address__", "a.example.com"},
                                               {"__meta_kubernetes_ingress_scheme", "https"},
                                               {"__meta_kubernetes_ingress_host", "a.example.com"},
                                               {"__meta_kubernetes_ingress_path", "/"}}));
  EXPECT_EQ(groups[0]->targets[2].Get("__meta_kubernetes_ingress_scheme"), "http");
}

TEST_F(KubernetesDiscoveryTest, EndpointsGetServicePodAndNodeLabels) {
  Apply(kModelPod);
  Apply(kEndpoints);
  Apply(kService);
  Apply(kNode);
  Start(KubernetesRole::kEndpoints, [](KubernetesSdConfig& config) { config.attach_node = true; });
  const std::vector<TargetGroupPtr> groups = WaitForTargets(2);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0]->labels.Get("__meta_kubernetes_service_label_tier"), "a");
  EXPECT_EQ(groups[0]->labels.Get("__meta_kubernetes_endpoints_name"), "iris");
  const Labels& target = groups[0]->targets[0];
  EXPECT_EQ(target.Get("__address__"), "10.0.0.7:8000");
  EXPECT_EQ(target.Get("__meta_kubernetes_endpoint_ready"), "true");
  EXPECT_EQ(target.Get("__meta_kubernetes_endpoint_address_target_name"), "iris-0");
  EXPECT_EQ(target.Get("__meta_kubernetes_pod_label_app"), "iris");
  EXPECT_EQ(target.Get("__meta_kubernetes_pod_container_name"), "engine");
  EXPECT_EQ(target.Get("__meta_kubernetes_node_label_zone"), "z1");
  EXPECT_EQ(groups[0]->targets[1].Get("__meta_kubernetes_endpoint_ready"), "false");
  // A container port that no endpoint lists is a target as well, and the service's labels follow the service.
  std::string more_ports(kModelPod);
  more_ports.replace(more_ports.find(R"("image":"model:1"})"), 18, R"("image":"model:1","ports":[{"name":"extra","containerPort":9000}]})");
  Apply(more_ports);
  EXPECT_EQ(ValuesOf(WaitForTargets(3)[0]->targets, "__address__"),
            (std::multiset<std::string>{"10.0.0.7:8000", "10.0.0.9:8000", "10.0.0.7:9000"}));
  EXPECT_TRUE(fake_->Delete("Service", "seldon", "iris"));
  waiter_.WaitFor([](const DiscoveredPools& pools) {
    return !pools.at("job")->groups.empty() && !pools.at("job")->groups[0]->labels.Has("__meta_kubernetes_service_name");
  });
}

TEST_F(KubernetesDiscoveryTest, EndpointSlices) {
  Apply(kModelPod);
  Apply(kSlice);
  Apply(kService);
  Start(KubernetesRole::kEndpointSlice);
  const std::vector<TargetGroupPtr> groups = WaitForTargets(1);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0]->labels.Get("__meta_kubernetes_service_name"), "iris");
  const Labels& target = groups[0]->targets[0];
  EXPECT_EQ(target.Get("__meta_kubernetes_endpointslice_port"), "8000");
  EXPECT_EQ(target.Get("__meta_kubernetes_endpointslice_port_app_protocol"), "http");
  EXPECT_EQ(target.Get("__meta_kubernetes_endpointslice_endpoint_conditions_terminating"), "false");
  EXPECT_EQ(target.Get("__meta_kubernetes_endpointslice_endpoint_zone"), "z1");
  EXPECT_EQ(target.Get("__meta_kubernetes_pod_name"), "iris-0");
  // The second family of a dual-stack service is left out.
  std::string dual(kService);
  dual.replace(dual.find(R"("type":"ClusterIP")"), 18,
               R"("type":"ClusterIP","ipFamilyPolicy":"PreferDualStack","ipFamilies":["IPv6","IPv4"])");
  Apply(dual);
  WaitForTargets(0);
}

TEST_F(KubernetesDiscoveryTest, AttachedMetadataFollowsItsObjects) {
  Apply(kModelPod);
  Apply(R"({"kind":"Namespace","metadata":{"name":"seldon","labels":{"team":"ml"}}})");
  Apply(
      R"({"kind":"ReplicaSet","metadata":{"name":"iris-abc","namespace":"seldon","ownerReferences":[{"kind":"Deployment","name":"iris-d","controller":true}]}})");
  Start(KubernetesRole::kPod,
        [](KubernetesSdConfig& config) { config.attach_node = config.attach_namespace = config.attach_deployment = true; });
  WaitForTargets(0);  // its node is unknown
  Apply(kNode);
  const std::vector<TargetGroupPtr> groups = WaitForTargets(4);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0]->labels.Get("__meta_kubernetes_node_label_zone"), "z1");
  EXPECT_EQ(groups[0]->labels.Get("__meta_kubernetes_namespace_label_team"), "ml");
  EXPECT_EQ(groups[0]->labels.Get("__meta_kubernetes_pod_deployment_name"), "iris-d");
  Apply(R"({"kind":"Namespace","metadata":{"name":"seldon","labels":{"team":"ops"}}})");
  waiter_.WaitFor([](const DiscoveredPools& pools) {
    return pools.at("job")->groups[0]->labels.Get("__meta_kubernetes_namespace_label_team") == "ops";
  });
}

TEST_F(KubernetesDiscoveryTest, NamespacesAndSelectorsAreAskedOfTheServer) {
  Apply(kModelPod);
  Apply(
      R"({"kind":"Pod","metadata":{"name":"p","namespace":"other","labels":{"app":"iris"}},"spec":{"containers":[{"name":"c"}]},"status":{"podIP":"10.0.0.1"}})");
  Apply(
      R"({"kind":"Pod","metadata":{"name":"q","namespace":"seldon","labels":{"app":"x"}},"spec":{"containers":[{"name":"c"}]},"status":{"podIP":"10.0.0.2"}})");
  Start(KubernetesRole::kPod, [](KubernetesSdConfig& config) {
    config.namespaces = {"seldon"};
    config.selectors = {{KubernetesRole::kPod, "app in (iris)", "status.phase=Running"}};
  });
  WaitForTargets(4);
}

TEST_F(KubernetesDiscoveryTest, TokensThatRotateAreReadAgain) {
  const std::string token_file = testing::TempDir() + "kubernetes_token";
  std::ofstream(token_file) << "one";
  Apply(kModelPod);
  fake_->SetToken("one");
  Start(KubernetesRole::kPod, [&](KubernetesSdConfig& config) {
    AuthorizationOptions bearer;
    bearer.credentials_file = token_file;
    config.http.authorization = std::make_shared<const AuthorizationOptions>(bearer);
  });
  WaitForTargets(4);
  fake_->SetToken("two");
  fake_->CloseWatches();
  EXPECT_TRUE(fake_->Delete("Pod", "seldon", "iris-0"));
  std::ofstream(token_file) << "two";
  WaitForTargets(0);
  EXPECT_EQ(fake_->counts().lists["pods"], 1);  // the watch was taken up again where it ended
}

TEST_F(KubernetesDiscoveryTest, TargetsStayWhileTheServerIsSlow) {
  Apply(kModelPod);
  fake_->HoldLists(true);
  Start(KubernetesRole::kPod);
  DiscoveredSnapshot snapshot = waiter_.WaitFor([](const DiscoveredPools& pools) { return pools.contains("job"); });
  EXPECT_FALSE(snapshot->at("job")->answered);
  fake_->HoldLists(false);
  WaitForTargets(4);
  fake_->HoldLists(true);
  fake_->Expire();
  EXPECT_TRUE(fake_->Delete("Pod", "seldon", "iris-0"));
  EXPECT_EQ(AddressesOf(*manager_.FreshSnapshot(), "job").size(), 4u);
  fake_->HoldLists(false);
  WaitForTargets(0);
}

TEST_F(KubernetesDiscoveryTest, FaultsKeepTheTargetsAndEndInTheRightOnes) {
  Apply(kModelPod);
  fake_->FailNext(1, 500);
  fake_->TruncateNext(1);
  Start(KubernetesRole::kPod);
  WaitForTargets(4);
  fake_->Expire();
  EXPECT_TRUE(fake_->Delete("Pod", "seldon", "iris-0"));
  WaitForTargets(0);
  EXPECT_EQ(fake_->counts().lists["pods"], 3);  // cut short, whole, after 410
}

}  // namespace
}  // namespace tocsin
