#include "syscall-filter.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

namespace siteglass {
namespace {

#if defined(__x86_64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_AARCH64;
#endif

/** The newest call whose purpose was known when this was written. Later ones do not exist for a worker. */
constexpr unsigned kNewest = 470;

// The same numbers on all architectures, and missing in older headers.
enum : unsigned {
  kIoUringSetup = 425, kIoUringEnter, kIoUringRegister, kOpenTree, kMoveMount, kFsOpen, kFsConfig, kFsMount, kFsPick,
  kPidfdOpen, kClone3, kOpenAt2 = 437, kPidfdGetfd, kProcessMadvise = 440, kMountSetattr = 442, kQuotactlFd,
  kProcessMrelease = 448, kFchmodAt2 = 452, kSetxattrAt = 463, kRemovexattrAt = 466, kOpenTreeAttr, kFileSetattr = 469,
};

/** Not one of these is needed to decode, search or draw. */
constexpr unsigned kDenied[] = {
    // Connections, and descriptors over those that there are.
    SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4, SYS_sendto, SYS_sendmsg,
    SYS_sendmmsg,
    // Other programs.
    SYS_execve, SYS_execveat,
    // Other processes. Signals are among the calls that depend on their arguments.
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_tkill, SYS_pidfd_send_signal, kPidfdOpen,
    kPidfdGetfd, kProcessMadvise, kProcessMrelease, SYS_migrate_pages, SYS_move_pages, SYS_ioprio_set, SYS_setpgid,
    // Other users.
    SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setfsuid, SYS_setfsgid,
    SYS_setgroups, SYS_capset,
    // Memory and queues that processes share.
    SYS_shmget, SYS_shmat, SYS_shmctl, SYS_semget, SYS_semop, SYS_semtimedop, SYS_semctl, SYS_msgget, SYS_msgctl, SYS_msgsnd, SYS_msgrcv, SYS_mq_open,
    SYS_mq_unlink,
    // Files, except to read them.
    SYS_mkdirat, SYS_mknodat, SYS_unlinkat, SYS_symlinkat, SYS_linkat, SYS_renameat2, SYS_truncate, SYS_fchmod, SYS_fchmodat,
    SYS_fchown, SYS_fchownat, SYS_utimensat, SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr, SYS_removexattr, SYS_lremovexattr,
    SYS_fremovexattr, SYS_name_to_handle_at, SYS_open_by_handle_at, SYS_fanotify_init, SYS_fanotify_mark, kFchmodAt2,
    kSetxattrAt, kRemovexattrAt, kFileSetattr,
#if defined(__x86_64__)
    SYS_creat, SYS_mkdir, SYS_rmdir, SYS_mknod, SYS_unlink, SYS_symlink, SYS_link, SYS_rename, SYS_renameat, SYS_chmod, SYS_chown,
    SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat, SYS_fork, SYS_vfork, SYS_uselib, SYS_modify_ldt, SYS_iopl, SYS_ioperm,
#elif defined(__aarch64__)
    38 /* renameat */,
#endif
    // Namespaces and mounts.
    SYS_unshare, SYS_setns, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, kOpenTree, kMoveMount, kFsOpen, kFsConfig,
    kFsMount, kFsPick, kMountSetattr, kOpenTreeAttr,
    // The kernel: its less examined parts, and what only an administrator does.
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_personality, SYS_init_module,
    SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_kexec_file_load, SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct, SYS_quotactl,
    kQuotactlFd, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex, SYS_sethostname, SYS_setdomainname,
    SYS_syslog, SYS_vhangup,
};

/**
 * Calls that a filter cannot judge, because their arguments are in memory: the C library and libuv do without, by a call that
 * can be judged, if they do not exist.
 */
constexpr unsigned kAbsent[] = {kClone3, kOpenAt2, kIoUringSetup, kIoUringEnter, kIoUringRegister};

/** Ways to open a file other than to read it. */
constexpr unsigned kWriting = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
/** What a thread must not be made with. */
constexpr unsigned kNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
                                 CLONE_NEWNET;
/** fcntl and ioctl that have the kernel signal another process, or write to a terminal. */
constexpr unsigned kOwnerCommands[] = {F_SETOWN, 15 /* F_SETOWN_EX */, 10 /* F_SETSIG */};
constexpr unsigned kDeviceCommands[] = {0x5412 /* TIOCSTI */, 0x541c /* TIOCLINUX */, 0x8901 /* FIOSETOWN */,
                                        0x8902 /* SIOCSPGRP */};

constexpr unsigned kAllow = SECCOMP_RET_ALLOW;
constexpr unsigned refusal(unsigned error) { return SECCOMP_RET_ERRNO | error; }

class Program {
 public:
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offset)); }
  /** The lower half: numbers of processes, commands and flags fit into it. Both architectures are little-endian. */
  void loadArgument(unsigned index) { load(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t)); }
  void end(unsigned result) { add(BPF_RET | BPF_K, result); }
  void endIf(unsigned value, unsigned result) { add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1), end(result); }
  void endUnless(unsigned value, unsigned result) { add(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0), end(result); }
  void endIfAbove(unsigned value, unsigned result) { add(BPF_JMP | BPF_JGT | BPF_K, value, 0, 1), end(result); }
  void endIfAny(unsigned bits, unsigned result) { add(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1), end(result); }
  void endUnlessAny(unsigned bits, unsigned result) { add(BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0), end(result); }

  /** `judge` decides on one call; what it does not refuse is allowed. */
  template <typename Judge>
  void judge(unsigned call, Judge judge) {
    const std::size_t jump = code.size();
    add(BPF_JMP | BPF_JEQ | BPF_K, call);
    judge();
    end(kAllow);
    code[jump].jf = static_cast<unsigned char>(code.size() - jump - 1);
  }

  std::vector<sock_filter> code;

 private:
  void add(unsigned operation, unsigned value, unsigned char ifTrue = 0, unsigned char ifFalse = 0) {
    code.push_back({static_cast<unsigned short>(operation), ifTrue, ifFalse, value});
  }
};

}  // namespace

std::vector<sock_filter> syscallFilter(unsigned process) {
  constexpr unsigned denied = refusal(EPERM);
  Program program;
  program.load(offsetof(seccomp_data, arch));
  program.endUnless(kArchitecture, denied);
  program.load(offsetof(seccomp_data, nr));
  // Also the calls of the x32 interface.
  program.endIfAbove(kNewest, refusal(ENOSYS));
  for (const unsigned call : kDenied) program.endIf(call, denied);
  for (const unsigned call : kAbsent) program.endIf(call, refusal(ENOSYS));

  program.judge(SYS_clone, [&] {
    program.loadArgument(0);
    program.endUnlessAny(CLONE_THREAD, denied);
    program.endIfAny(kNamespaces, denied);
  });
  program.judge(SYS_openat, [&] {
    program.loadArgument(2);
    program.endIfAny(kWriting, denied);
  });
#if defined(__x86_64__)
  program.judge(SYS_open, [&] {
    program.loadArgument(1);
    program.endIfAny(kWriting, denied);
  });
#endif
  for (const unsigned call : {SYS_kill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo}) {
    program.judge(call, [&] {
      program.loadArgument(0);
      program.endUnless(process, denied);
    });
  }
  program.judge(SYS_prlimit64, [&] {
    program.loadArgument(0);
    program.endIf(0, kAllow);
    program.endUnless(process, denied);
  });
  // Of the calling thread alone.
  for (const unsigned call : {SYS_sched_setaffinity, SYS_sched_setparam, SYS_sched_setscheduler, SYS_sched_setattr}) {
    program.judge(call, [&] {
      program.loadArgument(0);
      program.endUnless(0, denied);
    });
  }
  program.judge(SYS_setpriority, [&] {
    program.loadArgument(0);
    program.endUnless(0, denied);
    program.loadArgument(1);
    program.endUnless(0, denied);
  });
  program.judge(SYS_fcntl, [&] {
    program.loadArgument(1);
    for (const unsigned command : kOwnerCommands) program.endIf(command, denied);
  });
  program.judge(SYS_ioctl, [&] {
    program.loadArgument(1);
    for (const unsigned command : kDeviceCommands) program.endIf(command, denied);
  });
  program.end(kAllow);
  return program.code;
}

}  // namespace siteglass
