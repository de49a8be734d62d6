// How did the sources look at another revision, with nothing of the user's tree touched?
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "extract/compile_database.h"

namespace quarrel {

/// The files of one revision in a temporary folder, which goes with the object.
class RevisionTree {
 public:
  /// Errors: `root` is in no git repository, git is missing or knows no such revision.
  static Result<RevisionTree> check_out(const std::string& root, const std::string& revision);
  ~RevisionTree();
  RevisionTree(RevisionTree&& other) noexcept;
  RevisionTree& operator=(RevisionTree&&) = delete;

  /// Stands for the `root` of check_out.
  const std::string& root() const { return root_; }

  /// The commands with every path below the old root moved into this tree, except those below
  /// `build_folder` (generated files are of no revision). Units that the revision lacks are left
  /// out.
  std::vector<CompileCommand> move(const std::vector<CompileCommand>& commands,
                                   const std::string& build_folder) const;

 private:
  RevisionTree() = default;
  std::string moved(const std::string& argument, const std::string& directory,
                    const std::string& build_folder) const;

  std::string folder_;    ///< temporary
  std::string root_;      ///< below it
  std::string old_root_;  ///< in the user's tree
};

}  // namespace quarrel
