// Which functions of well-known libraries access memory atomically, lock, or start threads?
//
// Only names are here, as manuals list them, and only of functions whose bodies the source that is
// scanned need not show. What a unit shows (macros, inline functions, assembly) is seen without.
#include "extract/primitives.h"

namespace quarrel {
namespace {

constexpr auto kRead = SourceAccess::kRead;
constexpr auto kWrite = SourceAccess::kWrite;
constexpr auto kModify = SourceAccess::kReadModifyWrite;
constexpr auto kCompare = SourceAccess::kCompareExchange;

std::vector<AccessPrimitive> known_accesses() {
  return {
      // Linux kernel and its userspace ports
      {"READ_ONCE", 1, kRead, MemoryOrder::kRelaxed},
      {"WRITE_ONCE", 1, kWrite, MemoryOrder::kRelaxed},
      {"ACCESS_ONCE", 1, kRead, MemoryOrder::kRelaxed},
      {"smp_load_acquire", 1, kRead, MemoryOrder::kAcquire},
      {"smp_store_release", 1, kWrite, MemoryOrder::kRelease},
      {"rcu_dereference*", 1, kRead, MemoryOrder::kConsume},
      {"rcu_assign_pointer", 1, kWrite, MemoryOrder::kRelease},
      {"cmpxchg*", 1, kCompare, MemoryOrder::kSeqCst},
      {"xchg", 1, kModify, MemoryOrder::kSeqCst},
      {"uatomic_read", 1, kRead, MemoryOrder::kRelaxed},
      {"uatomic_set", 1, kWrite, MemoryOrder::kRelaxed},
      {"uatomic_cmpxchg", 1, kCompare, MemoryOrder::kSeqCst},
      {"uatomic_*", 1, kModify, MemoryOrder::kSeqCst},
      // DPDK
      {"rte_atomic*_read", 1, kRead, MemoryOrder::kRelaxed},
      {"rte_atomic*_set", 1, kWrite, MemoryOrder::kRelaxed},
      {"rte_atomic*_clear", 1, kWrite, MemoryOrder::kRelaxed},
      {"rte_atomic*_init", 1, kWrite, MemoryOrder::kRelaxed},
      {"rte_atomic*_cmpset", 1, kCompare, MemoryOrder::kSeqCst},
      {"rte_atomic*_add*", 1, kModify, MemoryOrder::kSeqCst},
      {"rte_atomic*_sub*", 1, kModify, MemoryOrder::kSeqCst},
      {"rte_atomic*_inc*", 1, kModify, MemoryOrder::kSeqCst},
      {"rte_atomic*_dec*", 1, kModify, MemoryOrder::kSeqCst},
      {"rte_atomic*_exchange", 1, kModify, MemoryOrder::kSeqCst},
      // Concurrency Kit
      {"ck_pr_load_*", 1, kRead, MemoryOrder::kRelaxed},
      {"ck_pr_store_*", 1, kWrite, MemoryOrder::kRelaxed},
      {"ck_pr_cas_*", 1, kCompare, MemoryOrder::kRelaxed},
      {"ck_pr_faa_*", 1, kModify, MemoryOrder::kRelaxed},
      {"ck_pr_fas_*", 1, kModify, MemoryOrder::kRelaxed},
      {"ck_pr_add_*", 1, kModify, MemoryOrder::kRelaxed},
      {"ck_pr_sub_*", 1, kModify, MemoryOrder::kRelaxed},
      {"ck_pr_inc_*", 1, kModify, MemoryOrder::kRelaxed},
      {"ck_pr_dec_*", 1, kModify, MemoryOrder::kRelaxed},
      {"ck_pr_or_*", 1, kModify, MemoryOrder::kRelaxed},
      {"ck_pr_and_*", 1, kModify, MemoryOrder::kRelaxed},
      {"ck_pr_xor_*", 1, kModify, MemoryOrder::kRelaxed},
      // Servers that name their own
      {"HA_ATOMIC_LOAD", 1, kRead, MemoryOrder::kSeqCst},
      {"HA_ATOMIC_STORE", 1, kWrite, MemoryOrder::kSeqCst},
      {"HA_ATOMIC_CAS", 1, kCompare, MemoryOrder::kSeqCst},
      {"HA_ATOMIC_*", 1, kModify, MemoryOrder::kSeqCst},
      {"SC_ATOMIC_GET", 1, kRead, MemoryOrder::kSeqCst},
      {"SC_ATOMIC_SET", 1, kWrite, MemoryOrder::kSeqCst},
      {"SC_ATOMIC_CAS", 1, kCompare, MemoryOrder::kSeqCst},
      {"SC_ATOMIC_ADD", 1, kModify, MemoryOrder::kSeqCst},
      {"SC_ATOMIC_SUB", 1, kModify, MemoryOrder::kSeqCst},
      // GLib, APR, Windows
      {"g_atomic_*_get", 1, kRead, MemoryOrder::kSeqCst},
      {"g_atomic_*_set", 1, kWrite, MemoryOrder::kSeqCst},
      {"g_atomic_*_compare_and_exchange*", 1, kCompare, MemoryOrder::kSeqCst},
      {"g_atomic_*", 1, kModify, MemoryOrder::kSeqCst},
      {"apr_atomic_read*", 1, kRead, MemoryOrder::kSeqCst},
      {"apr_atomic_set*", 1, kWrite, MemoryOrder::kSeqCst},
      {"apr_atomic_cas*", 1, kCompare, MemoryOrder::kSeqCst},
      {"apr_atomic_*", 1, kModify, MemoryOrder::kSeqCst},
      {"InterlockedCompareExchange*", 1, kCompare, MemoryOrder::kSeqCst},
      {"Interlocked*", 1, kModify, MemoryOrder::kSeqCst},
  };
}

std::vector<LockPrimitive> known_locks() {
  return {
      {"EnterCriticalSection", "LeaveCriticalSection", 1, LockMode::kExclusive},
      {"mutex_enter", "mutex_exit", 1, LockMode::kExclusive},
      {"down_read", "up_read", 1, LockMode::kShared},
      {"down_write", "up_write", 1, LockMode::kExclusive},
      {"apr_thread_mutex_lock", "apr_thread_mutex_unlock", 1, LockMode::kExclusive},
  };
}

std::vector<ThreadPrimitive> known_threads() {
  return {
      {"CreateThread", 3, 4, false},
      {"_beginthreadex", 3, 4, false},
      {"apr_thread_create", 3, 4, false},
      {"uv_queue_work", 3, 0, true},
      {"g_thread_pool_new", 1, 2, true},
      {"dispatch_async_f", 3, 2, true},
      {"rte_eal_mp_remote_launch", 1, 2, true},
  };
}

}  // namespace

Primitives known_primitives() {
  return {.accesses = known_accesses(), .locks = known_locks(), .threads = known_threads()};
}

}  // namespace quarrel
