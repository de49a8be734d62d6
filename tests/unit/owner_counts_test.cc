// Is the count of a std::shared_ptr told by the functions that change it, and nothing else?
#include "resolve/owner_counts.h"

#include <gtest/gtest.h>

namespace quarrel {
namespace {

constexpr const char* kRelease = "std::_Sp_counted_base<(__gnu_cxx::_Lock_policy)2>::_M_release";

class OwnerCounts : public testing::Test {
 protected:
  /// Frames from the outermost one inwards, each with its inlined functions, innermost first.
  DataObject name(uint64_t address, const std::vector<std::vector<std::string>>& functions) {
    recording_ = {};
    frames_.clear();
    FrameId frame;
    for (const std::vector<std::string>& inlined : functions) {
      const FrameId next{static_cast<uint32_t>(frames_.size())};
      recording_.frames.push_back({frame, 0, true});
      ResolvedFrame& resolved = frames_.emplace_back();
      for (const std::string& function : inlined)
        resolved.locations.push_back({"", 1, 0, function});
      frame = next;
    }
    LineAccess access;
    access.callers = {{frame, 10, {}}};
    return name_owner_count(access, address, frames_.back(), recording_, frames_);
  }

  Recording recording_;
  std::vector<ResolvedFrame> frames_;
};

TEST_F(OwnerCounts, AreToldByInlinedCopies) {
  const DataObject count =
      name(0x1008, {{"main"},
                    {"__gnu_cxx::__atomic_add", "std::_Sp_counted_base<2>::_M_add_ref_copy",
                     "std::__shared_ptr<Config, 2>::__shared_ptr",
                     "std::shared_ptr<Config>::shared_ptr", "serve"}});
  EXPECT_EQ(count.source, NameSource::kCode);
  EXPECT_TRUE(count.is_owner_count);
  EXPECT_EQ(count.display, "std::shared_ptr<Config>::use_count");
  EXPECT_EQ(count.address, 0x1008u);
  EXPECT_EQ(count.size, 8u);
}

TEST_F(OwnerCounts, AreToldByCalledFunctions) {
  const DataObject count = name(0x100c, {{"serve"},
                                         {"std::weak_ptr<std::pair<int, Map<int>>>::~weak_ptr"},
                                         {"std::_Sp_counted_base<2>::_M_weak_release"}});
  EXPECT_EQ(count.display, "std::weak_ptr<std::pair<int, Map<int>>>::use_count");
  EXPECT_EQ(count.address, 0x1008u);
}

TEST_F(OwnerCounts, OfAPointerThatIsNotSeenHaveNoType) {
  EXPECT_EQ(name(0x1008, {{kRelease}}).display, "std::shared_ptr::use_count");
  // The user's own pointer of the same name says nothing of what the library does inside.
  EXPECT_EQ(name(0x1008, {{"std::shared_ptr<Far>::reset"}, {"serve"}, {kRelease}}).display,
            "std::shared_ptr::use_count");
}

TEST_F(OwnerCounts, AreNotWhatThePointerLeadsTo) {
  EXPECT_EQ(name(0x1008, {{"serve"}, {"std::shared_ptr<Config>::operator->"}}).source,
            NameSource::kUnknown);
  EXPECT_EQ(name(0x1008, {{kRelease}, {"Config::~Config"}}).source, NameSource::kUnknown);
}

TEST_F(OwnerCounts, SurviveDamagedFramesAndNames) {
  EXPECT_EQ(name(0x1008, {{"std::shared_ptr<Config"}, {kRelease}}).display,
            "std::shared_ptr::use_count");
  LineAccess access;
  access.callers = {{FrameId{99}, 10, {}}};
  EXPECT_EQ(name_owner_count(access, 0x1008, frames_.back(), recording_, frames_).display,
            "std::shared_ptr::use_count");
}

}  // namespace
}  // namespace quarrel
