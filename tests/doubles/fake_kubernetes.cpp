#include "tests/doubles/fake_kubernetes.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "base/status.h"

namespace tocsin::test {
namespace {

constexpr std::string_view kJson = "application/json";

std::string StatusJson(int code, std::string_view reason, std::string_view message) {
  return Cat(R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":")", message, R"(","reason":")", reason,
             R"(","code":)", code, "}");
}

std::string Parameter(const HttpRequest& request, const std::string& name) {
  const auto it = request.query.find(name);
  return it == request.query.end() ? std::string() : it->second;
}

int IntParameter(const HttpRequest& request, const std::string& name, int fallback) {
  const std::string text = Parameter(request, name);
  return text.empty() ? fallback : std::atoi(text.c_str());
}

}  // namespace

absl::StatusOr<std::unique_ptr<FakeKubernetes>> FakeKubernetes::Start(int port) {
  std::unique_ptr<FakeKubernetes> fake(new FakeKubernetes());
  FakeKubernetes* self = fake.get();
  ASSIGN_OR_RETURN(fake->server_, HttpServer::Start(port, [self](const HttpRequest& request, HttpResponseWriter& writer) {
                     self->Handle(request, writer);
                   }));
  return fake;
}

FakeKubernetes::~FakeKubernetes() {
  MutexLock lock(mu_);
  closing_ = true;
  changed_.NotifyAll();
}

absl::Status FakeKubernetes::Apply(std::string_view json) {
  ASSIGN_OR_RETURN(std::vector<KubernetesObject> objects, ParseKubernetesObjects(json));
  MutexLock lock(mu_);
  for (KubernetesObject& object : objects) {
    Put(std::move(object));
  }
  return absl::OkStatus();
}

bool FakeKubernetes::Delete(std::string_view kind, std::string_view name_space, std::string_view name) {
  MutexLock lock(mu_);
  return Remove(ResourceOfKind(kind), Cat(name_space, "/", name));
}

absl::Status FakeKubernetes::Replace(std::string_view json) {
  ASSIGN_OR_RETURN(std::vector<KubernetesObject> objects, ParseKubernetesObjects(json));
  MutexLock lock(mu_);
  std::set<std::pair<std::string, std::string>> wanted;
  for (const KubernetesObject& object : objects) {
    wanted.emplace(ResourceOfKind(object.kind), object.key());
  }
  std::vector<std::pair<std::string, std::string>> gone;
  for (const auto& [resource, by_key] : objects_) {
    for (const auto& [key, object] : by_key) {
      if (!wanted.contains({resource, key})) {
        gone.emplace_back(resource, key);
      }
    }
  }
  for (const auto& [resource, key] : gone) {
    Remove(resource, key);
  }
  for (KubernetesObject& object : objects) {
    const auto& by_key = objects_[ResourceOfKind(object.kind)];
    const auto it = by_key.find(object.key());
    if (it == by_key.end() || it->second.json != object.json) {
      Put(std::move(object));
    }
  }
  return absl::OkStatus();
}

void FakeKubernetes::Put(KubernetesObject object) {
  const std::string resource = ResourceOfKind(object.kind);
  object.version = ++version_;
  const auto [it, added] = objects_[resource].insert_or_assign(object.key(), object);
  Record(added ? "ADDED" : "MODIFIED", resource, it->second);
}

bool FakeKubernetes::Remove(const std::string& resource, const std::string& key) {
  const auto it = objects_[resource].find(key);
  if (it == objects_[resource].end()) {
    return false;
  }
  KubernetesObject object = std::move(it->second);
  objects_[resource].erase(it);
  object.version = ++version_;
  Record("DELETED", resource, object);
  return true;
}

void FakeKubernetes::Record(std::string_view type, const std::string& resource, const KubernetesObject& object) {
  events_.push_back({version_, std::string(type), resource, object});
  changed_.NotifyAll();
}

void FakeKubernetes::SetToken(std::string token) {
  MutexLock lock(mu_);
  token_ = std::move(token);
}

void FakeKubernetes::FailNext(int count, int status) {
  MutexLock lock(mu_);
  fail_count_ = count;
  fail_status_ = status;
}

void FakeKubernetes::TruncateNext(int count) {
  MutexLock lock(mu_);
  truncate_count_ = count;
}

void FakeKubernetes::HoldLists(bool hold) {
  MutexLock lock(mu_);
  hold_lists_ = hold;
  changed_.NotifyAll();
}

void FakeKubernetes::Expire() {
  MutexLock lock(mu_);
  oldest_version_ = ++version_;
  events_.clear();
  changed_.NotifyAll();
}

void FakeKubernetes::CloseWatches() {
  MutexLock lock(mu_);
  ++watch_generation_;
  changed_.NotifyAll();
}

void FakeKubernetes::SendBookmarks() {
  MutexLock lock(mu_);
  ++version_;
  for (const auto& [resource, by_key] : objects_) {
    KubernetesObject bookmark;
    bookmark.kind = KindOfResource(resource);
    bookmark.version = version_;
    bookmark.json = Cat(R"({"kind":")", bookmark.kind, R"(","apiVersion":"v1","metadata":{}})");
    Record("BOOKMARK", resource, bookmark);
  }
}

FakeKubernetes::Counts FakeKubernetes::counts() const {
  MutexLock lock(mu_);
  return counts_;
}

int64_t FakeKubernetes::version() const {
  MutexLock lock(mu_);
  return version_;
}

void FakeKubernetes::Handle(const HttpRequest& request, HttpResponseWriter& writer) {
  if (request.path.starts_with("/control/")) {
    HandleControl(request, writer);
    return;
  }
  if (HandleFaults(request, writer)) {
    return;
  }
  const std::optional<KubernetesPath> path = ParseKubernetesPath(request.path);
  if (!path) {
    writer.Send(404, kJson, StatusJson(404, "NotFound", "the server could not find the requested resource"));
  } else if (const std::string watch = Parameter(request, "watch"); watch == "1" || watch == "true") {
    Watch(*path, request, writer);
  } else {
    List(*path, request, writer);
  }
}

bool FakeKubernetes::HandleFaults(const HttpRequest& request, HttpResponseWriter& writer) {
  int status = 0;
  {
    MutexLock lock(mu_);
    const auto authorization = request.headers.find("authorization");
    if (!token_.empty() && (authorization == request.headers.end() || authorization->second != Cat("Bearer ", token_))) {
      ++counts_.refused;
      status = 401;
    } else if (fail_count_ > 0) {
      --fail_count_;
      status = fail_status_;
    }
  }
  if (status == 0) {
    return false;
  }
  writer.Send(status, kJson, StatusJson(status, status == 401 ? "Unauthorized" : "InternalError", "asked to fail"));
  return true;
}

void FakeKubernetes::List(const KubernetesPath& path, const HttpRequest& request, HttpResponseWriter& writer) {
  const int limit = IntParameter(request, "limit", 0);
  const std::string token = Parameter(request, "continue");  // "version|last key"
  const size_t bar = token.find('|');
  std::string body;
  bool truncate = false;
  {
    MutexLock lock(mu_);
    while (hold_lists_ && !closing_) {
      changed_.Wait(mu_);
    }
    ++counts_.pages[path.resource];
    int64_t version = version_;
    if (!token.empty()) {
      version = std::atoll(token.c_str());
      if (version < oldest_version_) {
        body = StatusJson(410, "Expired", "The provided continue parameter is too old");
      }
    } else {
      ++counts_.lists[path.resource];
    }
    if (body.empty()) {
      const std::string after = bar == std::string::npos ? std::string() : token.substr(bar + 1);
      std::string items;
      std::string next;
      int count = 0;
      const auto& by_key = objects_[path.resource];
      for (auto it = token.empty() ? by_key.begin() : by_key.upper_bound(after); it != by_key.end(); ++it) {
        const KubernetesObject& object = it->second;
        const bool wanted = (path.name_space.empty() || object.name_space == path.name_space) &&
                            MatchesSelectors(object, Parameter(request, "labelSelector"), Parameter(request, "fieldSelector"));
        if (!wanted) {
          continue;
        }
        Append(&items, items.empty() ? "" : ",", object.VersionedJson());
        if (++count == limit && std::next(it) != by_key.end()) {
          next = Cat(version, "|", it->first);
          break;
        }
      }
      body = Cat(R"({"kind":")", KindOfResource(path.resource), R"(List","apiVersion":"v1","metadata":{"resourceVersion":")", version, "\"",
                 next.empty() ? "" : Cat(R"(,"continue":")", next, "\""), R"(},"items":[)", items, "]}");
      truncate = truncate_count_ > 0;
      truncate_count_ -= truncate ? 1 : 0;
    }
  }
  if (truncate) {
    writer.Raw(Cat("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ", body.size(), "\r\n\r\n",
                   body.substr(0, body.size() / 2)));
    writer.Close();
    return;
  }
  writer.Send(body.starts_with(R"({"kind":"Status")") ? 410 : 200, kJson, body);
}

void FakeKubernetes::Watch(const KubernetesPath& path, const HttpRequest& request, HttpResponseWriter& writer) {
  const std::string labels = Parameter(request, "labelSelector");
  const std::string fields = Parameter(request, "fieldSelector");
  const bool bookmarks = Parameter(request, "allowWatchBookmarks") == "true" || Parameter(request, "allowWatchBookmarks") == "1";
  int64_t seen = std::atoll(Parameter(request, "resourceVersion").c_str());
  int64_t generation;
  {
    MutexLock lock(mu_);
    ++counts_.watches[path.resource];
    generation = watch_generation_;
  }
  writer.Begin(200, kJson);
  for (bool open = true; open;) {
    std::string lines;
    {
      MutexLock lock(mu_);
      while (!closing_ && seen >= oldest_version_ && generation == watch_generation_ &&
             (events_.empty() || events_.back().version <= seen)) {
        changed_.Wait(mu_);
      }
      if (closing_ || generation != watch_generation_) {
        break;
      }
      if (seen < oldest_version_) {
        lines = Cat(R"({"type":"ERROR","object":)", StatusJson(410, "Expired", "too old resource version"), "}\n");
        open = false;
      }
      auto event = std::upper_bound(events_.begin(), events_.end(), seen, [](int64_t v, const Event& e) { return v < e.version; });
      for (; event != events_.end() && open; ++event) {
        seen = event->version;
        const bool bookmark = event->type == "BOOKMARK";
        const bool wanted =
            event->resource == path.resource && (bookmark ? bookmarks
                                                          : (path.name_space.empty() || event->object.name_space == path.name_space) &&
                                                                MatchesSelectors(event->object, labels, fields));
        if (wanted) {
          Append(&lines, R"({"type":")", event->type, R"(","object":)", event->object.VersionedJson(), "}\n");
        }
      }
    }
    if (!lines.empty() && !writer.Chunk(lines)) {
      return;
    }
  }
  writer.Chunk("");  // the last one
  writer.Close();
}

void FakeKubernetes::HandleControl(const HttpRequest& request, HttpResponseWriter& writer) {
  const std::string action = request.path.substr(std::string_view("/control/").size());
  absl::Status status;
  if (action == "apply") {
    status = Apply(request.body);
  } else if (action == "delete") {
    const bool found = Delete(Parameter(request, "kind"), Parameter(request, "namespace"), Parameter(request, "name"));
    status = found ? absl::OkStatus() : absl::NotFoundError("no such object");
  } else if (action == "expire") {
    Expire();
  } else if (action == "close-watches") {
    CloseWatches();
  } else if (action == "bookmark") {
    SendBookmarks();
  } else if (action == "token") {
    SetToken(Parameter(request, "value"));
  } else if (action == "fail") {
    FailNext(IntParameter(request, "count", 1), IntParameter(request, "status", 500));
  } else if (action == "truncate") {
    TruncateNext(IntParameter(request, "count", 1));
  } else if (action == "counts") {
    const Counts counts = this->counts();
    std::string body;
    for (const auto& [name, by_resource] : {std::pair{"list", counts.lists}, {"page", counts.pages}, {"watch", counts.watches}}) {
      for (const auto& [resource, count] : by_resource) {
        Append(&body, name, " ", resource, " ", count, "\n");
      }
    }
    writer.Send(200, "text/plain", Cat(body, "refused ", counts.refused, "\n"));
    return;
  } else {
    status = absl::NotFoundError("no such control");
  }
  writer.Send(status.ok() ? 200 : 400, "text/plain", status.ok() ? "ok\n" : Cat(Message(status), "\n"));
}

}  // namespace tocsin::test
