// By which word does a file name each value of an enum?
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>

#include "model/recording.h"
#include "model/source_facts.h"

namespace quarrel {

/// The words of an enum, in the order of its values. Users query for them: never change one.
template <class E>
inline constexpr std::array<std::string_view, 0> kWords;

template <>
inline constexpr auto kWords<StopReason> = std::to_array<std::string_view>(
    {"duration", "interrupted", "target exited", "unfinished", "imported"});

template <>
inline constexpr auto kWords<HolderState> = std::to_array<std::string_view>(
    {"running", "runnable", "blocked", "waiting for lock", "unseen"});

template <>
inline constexpr auto kWords<GoLockKind> =
    std::to_array<std::string_view>({"mutex", "rwmutex write", "rwmutex read"});

template <>
inline constexpr auto kWords<StackStatus> = std::to_array<std::string_view>(
    {"complete", "truncated by copy", "no unwind info", "failed", "by frame pointer"});

template <>
inline constexpr auto kWords<AccessKind> =
    std::to_array<std::string_view>({"read", "write", "read-write"});

template <>
inline constexpr auto kWords<MemoryEvent> =
    std::to_array<std::string_view>({"unknown", "loads", "stores", "instructions"});

template <>
inline constexpr auto kWords<CollectorState> =
    std::to_array<std::string_view>({"on", "degraded", "off"});

template <>
inline constexpr auto kWords<LockClass> =
    std::to_array<std::string_view>({"none", "mutex", "shared mutex", "spin"});

template <>
inline constexpr auto kWords<Storage> = std::to_array<std::string_view>(
    {"global", "static local", "thread local", "local", "parameter"});

template <>
inline constexpr auto kWords<FunctionKind> =
    std::to_array<std::string_view>({"plain", "constructor", "destructor", "lambda"});

template <>
inline constexpr auto kWords<SourceAccess> = std::to_array<std::string_view>(
    {"read", "write", "read-modify-write", "compare-exchange", "address"});

template <>
inline constexpr auto kWords<MemoryOrder> = std::to_array<std::string_view>(
    {"none", "relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst", "unknown"});

template <>
inline constexpr auto kWords<AccessForm> =
    std::to_array<std::string_view>({"plain", "volatile", "std atomic", "atomic ref", "c11 atomic",
                                     "builtin", "assembly", "primitive"});

template <>
inline constexpr auto kWords<LockMode> =
    std::to_array<std::string_view>({"exclusive", "shared", "try"});

template <>
inline constexpr auto kWords<CallKind> =
    std::to_array<std::string_view>({"direct", "virtual", "pointer"});

template <>
inline constexpr auto kWords<RemarkKind> =
    std::to_array<std::string_view>({"order as operand", "constructive size"});

template <>
inline constexpr auto kWords<UnitState> = std::to_array<std::string_view>(
    {"complete", "with errors", "failed", "crashed", "out of memory", "timed out"});

/// The word of a value, or nullopt for a value that the enum does not have.
template <class E>
std::optional<std::string_view> word_of(E value) {
  const auto index = static_cast<size_t>(value);
  if (index >= kWords<E>.size()) return std::nullopt;
  return kWords<E>[index];
}

/// The value that a word of a file stands for, or nullopt.
template <class E>
std::optional<E> value_of(std::string_view word) {
  for (size_t index = 0; index < kWords<E>.size(); ++index)
    if (kWords<E>[index] == word) return static_cast<E>(index);
  return std::nullopt;
}

}  // namespace quarrel
