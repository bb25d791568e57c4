// What kube-state-metrics (/kube-state-metrics) and cAdvisor (/cadvisor) say of the pods of a small cluster, as text pages.
//
//   cluster_metrics --port N POD:DEPLOYMENT...
//
// Each pod has two containers in the namespace "seldon"; memory stands still, processor time grows by 0.25 cores a container.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/strings.h"
#include "tests/doubles/http_server.h"

namespace tocsin::test {
namespace {

struct Pod {
  std::string name;
  std::string deployment;
};

constexpr const char* kContainers[] = {"classifier", "seldon-container-engine"};

std::string KubeStateMetricsPage(const std::vector<Pod>& pods) {
  std::string page = "# HELP kube_pod_labels Kubernetes labels converted to Prometheus labels.\n# TYPE kube_pod_labels gauge\n";
  for (const Pod& pod : pods) {
    absl::StrAppendFormat(&page,
                          "kube_pod_labels{namespace=\"seldon\",pod=\"%s\",label_app_kubernetes_io_managed_by=\"seldon-core\","
                          "label_seldon_deployment_id=\"%s\"} 1\n",
                          pod.name, pod.deployment);
  }
  page.append(
      "# TYPE kube_pod_container_info gauge\n# TYPE kube_pod_container_resource_requests gauge\n"
      "# TYPE kube_pod_container_resource_limits gauge\n");
  for (const Pod& pod : pods) {
    for (const char* container : kContainers) {
      const std::string labels = Cat("namespace=\"seldon\",pod=\"", pod.name, "\",container=\"", container, "\"");
      absl::StrAppendFormat(&page, "kube_pod_container_info{%s,image=\"example\"} 1\n", labels);
      absl::StrAppendFormat(&page, "kube_pod_container_resource_requests{%s,node=\"n1\",resource=\"cpu\",unit=\"core\"} 0.1\n", labels);
      absl::StrAppendFormat(&page, "kube_pod_container_resource_requests{%s,node=\"n1\",resource=\"memory\",unit=\"byte\"} 1.048576e+08\n",
                            labels);
      absl::StrAppendFormat(&page, "kube_pod_container_resource_limits{%s,node=\"n1\",resource=\"cpu\",unit=\"core\"} 1\n", labels);
      absl::StrAppendFormat(&page, "kube_pod_container_resource_limits{%s,node=\"n1\",resource=\"memory\",unit=\"byte\"} 1.073741824e+09\n",
                            labels);
    }
  }
  return page;
}

std::string CadvisorPage(const std::vector<Pod>& pods, double elapsed_s) {
  std::string page = "# TYPE container_cpu_usage_seconds_total counter\n# TYPE container_memory_usage_bytes gauge\n";
  for (const Pod& pod : pods) {
    for (const char* container : kContainers) {
      const std::string labels =
          Cat("namespace=\"seldon\",pod=\"", pod.name, "\",container=\"", container, "\",id=\"/kubepods/", pod.name, "\"");
      absl::StrAppendFormat(&page, "container_cpu_usage_seconds_total{%s,cpu=\"total\"} %.3f\n", labels, 0.25 * elapsed_s);
      absl::StrAppendFormat(&page, "container_memory_usage_bytes{%s} 5.24288e+07\n", labels);
    }
  }
  return page;
}

}  // namespace
}  // namespace tocsin::test

int main(int argc, char** argv) {
  using namespace tocsin;
  int port = 0;
  std::vector<test::Pod> pods;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const size_t colon = argument.find(':');
    if (argument == "--port" && i + 1 < argc) {
      port = std::atoi(argv[++i]);
    } else if (colon != std::string::npos) {
      pods.push_back({argument.substr(0, colon), argument.substr(colon + 1)});
    }
  }
  const SystemClock clock;
  const int64_t start_ns = clock.MonotonicNs();
  const auto server = test::HttpServer::Start(port, [&](const test::HttpRequest& request, test::HttpResponseWriter& writer) {
    const double elapsed_s = static_cast<double>(clock.MonotonicNs() - start_ns) / 1e9;
    writer.Send(200, "text/plain; version=0.0.4",
                request.path == "/cadvisor" ? test::CadvisorPage(pods, elapsed_s) : test::KubeStateMetricsPage(pods));
  });
  if (!server.ok() || pods.empty()) {
    std::fprintf(stderr, "usage: cluster_metrics --port N POD:DEPLOYMENT...\n");
    return 1;
  }
  test::WaitForTermination();
  return 0;
}
