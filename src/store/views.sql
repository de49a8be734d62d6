-- Which questions does a user ask of a .quarrel file? For `sqlite3` only: quarrel never runs these.

CREATE VIEW lock_waits_by_lock AS
SELECT lock_address,
       sum(waits) AS waits,
       sum(total_wait_ns) AS total_wait_ns,
       max(max_wait_ns) AS max_wait_ns,
       count(DISTINCT waiter_thread_id) AS waiters,
       min(sum(total_wait_ns),
           (SELECT coalesce(sum(waiter_ns), 0)
            FROM holder_times
            WHERE holder_times.lock_address = lock_waits.lock_address
              AND holder_thread_id IS NOT NULL)) AS owner_known_ns
FROM lock_waits
GROUP BY lock_address;

CREATE VIEW lock_waits_by_thread AS
SELECT waiter.tid AS waiter_tid,
       waiter.name AS waiter_name,
       owner.tid AS owner_tid,
       owner.name AS owner_name,
       lock_address,
       waits,
       total_wait_ns,
       max_wait_ns
FROM lock_waits
LEFT JOIN threads AS waiter ON waiter.id = waiter_thread_id
LEFT JOIN threads AS owner ON owner.id = owner_thread_id;

-- Four buckets per power of two from 2^9 ns; bucket 0 also holds everything shorter.
CREATE VIEW lock_wait_histogram AS
SELECT lock_address,
       (4 + bucket % 4) << (7 + bucket / 4) AS from_ns,
       (5 + bucket % 4) << (7 + bucket / 4) AS to_ns,
       sum(waits) AS waits
FROM lock_stats_buckets
JOIN lock_stats ON lock_stats.id = lock_stats_id
GROUP BY lock_address, bucket;

-- depth 0 is the innermost frame.
CREATE VIEW stack_frames AS
WITH RECURSIVE walk (stack_id, depth, frame_id) AS (
  SELECT id, 0, innermost_frame_id FROM stacks WHERE innermost_frame_id IS NOT NULL
  UNION ALL
  SELECT stack_id, depth + 1, caller_id
  FROM walk
  JOIN frames ON frames.id = frame_id
  WHERE caller_id IS NOT NULL
)
SELECT stack_id, depth, frame_id, pc_address, is_return_address
FROM walk
JOIN frames ON frames.id = frame_id;

-- Who holds while others wait, and what does it do: the time of the waiters, charged to the holder.
CREATE VIEW blame_by_holder AS
SELECT lock_address,
       tid AS holder_tid,
       name AS holder_name,
       state,
       sum(waiter_ns) AS waiter_ns
FROM holder_times
LEFT JOIN threads ON threads.id = holder_thread_id
GROUP BY lock_address, holder_thread_id, state;

-- Sampled accesses by cache line and thread; only the operand nearest to each sample counts.
CREATE VIEW line_accesses_by_thread AS
SELECT data_address & ~(line_size_bytes - 1) AS line_address,
       tid,
       sum(kind = 'read') AS reads,
       sum(kind <> 'read') AS writes,
       min(data_address & (line_size_bytes - 1)) AS first_offset_bytes,
       max((data_address & (line_size_bytes - 1)) + size_bytes) AS end_offset_bytes
FROM line_sample_accesses
JOIN line_samples ON line_samples.id = line_sample_id
JOIN threads ON threads.id = thread_id
JOIN run
WHERE position = 0
GROUP BY line_address, thread_id;

-- The coverage law: missing is 0 in every row.
CREATE VIEW coverage_law AS
SELECT collector,
       unit,
       state,
       reason,
       seen,
       attributed,
       unresolved,
       lost,
       seen - attributed - unresolved - lost AS missing
FROM (
  SELECT *, (SELECT coalesce(sum(lost), 0) FROM coverage_losses WHERE coverage_id = id) AS lost
  FROM coverage
);

CREATE VIEW source_access_list AS
SELECT object.usr AS object_usr,
       function.usr AS function_usr,
       path,
       line,
       column,
       access,
       form,
       memory_order,
       loop_depth,
       (SELECT count(*) FROM source_access_locks WHERE access_id = source_accesses.id) AS locks_held
FROM source_accesses
JOIN source_symbols AS object ON object.id = object_symbol_id
LEFT JOIN source_symbols AS function ON function.id = function_symbol_id
LEFT JOIN source_files ON source_files.id = file_id;
