// On which kernel, CPU and cache geometry does the recording run?
#include <sys/utsname.h>
#include <unistd.h>

#include "collect/proc_text.h"
#include "collect/target.h"

namespace quarrel {
namespace {

std::string cpu_model() {
  const std::string text = read_text_file("/proc/cpuinfo").value_or("");
  const size_t field = text.find("model name");
  if (field == std::string::npos) return "unknown";
  const size_t value = text.find(": ", field);
  const size_t line_end = text.find('\n', field);
  if (value == std::string::npos || value > line_end) return "unknown";
  return text.substr(value + 2, line_end - value - 2);
}

uint32_t cache_line_bytes() {
  const auto text = read_text_file("/sys/devices/system/cpu/cpu0/cache/index0/coherency_line_size");
  const auto bytes = text ? last_number(*text) : std::nullopt;
  // Virtual machines may hide the cache topology; 64 holds for every x86-64 so far.
  return bytes && *bytes >= 16 && *bytes <= 1024 ? static_cast<uint32_t>(*bytes) : 64;
}

}  // namespace

HostFacts read_host_facts() {
  HostFacts facts;
  utsname names{};
  if (::uname(&names) == 0) {
    facts.kernel = names.release;
    facts.machine = names.machine;
  }
  facts.cpu_model = cpu_model();
  const long online = ::sysconf(_SC_NPROCESSORS_ONLN);
  facts.cpus = online > 0 ? static_cast<uint32_t>(online) : 1;
  facts.line_size = cache_line_bytes();
  return facts;
}

}  // namespace quarrel
