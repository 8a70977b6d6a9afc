#include "addon-sandbox.hpp"

#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "syscall-filter.hpp"

namespace siteglass {
namespace {

#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2)
#endif

/** Of all threads. The result is empty, or why it was not done. */
std::string filterSyscalls() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return std::strerror(errno);
  std::vector<sock_filter> code = syscallFilter(static_cast<unsigned>(getpid()));
  sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  // A filter would slow the processor down before Linux 5.16, as if the worker ran foreign code on purpose.
  for (const unsigned long flags :
       {SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW, SECCOMP_FILTER_FLAG_TSYNC}) {
    const long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    if (result == 0) return "";
    if (result > 0) return "a thread has another filter";
    if (errno != EINVAL) break;
  }
  return std::strerror(errno);
}

/** () → no threads, processes, connections or written files from now on; empty, or why that is not so. */
Napi::Value restrictSyscalls(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), filterSyscalls());
}

/** (bytes) → whether allocations fail from now on, in all threads, that make it more than so many; core dumps end, too. */
Napi::Value capMemory(const Napi::CallbackInfo& info) {
  const auto bytes = static_cast<rlim_t>(info[0].As<Napi::Number>().DoubleValue());
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  rlimit limit{};
  if (getrlimit(RLIMIT_DATA, &limit) != 0) return Napi::Boolean::New(info.Env(), false);
  if (limit.rlim_max > bytes) limit = {bytes, bytes};
  return Napi::Boolean::New(info.Env(), setrlimit(RLIMIT_DATA, &limit) == 0);
}

/** (bytes) → the descriptor of a file in memory that holds them. */
Napi::Value memoryFile(const Napi::CallbackInfo& info) {
  const auto bytes = info[0].As<Napi::Uint8Array>();
  const int file = static_cast<int>(syscall(SYS_memfd_create, "siteglass", MFD_CLOEXEC));
  if (file < 0) throw Napi::Error::New(info.Env(), std::strerror(errno));
  for (std::size_t at = 0; at < bytes.ByteLength();) {
    const ssize_t written = write(file, bytes.Data() + at, bytes.ByteLength() - at);
    if (written < 0) {
      const std::string reason = std::strerror(errno);
      close(file);
      throw Napi::Error::New(info.Env(), reason);
    }
    at += static_cast<std::size_t>(written);
  }
  return Napi::Number::New(info.Env(), file);
}

}  // namespace

void exportSandbox(Napi::Env env, Napi::Object exports) {
  exports["restrictSyscalls"] = Napi::Function::New(env, restrictSyscalls, "restrictSyscalls");
  exports["capMemory"] = Napi::Function::New(env, capMemory, "capMemory");
  exports["memoryFile"] = Napi::Function::New(env, memoryFile, "memoryFile");
}

}  // namespace siteglass
