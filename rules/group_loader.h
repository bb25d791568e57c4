#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rules/group.h"
#include "rules/last_good_files.h"
#include "rules/manager.h"

namespace tocsin::rules {

/// What a set of rule files came to.
struct LoadedGroups {
  std::vector<std::unique_ptr<Group>> groups;
  std::vector<RuleFileError> failed;
};

/// Makes groups of rule files; for a bad file those of its last good version, if there is one.
LoadedGroups LoadGroups(const RuleConfig& config, const promql::LanguageFeatures& features, const GroupEnvironment& environment,
                        bool restore_for_state, LastGoodFiles& last_good);

}  // namespace tocsin::rules
