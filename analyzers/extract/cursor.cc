// How does the C API of libclang read as plain values?
#include "extract/cursor.h"

namespace quarrel {
namespace {

/// Few cursors have more: one allocation instead of three.
constexpr size_t kUsualChildren = 4;

bool is_expression(CXCursor cursor) {
  return clang_isExpression(clang_getCursorKind(cursor)) != 0;
}

}  // namespace

std::string take(CXString text) {
  const char* bytes = clang_getCString(text);
  std::string copy = bytes == nullptr ? "" : bytes;
  clang_disposeString(text);
  return copy;
}

std::string spelling_of(CXCursor cursor) {
  return take(clang_getCursorSpelling(cursor));
}
std::string spelling_of(CXType type) {
  return take(clang_getTypeSpelling(type));
}

std::vector<CXCursor> children_of(CXCursor cursor) {
  std::vector<CXCursor> children;
  children.reserve(kUsualChildren);
  clang_visitChildren(
      cursor,
      [](CXCursor child, CXCursor, CXClientData data) {
        static_cast<std::vector<CXCursor>*>(data)->push_back(child);
        return CXChildVisit_Continue;
      },
      &children);
  return children;
}

std::vector<CXCursor> expressions_in(CXCursor cursor) {
  std::vector<CXCursor> expressions = children_of(cursor);
  std::erase_if(expressions, [](CXCursor child) { return !is_expression(child); });
  return expressions;
}

CXCursor first_expression_in(CXCursor cursor) {
  CXCursor first = null_cursor();
  clang_visitChildren(
      cursor,
      [](CXCursor child, CXCursor, CXClientData data) {
        if (!is_expression(child)) return CXChildVisit_Continue;
        *static_cast<CXCursor*>(data) = child;
        return CXChildVisit_Break;
      },
      &first);
  return first;
}

namespace {

struct Ends {
  CXCursor last = null_cursor();
  size_t count = 0;
};

/// The last expression below, and how many there are.
Ends expression_ends(CXCursor cursor) {
  Ends ends;
  clang_visitChildren(
      cursor,
      [](CXCursor child, CXCursor, CXClientData data) {
        if (is_expression(child)) {
          static_cast<Ends*>(data)->last = child;
          ++static_cast<Ends*>(data)->count;
        }
        return CXChildVisit_Continue;
      },
      &ends);
  return ends;
}

bool is_transparent(CXCursorKind kind) {
  switch (kind) {
    case CXCursor_UnexposedExpr:
    case CXCursor_ParenExpr:
    case CXCursor_CStyleCastExpr:
    case CXCursor_CXXStaticCastExpr:
    case CXCursor_CXXReinterpretCastExpr:
    case CXCursor_CXXConstCastExpr:
    case CXCursor_CXXDynamicCastExpr:
    case CXCursor_CXXFunctionalCastExpr:
      return true;
    default:
      return false;
  }
}

}  // namespace

CXCursor operand_inside(CXCursor cursor) {
  const CXCursorKind kind = clang_getCursorKind(cursor);
  if (!is_transparent(kind)) return null_cursor();
  const Ends inner = expression_ends(cursor);
  const bool is_explicit_cast = kind != CXCursor_UnexposedExpr && kind != CXCursor_ParenExpr;
  return inner.count > 1 && !is_explicit_cast ? null_cursor() : inner.last;
}

std::vector<CXCursor> initialiser_of(CXCursor variable) {
  const CXCursor value = clang_Cursor_getVarDeclInitializer(variable);
  return is_null(value) ? std::vector<CXCursor>() : std::vector<CXCursor>{value};
}

CXCursor strip(CXCursor cursor) {
  for (CXCursor inner = operand_inside(cursor); !is_null(inner); inner = operand_inside(cursor))
    cursor = inner;
  return cursor;
}

bool is_in_system_header(CXCursor cursor) {
  return clang_Location_isInSystemHeader(clang_getCursorLocation(cursor)) != 0;
}

bool is_function(CXCursor cursor) {
  switch (clang_getCursorKind(cursor)) {
    case CXCursor_FunctionDecl:
    case CXCursor_CXXMethod:
    case CXCursor_Constructor:
    case CXCursor_Destructor:
    case CXCursor_ConversionFunction:
      return true;
    default:
      return false;
  }
}

bool is_function_like(CXCursor cursor) {
  return is_function(cursor) || clang_getCursorKind(cursor) == CXCursor_FunctionTemplate;
}

bool is_instantiation(CXCursor function) {
  if (!is_null(clang_getSpecializedCursorTemplate(function))) return true;
  const CXCursor parent = clang_getCursorSemanticParent(function);
  return is_record(parent) && !is_null(clang_getSpecializedCursorTemplate(parent));
}

bool is_record(CXCursor cursor) {
  const CXCursorKind kind = clang_getCursorKind(cursor);
  return kind == CXCursor_StructDecl || kind == CXCursor_ClassDecl || kind == CXCursor_UnionDecl;
}

bool is_variable(CXCursor cursor) {
  const CXCursorKind kind = clang_getCursorKind(cursor);
  return kind == CXCursor_VarDecl || kind == CXCursor_ParmDecl;
}

bool is_dependent(CXCursor cursor) {
  for (; !is_null(cursor); cursor = clang_getCursorSemanticParent(cursor)) {
    const CXCursorKind kind = clang_getCursorKind(cursor);
    if (kind == CXCursor_ClassTemplate || kind == CXCursor_ClassTemplatePartialSpecialization ||
        kind == CXCursor_FunctionTemplate)
      return true;
    if (kind == CXCursor_TranslationUnit || kind == CXCursor_Namespace) return false;
  }
  return false;
}

CXCursor lambda_class_of(CXCursor function) {
  if (clang_getCursorKind(function) != CXCursor_CXXMethod) return null_cursor();
  const CXCursor parent = clang_getCursorSemanticParent(function);
  if (!is_record(parent)) return null_cursor();
  return spelling_of(parent).find("(lambda") != std::string::npos ||
                 spelling_of(type_of(parent)).find("(lambda at") != std::string::npos
             ? parent
             : null_cursor();
}

CXType pointee(CXType type) {
  // An `auto` that is not deduced (in a generic lambda) is its own pointee.
  constexpr int kMaxIndirections = 16;
  type = canonical(type);
  for (int i = 0; i < kMaxIndirections; ++i) {
    const CXType inner = clang_getPointeeType(type);
    if (inner.kind == CXType_Invalid) break;
    type = canonical(inner);
  }
  return type;
}

long long evaluate(CXCursor expression, long long fallback) {
  CXEvalResult result = clang_Cursor_Evaluate(expression);
  if (result == nullptr) return fallback;
  const long long value = clang_EvalResult_getKind(result) == CXEval_Int
                              ? clang_EvalResult_getAsLongLong(result)
                              : fallback;
  clang_EvalResult_dispose(result);
  return value;
}

}  // namespace quarrel
