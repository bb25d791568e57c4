#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/discover/create_discoverer.h"

namespace tocsin {

/// `file_sd_configs`: reads the files that match the patterns when something happens in their folders (inotify), and in any case every
/// refresh interval. Sees the symlink swap by which Kubernetes updates a mounted ConfigMap. A file that cannot be read or parsed keeps
/// its last good groups; one that is gone takes its groups with it.
class FileDiscoverer : public Discoverer {
 public:
  FileDiscoverer(FileSdConfig config, const DiscovererContext& context);

  void Run(TargetSink& sink, const StopToken& stop) override;

 private:
  void Refresh(TargetSink& sink);
  bool ReadFile(const std::string& path, std::vector<TargetGroupPtr>* out);
  void WatchFolders(int inotify);

  const FileSdConfig config_;
  const Clock& clock_;
  DiscoveryMetrics& metrics_;
  std::map<std::string, size_t> group_counts_;  // by file, of the last good reading
};

}  // namespace tocsin
