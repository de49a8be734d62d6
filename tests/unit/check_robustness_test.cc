// Do the checks survive any facts that a file may hold?
#include <gtest/gtest.h>

#include "checks/check.h"
#include "checks/explain.h"
#include "random_model.h"

namespace quarrel {
namespace {

/// Facts of a file are untrusted: ids may name nothing, layouts may overlap, cycles may close.
TEST(Checks, SurviveRandomFacts) {
  for (uint32_t seed = 0; seed < 40; ++seed) {
    SourceFacts facts = RandomModel(seed).facts();
    std::vector<Finding> findings = run_checks(facts);
    explain_findings(facts, findings);
    for (const Finding& finding : findings) {
      EXPECT_FALSE(finding.rule.empty()) << "seed " << seed;
      EXPECT_EQ(finding.fingerprint.size(), 64u) << finding.rule << ", seed " << seed;
      EXPECT_FALSE(finding.message.empty()) << finding.rule << ", seed " << seed;
    }
  }
}

/// Names of padding and threads make the rules look closer than random words do.
TEST(Checks, SurviveRandomLayoutsWithTellingNames) {
  constexpr const char* kNames[] = {"pad", "mutex_", "head", "tail", "thread", "tid"};
  constexpr const char* kTexts[] = {"MAX_THREADS", "64 - sizeof(T) % 64", "64", "tid", ""};
  for (uint32_t seed = 0; seed < 40; ++seed) {
    SourceFacts facts = RandomModel(seed).facts();
    size_t n = seed;
    for (SourceRecord& record : facts.records) {
      record.has_layout = true;
      for (SourceField& field : record.fields) {
        field.name = kNames[n++ % std::size(kNames)];
        field.bound_text = field.alignas_text = kTexts[n % std::size(kTexts)];
        field.type = n % 3 == 0 ? "char[40]" : "std::atomic<int>";
      }
    }
    for (AccessSite& site : facts.accesses) site.index = kTexts[n++ % std::size(kTexts)];
    for (SourceVariable& variable : facts.variables) variable.name = kNames[n++ % 6];
    for (const Finding& finding : run_checks(facts))
      EXPECT_EQ(finding.fingerprint.size(), 64u) << finding.rule << ", seed " << seed;
  }
}

}  // namespace
}  // namespace quarrel
