// How is a qualified C++ name written so that source, debug information and symbols agree?
#pragma once

#include <string>

namespace quarrel {

/// Drops "(anonymous namespace)::" everywhere, because no source can spell it, and writes a lambda
/// and its call operator as "(lambda)", whatever the compiler or demangler calls it:
/// "main::{lambda(int)#2}::operator()" -> "main::(lambda)". Doing it twice changes nothing.
std::string plain_name(std::string name);

}  // namespace quarrel
