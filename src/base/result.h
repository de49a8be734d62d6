// How does a function say that it failed, on what, and what the caller can do about it?
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace quarrel {

/// A failure the caller can act on. The message names what failed, on what, why, and the way out;
/// it has no trailing full stop or newline.
struct Error {
  std::string message;
};

/// A value or an Error. Nothing is thrown across our own functions.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }

  T& value() { return std::get<T>(state_); }
  const T& value() const { return std::get<T>(state_); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  Error& error() { return std::get<Error>(state_); }
  const Error& error() const { return std::get<Error>(state_); }

 private:
  std::variant<T, Error> state_;
};

/// Success or an Error, for functions that compute no value.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), failed_(true) {}  // NOLINT

  bool ok() const { return !failed_; }
  explicit operator bool() const { return ok(); }
  Error& error() { return error_; }
  const Error& error() const { return error_; }

 private:
  Error error_;
  bool failed_ = false;
};

}  // namespace quarrel

#define QUARREL_CONCAT_(a, b) a##b
#define QUARREL_CONCAT(a, b) QUARREL_CONCAT_(a, b)

/// TRY(auto x, expr): binds the value of `expr`, or returns its Error from the enclosing function.
#define TRY(declaration, expression) \
  TRY_IMPL_(QUARREL_CONCAT(try_result_, __LINE__), declaration, expression)
#define TRY_IMPL_(result, declaration, expression)    \
  auto result = (expression);                         \
  if (!result.ok()) return std::move(result.error()); \
  declaration = std::move(result.value())

/// TRY_VOID(expr): returns the Error of a Result<void>, or goes on.
#define TRY_VOID(expression) \
  if (auto try_void = (expression); !try_void.ok()) return std::move(try_void.error())
