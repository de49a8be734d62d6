// Was this program built with a sanitizer that needs more of the system than the program itself?
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define QUARREL_HAS_SANITIZER true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define QUARREL_HAS_SANITIZER true
#endif
#endif
#ifndef QUARREL_HAS_SANITIZER
#define QUARREL_HAS_SANITIZER false
#endif

namespace quarrel {

/// AddressSanitizer and ThreadSanitizer reserve terabytes of address space and make system calls of
/// their own. Where this is true, the processes that read untrusted input have no limit of memory
/// (RLIMIT_AS) and no filter of system calls; all else about them is as it is for users.
inline constexpr bool kHasSanitizer = QUARREL_HAS_SANITIZER;

}  // namespace quarrel

#undef QUARREL_HAS_SANITIZER
