// What do the samples, the waits and the source say together?
#pragma once

#include <vector>

#include "base/registry.h"
#include "model/diagnosis.h"
#include "model/profile.h"
#include "model/source_facts.h"

namespace quarrel {

struct LockEvidence;

struct JoinInput {
  const Profile& profile;
  const SourceFacts* facts = nullptr;           ///< null without --facts
  const std::vector<Finding>& static_findings;  ///< what the checks said of `facts`
};

/// What a rule may look at.
struct RuleInput : JoinInput {
  const std::vector<LockEvidence>& locks;  ///< contended_locks() of the profile
};

/// The entry by which one file in join/rules/ adds a rule over a profile.
struct JoinRule {
  std::string_view name;
  void (*run)(const RuleInput& input, std::vector<Finding>& findings) = nullptr;
};

using JoinRuleRegistry = Registry<JoinRule>;

/// Runs all rules, merges findings that are one and the same in source and run (they keep the
/// fingerprint of the source finding), ranks by thread-ms lost per second.
Diagnosis join(const JoinInput& input);

/// The diagnosis of a static scan: findings of the checks, ranked.
Diagnosis join_static(const SourceFacts& facts, std::vector<Finding> findings);

}  // namespace quarrel
