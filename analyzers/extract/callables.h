// Which function is behind an expression that is called, or handed to a thread?
#pragma once

#include "extract/cursor.h"

namespace quarrel {

/// A name, &S::run, a lambda, std::bind or std::ref of one, a variable that holds a lambda, a
/// functor: a function or a LambdaExpr. Null if only run time knows.
CXCursor callable_of(CXCursor expression);

/// The field or variable that holds a pointer to a function: `ops->run`, `(*handler)`; else null.
CXCursor function_pointer(CXCursor expression);

/// True for functions, pointers to functions, lambdas and what else can be called without
/// knowing its value.
bool is_callable_type(CXType type);

}  // namespace quarrel
