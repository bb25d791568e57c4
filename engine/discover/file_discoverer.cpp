#include "engine/discover/file_discoverer.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "absl/cleanup/cleanup.h"
#include "base/log.h"
#include "engine/config/config.h"
#include "engine/config/target_group_text.h"

namespace tocsin {
namespace {

// How soon a stopped discoverer ends, and how late a change may be seen that inotify has told of.
constexpr int kFilePollMs = 250;
constexpr uint32_t kFolderEvents = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB;

// True when something happened within one poll.
bool WaitForFolderEvent(int inotify) {
  pollfd waiting{inotify, POLLIN, 0};
  if (poll(&waiting, 1, kFilePollMs) <= 0) {
    return false;
  }
  alignas(inotify_event) char buffer[16384];
  bool any = false;
  while (read(inotify, buffer, sizeof(buffer)) > 0) {
    any = true;
  }
  return any;
}

std::string FolderOf(const std::string& pattern) {
  const size_t slash = pattern.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : pattern.substr(0, slash);
}

}  // namespace

FileDiscoverer::FileDiscoverer(FileSdConfig config, const DiscovererContext& context)
    : config_(std::move(config)), clock_(context.clock), metrics_(context.metrics) {}

void FileDiscoverer::Run(TargetSink& sink, const StopToken& stop) {
  const int inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  const absl::Cleanup close_inotify = [inotify] { close(inotify); };
  if (inotify < 0) {
    LogError("file discovery cannot watch files, only read them at intervals", {{"err", std::string_view(std::strerror(errno))}});
    metrics_.CountFileWatcherError();
  }
  TimestampMs next = kMinTimestamp;
  while (!stop.stopped()) {
    if (clock_.NowMs() >= next) {
      WatchFolders(inotify);
      Refresh(sink);
      next = clock_.NowMs() + config_.refresh_interval_ms;
    }
    if (WaitForFolderEvent(inotify)) {
      next = kMinTimestamp;
    }
  }
}

void FileDiscoverer::WatchFolders(int inotify) {
  for (const std::string& pattern : config_.files) {
    if (inotify >= 0 && inotify_add_watch(inotify, FolderOf(pattern).c_str(), kFolderEvents) < 0 && errno != ENOENT) {
      metrics_.CountFileWatcherError();
    }
  }
}

void FileDiscoverer::Refresh(TargetSink& sink) {
  const int64_t started_ns = clock_.MonotonicNs();
  std::vector<TargetGroupPtr> groups;
  std::set<std::string> present;
  const absl::StatusOr<std::vector<std::string>> files = ExpandGlobs(config_.files);
  if (!files.ok()) {
    LogError("error expanding glob", {{"err", files.status()}});
    return;
  }
  for (const std::string& file : *files) {
    present.insert(file);
    ReadFile(file, &groups);
  }
  for (auto it = group_counts_.begin(); it != group_counts_.end();) {
    if (present.contains(it->first)) {
      ++it;
      continue;
    }
    for (size_t i = 0; i < it->second; ++i) {
      groups.push_back(std::make_shared<const TargetGroup>(TargetGroup{Cat(it->first, ":", i), {}, {}}));
    }
    it = group_counts_.erase(it);
  }
  metrics_.CountFileScan(static_cast<double>(clock_.MonotonicNs() - started_ns) / 1e9);
  sink.Update(std::move(groups));
}

bool FileDiscoverer::ReadFile(const std::string& path, std::vector<TargetGroupPtr>* out) {
  absl::StatusOr<std::vector<TargetGroup>> groups = ReadTargetGroupFile(path);
  if (!groups.ok()) {
    LogError("Error reading file", {{"path", path}, {"err", groups.status()}});
    metrics_.CountFileReadError();
    return false;
  }
  struct stat info{};
  if (stat(path.c_str(), &info) == 0) {
    metrics_.SetFileTime(path, static_cast<double>(info.st_mtim.tv_sec) + static_cast<double>(info.st_mtim.tv_nsec) / 1e9);
  }
  for (size_t i = 0; i < groups->size(); ++i) {
    TargetGroup& group = (*groups)[i];
    LabelsBuilder labels(group.labels);
    labels.Set("__meta_filepath", path);
    group.labels = labels.Build();
    group.source = Cat(path, ":", i);
    out->push_back(std::make_shared<const TargetGroup>(std::move(group)));
  }
  for (size_t i = groups->size(); i < group_counts_[path]; ++i) {
    out->push_back(std::make_shared<const TargetGroup>(TargetGroup{Cat(path, ":", i), {}, {}}));
  }
  group_counts_[path] = groups->size();
  return true;
}

}  // namespace tocsin
