// Is an object said to be declared only where it is?
#include "resolve/member_path.h"

#include <gtest/gtest.h>

namespace quarrel {
namespace {

DataObject described(MemberPath path) {
  DataObject object;
  describe(object, path, 0x1000, {"src/main.rs", 8, 0, ""});
  return object;
}

TEST(MemberPath, OfAMemberWithoutALineIsNotDeclaredWhereTheVariableIs) {
  MemberPath path;
  path.record = "app::Shared";
  path.field = "map";
  EXPECT_EQ(described(path).declared.file, "");
  path.declared = {"src/shared.rs", 3, 0, ""};
  EXPECT_EQ(described(path).declared.file, "src/shared.rs");
}

TEST(MemberPath, OfALockOrAScalarIsDeclaredWhereTheVariableIs) {
  EXPECT_EQ(described({}).declared.file, "src/main.rs");
  MemberPath lock;
  lock.record = "std::mutex";
  lock.field = "_M_mutex";
  EXPECT_EQ(described(lock).declared.file, "src/main.rs");
}

}  // namespace
}  // namespace quarrel
