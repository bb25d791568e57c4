#include "rules/group_loader.h"

#include "base/log.h"

namespace tocsin::rules {
namespace {

void AddGroups(const RuleFile& loaded, const std::string& file, const GroupDefaults& defaults, const GroupEnvironment& environment,
               bool restore_for_state, LoadedGroups* out) {
  for (const RuleGroupDefinition& group : loaded.groups) {
    out->groups.push_back(std::make_unique<Group>(group, file, defaults, environment, restore_for_state));
  }
}

}  // namespace

LoadedGroups LoadGroups(const RuleConfig& config, const promql::LanguageFeatures& features, const GroupEnvironment& environment,
                        bool restore_for_state, LastGoodFiles& last_good) {
  RuleFileOptions options;
  options.legacy_names = config.legacy_names;
  options.features = features;
  GroupDefaults defaults;
  defaults.interval_ms = config.interval_ms;
  defaults.query_offset_ms = config.query_offset_ms;
  defaults.alerting = AlertingEnvironment{config.external_labels, config.external_url};

  LoadedGroups out;
  for (const std::string& file : config.files) {
    const auto text = ReadRuleFile(file);
    RuleFile loaded;
    if (text.ok()) {
      loaded = ParseRuleFile(*text, file, options);
    } else {
      loaded.errors.push_back(Cat(file, ": ", Message(text.status())));
    }
    for (const std::string& warning : loaded.warnings) {
      LogWarn(warning);
    }
    if (loaded.ok()) {
      last_good.Keep(file, *text);
      AddGroups(loaded, file, defaults, environment, restore_for_state, &out);
      continue;
    }
    RuleFileError error{file, loaded.errors, false};
    if (const auto kept = last_good.Find(file)) {
      const RuleFile earlier = ParseRuleFile(*kept, file, options);
      error.last_good_in_use = earlier.ok();
      if (earlier.ok()) {
        AddGroups(earlier, file, defaults, environment, restore_for_state, &out);
      }
    }
    for (const std::string& problem : loaded.errors) {
      LogError("loading groups failed", {{"err", problem}, {"last_good_in_use", error.last_good_in_use ? "true" : "false"}});
    }
    out.failed.push_back(std::move(error));
  }
  return out;
}

}  // namespace tocsin::rules
