// In which order do facts stand, so that the same input gives the same bytes?
#pragma once

#include "model/source_facts.h"

namespace quarrel {

/// Total orders: two facts that neither order before the other are equal.
bool comes_before(const SourceRecord& a, const SourceRecord& b);
bool comes_before(const SourceVariable& a, const SourceVariable& b);
bool comes_before(const SourceFunction& a, const SourceFunction& b);
bool comes_before(const AccessSite& a, const AccessSite& b);
bool comes_before(const LockRegion& a, const LockRegion& b);
bool comes_before(const ThreadEntry& a, const ThreadEntry& b);
bool comes_before(const CallEdge& a, const CallEdge& b);
bool comes_before(const SourceTypedef& a, const SourceTypedef& b);
bool comes_before(const SourceAllocation& a, const SourceAllocation& b);
bool comes_before(const SourceLoop& a, const SourceLoop& b);
bool comes_before(const SourceRemark& a, const SourceRemark& b);
bool comes_before(const Suppression& a, const Suppression& b);
bool comes_before(const TranslationUnit& a, const TranslationUnit& b);

}  // namespace quarrel
