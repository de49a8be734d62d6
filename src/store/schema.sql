-- What stands in a .quarrel file? docs/file-format.md explains every table; tests compare the two.
--
-- Ids count from 0: `id` is the index in the vector of the model, and X_id points at X.id.
-- Addresses above 2^63 appear negative. A NULL id names nothing. Flags are 0 or 1.
PRAGMA application_id = 0x5152524c;  -- "QRRL"
PRAGMA user_version = 1;

CREATE TABLE contents (
  kind TEXT PRIMARY KEY            -- recording | facts
) STRICT, WITHOUT ROWID;

-- Recording: one run of one process.

CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  tool_version TEXT NOT NULL,
  command TEXT NOT NULL,
  pid INTEGER NOT NULL,
  kernel TEXT NOT NULL,
  machine TEXT NOT NULL,
  cpu_model TEXT NOT NULL,
  cpus INTEGER NOT NULL,
  line_size_bytes INTEGER NOT NULL,
  start_ns INTEGER NOT NULL,
  duration_ns INTEGER NOT NULL,
  stop_reason TEXT NOT NULL,       -- duration | interrupted | target exited | unfinished | imported
  sample_period_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE modules (
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL,
  build_id TEXT NOT NULL
) STRICT;

CREATE TABLE mappings (
  id INTEGER PRIMARY KEY,
  start_address INTEGER NOT NULL,
  end_address INTEGER NOT NULL,
  file_offset_bytes INTEGER NOT NULL,
  module_id INTEGER NOT NULL REFERENCES modules (id),
  is_executable INTEGER NOT NULL
) STRICT;

CREATE TABLE shared_memory (
  id INTEGER PRIMARY KEY,
  start_address INTEGER NOT NULL,
  end_address INTEGER NOT NULL,
  file_offset_bytes INTEGER NOT NULL,
  device INTEGER NOT NULL,
  inode INTEGER NOT NULL
) STRICT;

CREATE TABLE thread_local_blocks (
  id INTEGER PRIMARY KEY,
  module_id INTEGER NOT NULL REFERENCES modules (id),
  below_fs_base_bytes INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL
) STRICT;

CREATE TABLE threads (
  id INTEGER PRIMARY KEY,
  tid INTEGER NOT NULL,
  namespace_tid INTEGER NOT NULL,
  name TEXT NOT NULL,
  first_seen_ns INTEGER NOT NULL,
  last_seen_ns INTEGER NOT NULL,
  fs_base_address INTEGER NOT NULL -- 0: unknown
) STRICT;

CREATE TABLE frames (
  id INTEGER PRIMARY KEY,
  caller_id INTEGER REFERENCES frames (id),
  pc_address INTEGER NOT NULL,
  is_return_address INTEGER NOT NULL
) STRICT;

CREATE TABLE stacks (
  id INTEGER PRIMARY KEY,
  innermost_frame_id INTEGER REFERENCES frames (id),
  status TEXT NOT NULL             -- complete | truncated by copy | no unwind info | failed | by frame pointer
) STRICT;

CREATE TABLE lock_waits (
  id INTEGER PRIMARY KEY,
  lock_address INTEGER NOT NULL,
  futex_operation INTEGER NOT NULL,
  is_private INTEGER NOT NULL,
  is_realtime_clock INTEGER NOT NULL,
  is_timed INTEGER NOT NULL,
  value_class INTEGER NOT NULL,
  waiter_thread_id INTEGER REFERENCES threads (id),
  owner_thread_id INTEGER REFERENCES threads (id),
  waits INTEGER NOT NULL,
  total_wait_ns INTEGER NOT NULL,
  max_wait_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE lock_stats (
  id INTEGER PRIMARY KEY,
  lock_address INTEGER NOT NULL,
  futex_operation INTEGER NOT NULL,
  is_private INTEGER NOT NULL,
  is_realtime_clock INTEGER NOT NULL,
  is_timed INTEGER NOT NULL,
  value_class INTEGER NOT NULL,
  not_blocked INTEGER NOT NULL,
  interrupted INTEGER NOT NULL,
  timed_out INTEGER NOT NULL,
  timed_out_ns INTEGER NOT NULL,
  interrupted_ns INTEGER NOT NULL,
  wakes INTEGER NOT NULL,
  wasted_wakes INTEGER NOT NULL,
  handoff_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE lock_stats_buckets (
  lock_stats_id INTEGER NOT NULL REFERENCES lock_stats (id),
  bucket INTEGER NOT NULL,
  waits INTEGER NOT NULL,
  PRIMARY KEY (lock_stats_id, bucket)
) STRICT, WITHOUT ROWID;

CREATE TABLE lock_memory (
  id INTEGER PRIMARY KEY,
  lock_address INTEGER NOT NULL,
  mutex_kind INTEGER NOT NULL,
  rwlock_flags INTEGER NOT NULL
) STRICT;

CREATE TABLE wait_stacks (
  id INTEGER PRIMARY KEY,
  lock_address INTEGER NOT NULL,
  futex_operation INTEGER NOT NULL,
  is_private INTEGER NOT NULL,
  is_realtime_clock INTEGER NOT NULL,
  is_timed INTEGER NOT NULL,
  value_class INTEGER NOT NULL,
  waiter_thread_id INTEGER NOT NULL REFERENCES threads (id),
  owner_thread_id INTEGER REFERENCES threads (id),
  stack_id INTEGER REFERENCES stacks (id),
  samples INTEGER NOT NULL,
  weight_ns INTEGER NOT NULL,
  max_wait_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE long_waits (
  id INTEGER PRIMARY KEY,
  lock_address INTEGER NOT NULL,
  waiter_thread_id INTEGER NOT NULL REFERENCES threads (id),
  owner_thread_id INTEGER REFERENCES threads (id),
  stack_id INTEGER REFERENCES stacks (id),
  start_ns INTEGER NOT NULL,
  wait_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE wait_slices (
  id INTEGER PRIMARY KEY,
  lock_address INTEGER NOT NULL,
  slice INTEGER NOT NULL,          -- of 250 ms, since run.start_ns
  wait_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE holder_times (
  id INTEGER PRIMARY KEY,
  lock_address INTEGER NOT NULL,
  holder_thread_id INTEGER REFERENCES threads (id),
  state TEXT NOT NULL,
  next_lock_address INTEGER NOT NULL,
  waiter_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE blames (
  id INTEGER PRIMARY KEY,
  lock_address INTEGER NOT NULL,
  holder_thread_id INTEGER NOT NULL REFERENCES threads (id),
  state TEXT NOT NULL,
  stack_id INTEGER REFERENCES stacks (id),
  samples INTEGER NOT NULL,
  waiter_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE wake_stacks (
  id INTEGER PRIMARY KEY,
  lock_address INTEGER NOT NULL,
  waker_thread_id INTEGER NOT NULL REFERENCES threads (id),
  stack_id INTEGER REFERENCES stacks (id),
  samples INTEGER NOT NULL,
  weight_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE kernel_lock_waits (
  id INTEGER PRIMARY KEY,
  lock_address INTEGER NOT NULL,   -- in the kernel
  flags INTEGER NOT NULL,          -- 1 spin, 2 read, 4 write, 8 rt, 16 per-cpu, 32 mutex
  is_mmap_lock INTEGER NOT NULL,
  caller TEXT NOT NULL,            -- kernel function that wanted the lock; may be empty
  waits INTEGER NOT NULL,
  total_wait_ns INTEGER NOT NULL,
  max_wait_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE kernel_lock_stacks (
  id INTEGER PRIMARY KEY,
  lock_address INTEGER NOT NULL,
  caller TEXT NOT NULL,
  waiter_thread_id INTEGER NOT NULL REFERENCES threads (id),
  stack_id INTEGER REFERENCES stacks (id),
  samples INTEGER NOT NULL,
  weight_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE lock_holds (
  id INTEGER PRIMARY KEY,
  lock_address INTEGER NOT NULL,   -- of the pthread_mutex_t or pthread_rwlock_t
  is_rwlock INTEGER NOT NULL,      -- then all of it is of writers
  acquisitions INTEGER NOT NULL,
  try_failures INTEGER NOT NULL,
  holds INTEGER NOT NULL,          -- acquisitions whose end was seen as well
  total_hold_ns INTEGER NOT NULL,
  max_hold_ns INTEGER NOT NULL,
  stack_id INTEGER REFERENCES stacks (id)
) STRICT;

CREATE TABLE lock_holds_buckets (
  lock_holds_id INTEGER NOT NULL REFERENCES lock_holds (id),
  bucket INTEGER NOT NULL,
  holds INTEGER NOT NULL,
  PRIMARY KEY (lock_holds_id, bucket)
) STRICT, WITHOUT ROWID;

CREATE TABLE hold_probing (
  id INTEGER PRIMARY KEY,
  probe_ns INTEGER NOT NULL,
  own_hold_ns INTEGER NOT NULL,
  hits INTEGER NOT NULL,
  observed_ns INTEGER NOT NULL,
  windows INTEGER NOT NULL,
  target_cpu_ns INTEGER NOT NULL,
  max_overhead_ppm INTEGER NOT NULL
) STRICT;

CREATE TABLE goroutine_waits (
  id INTEGER PRIMARY KEY,
  lock_address INTEGER NOT NULL,
  kind TEXT NOT NULL,              -- mutex | rwmutex write | rwmutex read
  goroutine INTEGER NOT NULL,
  stack_id INTEGER REFERENCES stacks (id),
  waits INTEGER NOT NULL,
  total_wait_ns INTEGER NOT NULL,
  max_wait_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE goroutine_locks (
  id INTEGER PRIMARY KEY,
  lock_address INTEGER NOT NULL,
  kind TEXT NOT NULL,
  handoff_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE goroutine_locks_buckets (
  goroutine_locks_id INTEGER NOT NULL REFERENCES goroutine_locks (id),
  bucket INTEGER NOT NULL,
  waits INTEGER NOT NULL,
  PRIMARY KEY (goroutine_locks_id, bucket)
) STRICT, WITHOUT ROWID;

CREATE TABLE goroutine_holds (
  id INTEGER PRIMARY KEY,
  lock_address INTEGER NOT NULL,
  goroutine INTEGER NOT NULL,
  stack_id INTEGER REFERENCES stacks (id),
  releases INTEGER NOT NULL,
  waiter_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE heap_blocks (
  id INTEGER PRIMARY KEY,
  address INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  thread_id INTEGER NOT NULL REFERENCES threads (id),
  stack_id INTEGER REFERENCES stacks (id),
  allocated_ns INTEGER NOT NULL,
  seen_until_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE exemplars (
  id INTEGER PRIMARY KEY,
  address INTEGER NOT NULL,
  stack_id INTEGER REFERENCES stacks (id),
  tid INTEGER NOT NULL,
  time_ns INTEGER NOT NULL,
  registers BLOB NOT NULL,
  stack_start_address INTEGER NOT NULL,
  stack_bytes BLOB NOT NULL,
  fs_base_address INTEGER NOT NULL
) STRICT;

CREATE TABLE exemplar_pointers (
  exemplar_id INTEGER NOT NULL REFERENCES exemplars (id),
  position INTEGER NOT NULL,
  address INTEGER NOT NULL,        -- of the pointer itself; 0: it stood in a register
  value INTEGER NOT NULL,
  heap_bytes INTEGER NOT NULL,     -- of the block of malloc from there on; 0: not known
  PRIMARY KEY (exemplar_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE line_samples (
  id INTEGER PRIMARY KEY,
  thread_id INTEGER NOT NULL REFERENCES threads (id),
  cpu INTEGER NOT NULL,
  time_ns INTEGER NOT NULL,
  ip_address INTEGER NOT NULL,
  stack_id INTEGER REFERENCES stacks (id)
) STRICT;

CREATE TABLE line_sample_peers (
  line_sample_id INTEGER NOT NULL REFERENCES line_samples (id),
  position INTEGER NOT NULL,
  thread_id INTEGER NOT NULL REFERENCES threads (id),
  PRIMARY KEY (line_sample_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE line_sample_accesses (
  line_sample_id INTEGER NOT NULL REFERENCES line_samples (id),
  position INTEGER NOT NULL,       -- 0 is nearest to the sample
  instruction_address INTEGER NOT NULL,
  data_address INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  kind TEXT NOT NULL,              -- read | write | read-write
  is_locked INTEGER NOT NULL,
  distance_instructions INTEGER NOT NULL,
  crosses_block INTEGER NOT NULL,
  is_own_stack INTEGER NOT NULL,   -- near the stack or thread pointer of the sampled thread
  excludes INTEGER NOT NULL,       -- bit i: position i lies on another way; not both happened
  PRIMARY KEY (line_sample_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE memory_samples (
  id INTEGER PRIMARY KEY,
  thread_id INTEGER NOT NULL REFERENCES threads (id),
  cpu INTEGER NOT NULL,
  time_ns INTEGER NOT NULL,
  ip_address INTEGER NOT NULL,
  data_address INTEGER NOT NULL,
  physical_address INTEGER NOT NULL,
  data_source INTEGER NOT NULL,    -- perf_mem_data_src of linux/perf_event.h
  period INTEGER NOT NULL,
  latency_cycles INTEGER NOT NULL,
  instruction_cycles INTEGER NOT NULL,
  event TEXT NOT NULL,             -- unknown | loads | stores | instructions
  is_kernel INTEGER NOT NULL,
  stack_id INTEGER REFERENCES stacks (id)
) STRICT;

CREATE TABLE generated_code (
  id INTEGER PRIMARY KEY,
  code_address INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  name TEXT NOT NULL
) STRICT;

CREATE TABLE watch_hits (
  id INTEGER PRIMARY KEY,
  data_address INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  thread_id INTEGER NOT NULL REFERENCES threads (id),
  instruction_address INTEGER NOT NULL,  -- 0: not decodable
  kind TEXT NOT NULL,              -- read | write | read-write
  is_locked INTEGER NOT NULL,
  hits INTEGER NOT NULL,
  span_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE watched_bytes (
  id INTEGER PRIMARY KEY,
  data_address INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  threads INTEGER NOT NULL,
  watched_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE progress_windows (
  id INTEGER PRIMARY KEY,
  data_address INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  thread_id INTEGER NOT NULL REFERENCES threads (id),
  is_together INTEGER NOT NULL,
  steps INTEGER NOT NULL,
  cpu_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE coverage (
  id INTEGER PRIMARY KEY,
  collector TEXT NOT NULL,
  unit TEXT NOT NULL,
  state TEXT NOT NULL,             -- on | degraded | off
  reason TEXT NOT NULL,
  seen INTEGER NOT NULL,
  attributed INTEGER NOT NULL,
  unresolved INTEGER NOT NULL,
  own_cost_ns INTEGER NOT NULL
) STRICT;

CREATE TABLE coverage_losses (
  coverage_id INTEGER NOT NULL REFERENCES coverage (id),
  position INTEGER NOT NULL,
  reason TEXT NOT NULL,
  lost INTEGER NOT NULL,
  PRIMARY KEY (coverage_id, position)
) STRICT, WITHOUT ROWID;

-- Facts: what the source says.

CREATE TABLE source_files (
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL,
  is_system INTEGER NOT NULL
) STRICT;

CREATE TABLE source_symbols (
  id INTEGER PRIMARY KEY,
  usr TEXT NOT NULL
) STRICT;

CREATE TABLE source_records (
  id INTEGER PRIMARY KEY,
  symbol_id INTEGER NOT NULL REFERENCES source_symbols (id),
  name TEXT NOT NULL,
  pattern_symbol_id INTEGER REFERENCES source_symbols (id),
  size_bytes INTEGER NOT NULL,
  align_bytes INTEGER NOT NULL,
  is_union INTEGER NOT NULL,
  is_lambda INTEGER NOT NULL,
  has_layout INTEGER NOT NULL,
  is_in_system_header INTEGER NOT NULL,
  is_layout_assumed INTEGER NOT NULL,
  alignas_bytes INTEGER NOT NULL,
  alignas_text TEXT NOT NULL,
  file_id INTEGER REFERENCES source_files (id),
  line INTEGER NOT NULL,
  column INTEGER NOT NULL,
  end_file_id INTEGER REFERENCES source_files (id),
  end_line INTEGER NOT NULL,
  end_column INTEGER NOT NULL
) STRICT;

CREATE TABLE source_fields (
  record_id INTEGER NOT NULL REFERENCES source_records (id),
  position INTEGER NOT NULL,
  symbol_id INTEGER REFERENCES source_symbols (id),
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  type_record_symbol_id INTEGER REFERENCES source_symbols (id),
  offset_bits INTEGER NOT NULL,
  size_bits INTEGER NOT NULL,
  array_length INTEGER NOT NULL,
  is_bit_field INTEGER NOT NULL,
  is_atomic INTEGER NOT NULL,
  is_volatile INTEGER NOT NULL,
  is_const INTEGER NOT NULL,
  lock TEXT NOT NULL,              -- none | mutex | shared mutex | spin
  alignas_bytes INTEGER NOT NULL,
  declared_type TEXT NOT NULL,
  element_record_symbol_id INTEGER REFERENCES source_symbols (id),
  bound_text TEXT NOT NULL,
  alignas_text TEXT NOT NULL,
  file_id INTEGER REFERENCES source_files (id),
  line INTEGER NOT NULL,
  column INTEGER NOT NULL,
  PRIMARY KEY (record_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_bases (
  record_id INTEGER NOT NULL REFERENCES source_records (id),
  position INTEGER NOT NULL,
  base_symbol_id INTEGER REFERENCES source_symbols (id),
  offset_bits INTEGER NOT NULL,
  is_virtual INTEGER NOT NULL,
  PRIMARY KEY (record_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_template_arguments (
  record_id INTEGER NOT NULL REFERENCES source_records (id),
  position INTEGER NOT NULL,
  argument TEXT NOT NULL,
  PRIMARY KEY (record_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_variables (
  id INTEGER PRIMARY KEY,
  symbol_id INTEGER NOT NULL REFERENCES source_symbols (id),
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  type_record_symbol_id INTEGER REFERENCES source_symbols (id),
  storage TEXT NOT NULL,           -- global | static local | thread local | local | parameter
  size_bytes INTEGER NOT NULL,
  align_bytes INTEGER NOT NULL,
  array_length INTEGER NOT NULL,
  is_atomic INTEGER NOT NULL,
  is_volatile INTEGER NOT NULL,
  lock TEXT NOT NULL,              -- none | mutex | shared mutex | spin
  alignas_bytes INTEGER NOT NULL,
  declared_type TEXT NOT NULL,
  element_record_symbol_id INTEGER REFERENCES source_symbols (id),
  bound_text TEXT NOT NULL,
  alignas_text TEXT NOT NULL,
  is_defined INTEGER NOT NULL,
  file_id INTEGER REFERENCES source_files (id),
  line INTEGER NOT NULL,
  column INTEGER NOT NULL
) STRICT;

CREATE TABLE source_typedefs (
  id INTEGER PRIMARY KEY,
  symbol_id INTEGER NOT NULL REFERENCES source_symbols (id),
  name TEXT NOT NULL,
  record_symbol_id INTEGER REFERENCES source_symbols (id),
  size_bytes INTEGER NOT NULL,
  align_bytes INTEGER NOT NULL,
  alignas_text TEXT NOT NULL,
  file_id INTEGER REFERENCES source_files (id),
  line INTEGER NOT NULL,
  column INTEGER NOT NULL
) STRICT;

CREATE TABLE source_allocations (
  id INTEGER PRIMARY KEY,
  record_symbol_id INTEGER REFERENCES source_symbols (id),
  function_symbol_id INTEGER REFERENCES source_symbols (id),
  file_id INTEGER REFERENCES source_files (id),
  line INTEGER NOT NULL,
  column INTEGER NOT NULL,
  allocator TEXT NOT NULL,
  guarantee_bytes INTEGER NOT NULL,
  is_array INTEGER NOT NULL,
  size_text TEXT NOT NULL,
  count_text TEXT NOT NULL
) STRICT;

CREATE TABLE source_functions (
  id INTEGER PRIMARY KEY,
  symbol_id INTEGER NOT NULL REFERENCES source_symbols (id),
  name TEXT NOT NULL,
  kind TEXT NOT NULL,              -- plain | constructor | destructor | lambda
  record_symbol_id INTEGER REFERENCES source_symbols (id),
  is_main INTEGER NOT NULL,
  is_in_system_header INTEGER NOT NULL,
  is_virtual INTEGER NOT NULL,
  is_uninstantiated INTEGER NOT NULL,
  file_id INTEGER REFERENCES source_files (id),
  line INTEGER NOT NULL,
  column INTEGER NOT NULL
) STRICT;

CREATE TABLE source_accesses (
  id INTEGER PRIMARY KEY,
  object_symbol_id INTEGER NOT NULL REFERENCES source_symbols (id),
  function_symbol_id INTEGER REFERENCES source_symbols (id),
  file_id INTEGER REFERENCES source_files (id),
  line INTEGER NOT NULL,
  column INTEGER NOT NULL,
  access TEXT NOT NULL,            -- read | write | read-modify-write | compare-exchange | address
  form TEXT NOT NULL,              -- plain | volatile | std atomic | ... | assembly | primitive
  memory_order TEXT NOT NULL,
  loop_depth INTEGER NOT NULL,
  is_indexed_by_variable INTEGER NOT NULL,
  is_initialization INTEGER NOT NULL,
  base TEXT NOT NULL,
  index_text TEXT NOT NULL,
  is_in_loop_condition INTEGER NOT NULL,
  is_result_used INTEGER NOT NULL,
  element_bytes INTEGER NOT NULL
) STRICT;

CREATE TABLE source_access_locks (
  access_id INTEGER NOT NULL REFERENCES source_accesses (id),
  position INTEGER NOT NULL,
  lock_symbol_id INTEGER NOT NULL REFERENCES source_symbols (id),
  PRIMARY KEY (access_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_access_sources (
  access_id INTEGER NOT NULL REFERENCES source_accesses (id),
  position INTEGER NOT NULL,
  object_symbol_id INTEGER NOT NULL REFERENCES source_symbols (id),
  PRIMARY KEY (access_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_access_guards (
  access_id INTEGER NOT NULL REFERENCES source_accesses (id),
  position INTEGER NOT NULL,
  object_symbol_id INTEGER NOT NULL REFERENCES source_symbols (id),
  PRIMARY KEY (access_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_lock_regions (
  id INTEGER PRIMARY KEY,
  lock_symbol_id INTEGER NOT NULL REFERENCES source_symbols (id),
  mode TEXT NOT NULL,              -- exclusive | shared | try
  function_symbol_id INTEGER REFERENCES source_symbols (id),
  file_id INTEGER REFERENCES source_files (id),
  line INTEGER NOT NULL,
  column INTEGER NOT NULL,
  end_file_id INTEGER REFERENCES source_files (id),
  end_line INTEGER NOT NULL,
  end_column INTEGER NOT NULL,
  loop_depth INTEGER NOT NULL,
  guard TEXT NOT NULL
) STRICT;

CREATE TABLE source_lock_region_objects (
  lock_region_id INTEGER NOT NULL REFERENCES source_lock_regions (id),
  position INTEGER NOT NULL,
  object_symbol_id INTEGER NOT NULL REFERENCES source_symbols (id),
  PRIMARY KEY (lock_region_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_lock_region_calls (
  lock_region_id INTEGER NOT NULL REFERENCES source_lock_regions (id),
  position INTEGER NOT NULL,
  callee_symbol_id INTEGER NOT NULL REFERENCES source_symbols (id),
  PRIMARY KEY (lock_region_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_thread_entries (
  id INTEGER PRIMARY KEY,
  entry_symbol_id INTEGER REFERENCES source_symbols (id),
  starter_symbol_id INTEGER REFERENCES source_symbols (id),
  file_id INTEGER REFERENCES source_files (id),
  line INTEGER NOT NULL,
  column INTEGER NOT NULL,
  mechanism TEXT NOT NULL,
  is_in_loop INTEGER NOT NULL,
  argument_record_symbol_id INTEGER REFERENCES source_symbols (id),
  argument TEXT NOT NULL
) STRICT;

CREATE TABLE source_calls (
  id INTEGER PRIMARY KEY,
  caller_symbol_id INTEGER NOT NULL REFERENCES source_symbols (id),
  callee_symbol_id INTEGER NOT NULL REFERENCES source_symbols (id),
  file_id INTEGER REFERENCES source_files (id),
  line INTEGER NOT NULL,
  column INTEGER NOT NULL,
  loop_depth INTEGER NOT NULL,
  kind TEXT NOT NULL               -- direct | virtual | pointer
) STRICT;

CREATE TABLE source_loops (
  id INTEGER PRIMARY KEY,
  function_symbol_id INTEGER REFERENCES source_symbols (id),
  file_id INTEGER REFERENCES source_files (id),
  line INTEGER NOT NULL,
  column INTEGER NOT NULL,
  end_file_id INTEGER REFERENCES source_files (id),
  end_line INTEGER NOT NULL,
  end_column INTEGER NOT NULL,
  depth INTEGER NOT NULL,
  has_pause INTEGER NOT NULL,
  is_counted INTEGER NOT NULL
) STRICT;

CREATE TABLE source_remarks (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,              -- order as operand | constructive size
  object_symbol_id INTEGER REFERENCES source_symbols (id),
  function_symbol_id INTEGER REFERENCES source_symbols (id),
  file_id INTEGER REFERENCES source_files (id),
  line INTEGER NOT NULL,
  column INTEGER NOT NULL,
  text TEXT NOT NULL
) STRICT;

CREATE TABLE source_suppressions (
  id INTEGER PRIMARY KEY,
  file_id INTEGER REFERENCES source_files (id),
  line INTEGER NOT NULL,
  column INTEGER NOT NULL,
  rule TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;

CREATE TABLE source_units (
  id INTEGER PRIMARY KEY,
  main_file_id INTEGER REFERENCES source_files (id),
  state TEXT NOT NULL,             -- complete | with errors | failed | crashed | out of memory | timed out
  reason TEXT NOT NULL,
  standard TEXT NOT NULL,
  has_aligned_new INTEGER NOT NULL
) STRICT;
