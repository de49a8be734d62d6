// When is no change the right change?
#include "join/advice/advice.h"

namespace quarrel {

Advice advise_leave(const std::string& reason) {
  return {.remedy = "leave", .summary = "leave it as it is: " + reason};
}

}  // namespace quarrel
