// What a worker that was taken over would try: attempt(name, parent, path) returns 0, or the number of the error.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <node_api.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static long closed(long descriptor) {
  if (descriptor >= 0) close((int)descriptor);
  return descriptor;
}

static long opened(const char* path, int flags) { return closed(syscall(SYS_openat, AT_FDCWD, path, flags, 0600)); }

static long forked(long flags) {
  const long child = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
  if (child == 0) _exit(0);
  if (child > 0) waitpid((pid_t)child, 0, 0);
  return child;
}

static long owned(int parent) {
  int pipes[2];
  if (pipe2(pipes, O_CLOEXEC) != 0) return 0;
  const long result = fcntl(pipes[0], F_SETOWN, parent);
  const int error = errno;
  close(pipes[0]), close(pipes[1]);
  errno = error;
  return result;
}

static long attempt(const char* what, int parent, const char* path) {
  if (!strcmp(what, "tcp socket")) return closed(syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
  if (!strcmp(what, "udp socket")) return closed(syscall(SYS_socket, AF_INET6, SOCK_DGRAM, 0));
  if (!strcmp(what, "unix socket")) return closed(syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
  if (!strcmp(what, "netlink socket")) return closed(syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0));
  if (!strcmp(what, "ptrace parent")) {
    const long result = syscall(SYS_ptrace, PTRACE_SEIZE, parent, 0, 0);
    if (result == 0) ptrace(PTRACE_DETACH, parent, 0, 0);
    return result;
  }
  if (!strcmp(what, "read parent's memory")) {
    char byte;
    struct iovec here = {&byte, 1}, there = {(void*)0x1000, 1};
    const long result = syscall(SYS_process_vm_readv, parent, &here, 1, &there, 1, 0);
    return result < 0 && errno == EFAULT ? 0 : result;
  }
  if (!strcmp(what, "signal parent")) return syscall(SYS_kill, parent, 0);
  if (!strcmp(what, "signal parent's thread")) return syscall(SYS_tkill, parent, 0);
  if (!strcmp(what, "signal group")) return syscall(SYS_kill, 0, 0);
  if (!strcmp(what, "signal everyone")) return syscall(SYS_kill, -1, 0);
  if (!strcmp(what, "own signals of parent")) return owned(parent);
  if (!strcmp(what, "pidfd of parent")) return closed(syscall(434, parent, 0));
  if (!strcmp(what, "limits of parent")) {
    struct rlimit limit;
    return syscall(SYS_prlimit64, parent, RLIMIT_NOFILE, 0, &limit);
  }
  if (!strcmp(what, "priority of parent")) return setpriority(PRIO_PROCESS, (id_t)parent, 0);
  if (!strcmp(what, "exec")) {
    // Not a program, so that it fails in any case.
    const long result = syscall(SYS_execve, path, 0, 0);
    return result < 0 && errno == ENOEXEC ? 0 : result;
  }
  if (!strcmp(what, "fork")) return forked(0);
  if (!strcmp(what, "clone3")) return syscall(435, 0, 0) < 0 && errno == EINVAL ? 0 : -1;
  if (!strcmp(what, "namespace")) return syscall(SYS_unshare, CLONE_NEWUTS);
  if (!strcmp(what, "mount")) return mount("none", "/nowhere", "tmpfs", 0, 0) < 0 && errno == ENOENT ? 0 : -1;
  if (!strcmp(what, "io_uring")) return closed(syscall(425, 0, 0)) < 0 && errno == EFAULT ? 0 : -1;
  if (!strcmp(what, "bpf")) return syscall(SYS_bpf, 999, 0, 0) < 0 && errno == EINVAL ? 0 : -1;
  if (!strcmp(what, "key")) return syscall(SYS_keyctl, 0, -3, 1) < 0 ? -1 : 0;
  if (!strcmp(what, "shared memory")) return syscall(SYS_shmget, 0, 4096, 0600) < 0 ? -1 : 0;
  if (!strcmp(what, "read file")) return opened(path, O_RDONLY);
  if (!strcmp(what, "write file")) return opened(path, O_WRONLY);
  if (!strcmp(what, "truncate file")) return opened(path, O_RDONLY | O_TRUNC);
  if (!strcmp(what, "chmod file")) return syscall(SYS_fchmodat, AT_FDCWD, path, 0600);
  if (!strcmp(what, "link file")) return syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, path, 0) < 0 && errno == EEXIST ? 0 : -1;
  errno = ENOTSUP;
  return -1;
}

static napi_value call(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3], result;
  char what[64], path[4096];
  int32_t parent;
  napi_get_cb_info(env, info, &count, arguments, 0, 0);
  napi_get_value_string_utf8(env, arguments[0], what, sizeof what, 0);
  napi_get_value_int32(env, arguments[1], &parent);
  napi_get_value_string_utf8(env, arguments[2], path, sizeof path, 0);
  errno = 0;
  napi_create_int32(env, attempt(what, parent, path) < 0 ? errno : 0, &result);
  return result;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "attempt", NAPI_AUTO_LENGTH, call, 0, &function);
  napi_set_named_property(env, exports, "attempt", function);
  return exports;
}
