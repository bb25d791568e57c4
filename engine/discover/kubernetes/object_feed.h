#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "engine/discover/kubernetes/object_meta.h"
#include "engine/discover/kubernetes/reflector.h"

namespace tocsin {

enum class ObjectChange { kAdded, kUpdated, kDeleted };

/// Keeps a map of objects as one reflector hears of them. Updates that change nothing in use are not told.
/// Threads: the reflector's; the map is guarded by the mutex that is given.
template <typename T>
class ObjectFeed : public ResourceListener {
 public:
  using Read = std::function<T(const JsonValue& object)>;
  /// Called with the mutex held.
  using OnChange = std::function<void(const std::string& key, ObjectChange change)>;
  /// Called with the mutex held, after the first complete list and each later one.
  using OnSynced = std::function<void()>;

  /// `name_space` is the part of the map that belongs to this feed; "" is all of it.
  ObjectFeed(Mutex& mu, std::map<std::string, T, std::less<>>& objects, std::string name_space, Read read, OnChange on_change,
             OnSynced on_synced)
      : mu_(mu),
        objects_(objects),
        prefix_(name_space.empty() ? std::string() : name_space + "/"),
        read_(std::move(read)),
        on_change_(std::move(on_change)),
        on_synced_(std::move(on_synced)) {}

  void ListStarted() override { listed_.clear(); }

  void Listed(const JsonValue& object) override { listed_.insert_or_assign(KubernetesKey(object), read_(object)); }

  void ListDone(bool complete) override {
    std::map<std::string, T> listed;
    listed.swap(listed_);
    if (!complete) {
      return;
    }
    MutexLock lock(mu_);
    std::vector<std::string> gone;
    for (const auto& [key, object] : objects_) {
      if (key.starts_with(prefix_) && !listed.contains(key)) {
        gone.push_back(key);
      }
    }
    for (const std::string& key : gone) {
      Erase(key);
    }
    for (auto& [key, object] : listed) {
      Put(key, std::move(object));
    }
    on_synced_();
  }

  void Changed(const JsonValue& object) override {
    const std::string key = KubernetesKey(object);
    T read = read_(object);
    MutexLock lock(mu_);
    Put(key, std::move(read));
  }

  void Deleted(const JsonValue& object) override {
    MutexLock lock(mu_);
    Erase(KubernetesKey(object));
  }

 private:
  void Put(const std::string& key, T object) {
    const auto it = objects_.find(key);
    if (it == objects_.end()) {
      objects_.emplace(key, std::move(object));
      on_change_(key, ObjectChange::kAdded);
    } else if (!(it->second == object)) {
      it->second = std::move(object);
      on_change_(key, ObjectChange::kUpdated);
    }
  }

  void Erase(const std::string& key) {
    const auto it = objects_.find(key);
    if (it != objects_.end()) {
      objects_.erase(it);
      on_change_(key, ObjectChange::kDeleted);
    }
  }

  Mutex& mu_;
  std::map<std::string, T, std::less<>>& objects_;
  const std::string prefix_;
  const Read read_;
  const OnChange on_change_;
  const OnSynced on_synced_;
  std::map<std::string, T> listed_;  // of a list that is not complete yet; this thread's own
};

}  // namespace tocsin
