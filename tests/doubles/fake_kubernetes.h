#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "tests/doubles/http_server.h"
#include "tests/doubles/kubernetes_object.h"

namespace tocsin::test {

/// An API server of Kubernetes as far as discovery uses one: lists (in pages) and watches (with bookmarks) of pods, services, endpoints,
/// endpointslices, nodes, ingresses, namespaces, replicasets and jobs, with label and field selectors, resource versions that expire, and
/// faults on demand. Objects are given and answered as the JSON that the real server has.
///
/// Besides the API it answers POST /control/{apply,delete,expire,close-watches,bookmark,token,fail,truncate} (what the methods of the same
/// names do) and GET /control/counts, so that scripts can play with it.
/// Threads: safe.
class FakeKubernetes {
 public:
  /// What was asked so far, by resource ("pods").
  struct Counts {
    std::map<std::string, int> lists;  ///< First pages only.
    std::map<std::string, int> pages;
    std::map<std::string, int> watches;
    int refused = 0;  ///< Answers 401.
  };

  static absl::StatusOr<std::unique_ptr<FakeKubernetes>> Start(int port = 0);

  /// Ends all watches.
  ~FakeKubernetes();

  std::string url() const { return server_->url(); }
  int port() const { return server_->port(); }

  /// Adds or replaces an object, or each of a list ("[...]", or an object with "items"). The text needs kind and metadata.
  absl::Status Apply(std::string_view json);
  /// False when there is no such object.
  bool Delete(std::string_view kind, std::string_view name_space, std::string_view name);
  /// Makes the objects exactly those of the list: adds, modifies and deletes what differs.
  absl::Status Replace(std::string_view json);

  /// From now on requests need this bearer token; "" needs none.
  void SetToken(std::string token);
  /// The next `count` requests of the API are answered with this status.
  void FailNext(int count, int status);
  /// The next `count` lists end in the middle of the body.
  void TruncateNext(int count);
  /// While true, lists are not answered: a server that has become slow.
  void HoldLists(bool hold);
  /// All resource versions so far are too old: watches end with 410 Gone, continued lists too.
  void Expire();
  void CloseWatches();
  /// Sends a bookmark on every watch that allows them.
  void SendBookmarks();

  Counts counts() const;
  int64_t version() const;

 private:
  struct Event {
    int64_t version;
    std::string type;  // ADDED, MODIFIED, DELETED, BOOKMARK
    std::string resource;
    KubernetesObject object;
  };

  FakeKubernetes() = default;
  void Handle(const HttpRequest& request, HttpResponseWriter& writer);
  bool HandleFaults(const HttpRequest& request, HttpResponseWriter& writer);
  void HandleControl(const HttpRequest& request, HttpResponseWriter& writer);
  void List(const KubernetesPath& path, const HttpRequest& request, HttpResponseWriter& writer);
  void Watch(const KubernetesPath& path, const HttpRequest& request, HttpResponseWriter& writer);
  void Put(KubernetesObject object) REQUIRES(mu_);
  bool Remove(const std::string& resource, const std::string& key) REQUIRES(mu_);
  void Record(std::string_view type, const std::string& resource, const KubernetesObject& object) REQUIRES(mu_);

  mutable Mutex mu_;
  CondVar changed_;
  int64_t version_ GUARDED_BY(mu_) = 100;
  int64_t oldest_version_ GUARDED_BY(mu_) = 0;
  int64_t watch_generation_ GUARDED_BY(mu_) = 0;
  bool closing_ GUARDED_BY(mu_) = false;
  std::map<std::string, std::map<std::string, KubernetesObject>> objects_ GUARDED_BY(mu_);  // by resource, then namespace/name
  std::vector<Event> events_ GUARDED_BY(mu_);
  std::string token_ GUARDED_BY(mu_);
  int fail_count_ GUARDED_BY(mu_) = 0;
  int fail_status_ GUARDED_BY(mu_) = 500;
  int truncate_count_ GUARDED_BY(mu_) = 0;
  bool hold_lists_ GUARDED_BY(mu_) = false;
  Counts counts_ GUARDED_BY(mu_);

  std::unique_ptr<HttpServer> server_;  // last: its threads use what is above
};

}  // namespace tocsin::test
