#include "engine/discover/kubernetes/kubernetes_discoverer.h"

#include <gtest/gtest.h>
#include <prometheus/registry.h>

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

}  // namespace
}  // namespace tocsin
