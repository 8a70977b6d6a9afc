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

Napi::Value memoryInUse(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(dataBytes()));
}

/** (bytes): allocations beyond it fail, until the next call. The hard limit holds whatever is asked for. */
Napi::Value limitMemory(const Napi::CallbackInfo& info) {
  const double bytes = info[0].As<Napi::Number>().DoubleValue();
  rlimit limit{};
  if (getrlimit(RLIMIT_DATA, &limit) == 0) {
    const bool all = !(bytes < 9e15);
    limit.rlim_cur = all ? limit.rlim_max : std::min(static_cast<rlim_t>(bytes), limit.rlim_max);
    setrlimit(RLIMIT_DATA, &limit);
  }
  return info.Env().Undefined();
}

}  // namespace

void exportLimit(Napi::Env env, Napi::Object exports) {
  exports["memoryInUse"] = Napi::Function::New(env, memoryInUse, "memoryInUse");
  exports["limitMemory"] = Napi::Function::New(env, limitMemory, "limitMemory");
}

}  // namespace siteglass
