#include "addon-limit.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>

namespace siteglass {
namespace {

/** Private memory that may be written to, of which RLIMIT_DATA is the limit (getrlimit(2)); 0 if it is not known. */
rlim_t dataBytes() {
  std::FILE* const status = std::fopen("/proc/self/status", "r");
  if (!status) return 0;
  char line[256];
  unsigned long long kilobytes = 0;
  while (std::fgets(line, sizeof line, status) && std::sscanf(line, "VmData: %llu kB", &kilobytes) != 1) {
  }
  std::fclose(status);
  return static_cast<rlim_t>(kilobytes) * 1024;
}

/** (more): beyond so many bytes more than now, allocations fail. */
Napi::Value limitMemory(const Napi::CallbackInfo& info) {
  const auto more = static_cast<rlim_t>(info[0].As<Napi::Number>().Int64Value());
  rlimit limit{};
  if (getrlimit(RLIMIT_DATA, &limit) == 0) {
    const rlim_t wanted = dataBytes() + more;
    limit.rlim_cur = limit.rlim_max == RLIM_INFINITY ? wanted : std::min(wanted, limit.rlim_max);
    setrlimit(RLIMIT_DATA, &limit);
  }
  return info.Env().Undefined();
}

}  // namespace

void exportLimit(Napi::Env env, Napi::Object exports) {
  exports["limitMemory"] = Napi::Function::New(env, limitMemory, "limitMemory");
}

}  // namespace siteglass
