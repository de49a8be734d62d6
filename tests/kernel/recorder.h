// How does a test record a target with chosen collectors, without the other stages?
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "collect/clock.h"
#include "collect/collector.h"
#include "resolve/go_probes.h"
#include "resolve/lock_probes.h"
#include "resolve/operands.h"

namespace quarrel {

/// Runs collectors on a target. Instead of an unwinder, every capture gets a stack of its one
/// innermost frame.
class Recorder {
 public:
  Recorder(pid_t pid, const std::vector<std::string>& collectors,
           const CollectOptions& collect = {},
           const std::function<void(GoProbePlan&)>& change_go_plan = {})
      : options(collect) {
    auto opened = open_target(pid);
    if (!opened) ADD_FAILURE() << opened.error().message;
    target = std::move(*opened);
    recording.run.start_ns = monotonic_ns();
    threads = std::make_unique<ThreadTable>(target, recording);
    refresh_target_facts(target, *threads, recording);
    CollectServices services;
    services.target = &target;
    services.recording = &recording;
    services.threads = threads.get();
    services.unwind = [this](const Capture& capture) { return one_frame(capture); };
    services.lock_probes = [this] { return plan_lock_probes(recording, target.root); };
    services.go_probes = [this, change_go_plan] {
      std::vector<GoProbePlan> plans = plan_go_probes(recording, target.root);
      if (change_go_plan) std::for_each(plans.begin(), plans.end(), change_go_plan);
      return plans;
    };
    services.decode_operands = [](const Capture& capture) {
      return std::vector<MemoryAccess>{{capture.registers[kRip], capture.registers[kRax], 8}};
    };
    services.watch_targets = [this] { return watch_targets; };
    services.access_before = [this](uint64_t ip) { return operands->access_before(ip); };
    shared_maps = services.shared_maps;
    operands = std::make_unique<OperandDecoder>(recording, target.root);
    for (const std::string& name : collectors) start(name, services);
    recording.run.start_ns = monotonic_ns();
    for (auto& collector : running) collector->begin(recording.run.start_ns);
  }

  void record_for(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      for (auto& collector : running) collector->poll();
    }
  }

  /// Until `is_enough`, at most 20 s: for events whose rate depends on what else the machine does.
  template <class Condition>
  void record_until(Condition is_enough) {
    for (int tries = 0; tries < 200 && !is_enough(); ++tries)
      record_for(std::chrono::milliseconds(100));
  }

  void checkpoint() {
    for (auto& collector : running) collector->checkpoint();
  }

  void stop() {
    for (auto& collector : running) collector->end(monotonic_ns());
    for (auto& collector : running) collector->stop();
  }

  const Coverage& coverage(const std::string& name) const {
    for (const Coverage& row : recording.coverage)
      if (row.collector == name) return row;
    static const Coverage none;
    ADD_FAILURE() << "no coverage of " << name;
    return none;
  }

  CollectOptions options;
  Target target;
  Recording recording;
  std::unique_ptr<ThreadTable> threads;
  std::vector<Capture> captures;
  std::vector<WatchTarget> watch_targets;  ///< what watchpoints are told to watch
  std::unique_ptr<OperandDecoder> operands;
  std::chrono::milliseconds unwinding_takes{0};
  std::vector<std::unique_ptr<Collector>> running;
  std::shared_ptr<SharedMaps> shared_maps;  ///< of the collectors

 private:
  void start(const std::string& name, const CollectServices& services) {
    const CollectorInfo* info = CollectorRegistry::find(name);
    ASSERT_NE(info, nullptr) << name;
    running.push_back(info->create());
    const Result<void> started = running.back()->start(options, services);
    EXPECT_TRUE(started.ok()) << started.error().message;
  }

  StackId one_frame(const Capture& capture) {
    std::this_thread::sleep_for(unwinding_takes);
    captures.push_back(capture);
    recording.frames.push_back({{}, capture.registers[kRip], false});
    recording.stacks.push_back(
        {{static_cast<uint32_t>(recording.frames.size() - 1)}, StackStatus::kComplete});
    return {static_cast<uint32_t>(recording.stacks.size() - 1)};
  }
};

}  // namespace quarrel
