// Which functions do the threads run that a call starts, and what are they given?
#include "extract/callables.h"
#include "extract/function_walk.h"
#include "extract/primitive_calls.h"
#include "extract/source_text.h"
#include "extract/thread_starts.h"
#include "extract/type_facts.h"

namespace quarrel {
namespace {

/// The local object that an argument of a thread start hands over: &x, std::ref(x).
CXCursor object_handed_over(CXCursor argument, bool is_referred = false) {
  const CXCursor bare = strip(argument);
  if (clang_getCursorKind(bare) == CXCursor_CallExpr) {
    const std::string name = spelling_of(bare);
    if ((name == "ref" || name == "reference_wrapper") && clang_Cursor_getNumArguments(bare) >= 1)
      return object_handed_over(clang_Cursor_getArgument(bare, 0), true);
    return null_cursor();
  }
  const bool is_address = clang_getCursorKind(bare) == CXCursor_UnaryOperator;
  const bool is_array = clang_getArraySize(canonical(type_of(bare))) >= 0;
  return is_address || is_array || is_referred ? named_object(bare) : null_cursor();
}

/// std::ref(x) gives x.
CXCursor referred(CXCursor argument) {
  const CXCursor bare = strip(argument);
  const std::string name = spelling_of(bare);
  const bool is_reference = clang_getCursorKind(bare) == CXCursor_CallExpr &&
                            (name == "ref" || name == "cref" || name == "reference_wrapper");
  return is_reference && clang_Cursor_getNumArguments(bare) >= 1
             ? strip(clang_Cursor_getArgument(bare, 0))
             : bare;
}

CXCursor record_behind(CXType type) {
  const CXCursor record = clang_getTypeDeclaration(pointee(type));
  return !is_null(record) && is_record(record) ? record : null_cursor();
}

/// The first variable that a lambda captures and that leads to a record of the user's.
CXCursor captured_variable(CXCursor lambda) {
  for (CXCursor child : children_of(lambda)) {
    if (clang_getCursorKind(child) != CXCursor_VariableRef) continue;
    const CXCursor variable = clang_getCursorReferenced(child);
    const CXCursor record = record_behind(type_of(variable));
    if (!is_null(record) && is_record(record) && !is_in_system_header(record)) return variable;
  }
  return null_cursor();
}

}  // namespace

void FunctionWalker::note_thread_start(CXCursor call) {
  for (CXCursor argument : arguments_for_thread(call)) {
    const CXCursor object = object_handed_over(argument);
    if (!is_null(object) && is_variable(object)) sites_.share(object);
  }
  auto start = primitive_thread(call);
  if (!start) start = thread_start(call);
  if (start) enter_thread(*start, call);
}

/// A callable that is a parameter starts its thread where the function is called.
void FunctionWalker::enter_thread(const ThreadStart& start, CXCursor call) {
  const bool is_many = start.is_many || frame().loop_depth > 0;
  const CXCursor callable = callable_of(start.callable);
  if (is_null(callable)) {
    if (const auto parameter = parameter_index(start.callable))
      summary_.threads.push_back({*parameter, start.mechanism, is_many});
    const CXCursor pointer = function_pointer(start.callable);
    if (is_null(pointer) || is_private_local(pointer) || start.is_guessed) return;
    return add_thread_entry(unit_.symbol_of(pointer), start, call, is_many);
  }
  const bool is_lambda = clang_getCursorKind(callable) == CXCursor_LambdaExpr;
  const SymbolId entry =
      is_lambda ? unit_.lambda_function(callable, frame().name) : unit_.function_symbol(callable);
  if (!is_lambda && is_instantiation(callable)) around_.on_definition(callable);
  sites_.add_thread_entry(entry);
  add_thread_entry(entry, start, call, is_many);
}

void FunctionWalker::add_thread_entry(SymbolId entry, const ThreadStart& start, CXCursor call,
                                      bool is_many) {
  ThreadEntry fact{.entry = entry,
                   .starter = frame().function,
                   .position = unit_.position(call),
                   .mechanism = start.mechanism,
                   .is_in_loop = is_many};
  if (!is_null(start.argument)) {
    const CXCursor argument = referred(start.argument);
    fact.argument_record = unit_.user_record(record_behind(type_of(argument)));
    fact.argument = written_text(argument);
    if (clang_getCursorKind(argument) == CXCursor_CXXThisExpr) fact.argument = "this";
  } else {
    describe_captures(fact, callable_of(start.callable));
  }
  unit_.facts.thread_entries.push_back(std::move(fact));
}

/// What a lambda captures is what its thread is given: `this`, or the first variable of a record.
void FunctionWalker::describe_captures(ThreadEntry& fact, CXCursor lambda) {
  if (is_null(lambda) || clang_getCursorKind(lambda) != CXCursor_LambdaExpr) return;
  const CXCursor variable = captured_variable(lambda);
  if (!is_null(variable)) {
    fact.argument_record = unit_.user_record(record_behind(type_of(variable)));
    fact.argument = spelling_of(variable);
    return;
  }
  const std::string text = text_in_use(lambda);
  const std::string captures = text.substr(0, text.find(']'));
  const bool captures_this = captures.find("this") != std::string::npos ||
                             captures.find_first_of("&=") != std::string::npos;
  if (!captures_this || !is_record(method_of_)) return;
  fact.argument_record = unit_.user_record(method_of_);
  fact.argument = "this";
}

/// `start_worker(run, &job)`: what the callee starts, it starts with the arguments of this call.
void FunctionWalker::apply_thread_starts(const FunctionSummary& summary, CXCursor call) {
  const std::vector<ParameterThread> threads = summary.threads;
  const int count = clang_Cursor_getNumArguments(call);
  for (const ParameterThread& each : threads) {
    if (each.parameter < 0 || each.parameter >= count) continue;
    ThreadStart start{.mechanism = each.mechanism, .is_many = each.is_in_loop};
    start.callable = clang_Cursor_getArgument(call, static_cast<unsigned>(each.parameter));
    if (each.parameter + 1 < count)
      start.argument = clang_Cursor_getArgument(call, static_cast<unsigned>(each.parameter + 1));
    enter_thread(start, call);
  }
}

/// The body of a class derived from Thread runs in a thread, wherever that is started.
void FunctionWalker::note_thread_class(CXCursor method) {
  const std::string mechanism = thread_class_method(method);
  if (mechanism.empty()) return;
  unit_.facts.thread_entries.push_back({.entry = frame().function,
                                        .position = unit_.position(method),
                                        .mechanism = mechanism,
                                        .argument_record = unit_.user_record(method_of_),
                                        .argument = "this"});
}

}  // namespace quarrel
