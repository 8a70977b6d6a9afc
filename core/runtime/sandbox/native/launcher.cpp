// Starts a program without new privileges and within Landlock (landlock(7)): it can read the named files alone, write none,
// and neither connect over TCP nor signal other processes. Landlock binds the calling thread and what it starts, so it has
// to be entered before Node.js has threads.
//
//   worker-launcher [--read PATH | --keep PATH | --execute PATH | --device PATH | --connect PORT]... -- PROGRAM [ARGUMENT]...
//
// It may connect to the named TCP ports. A path that does not exist is skipped. What the kernel does not have is left out: SITEGLASS_LANDLOCK in the environment of
// the program is the version of Landlock that holds, or the reason why none does.
//
// There is no io_uring for it either: libuv (from 1.48 on) makes one before the program can give it up, and then depends on it.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

// The kernel's interface (include/uapi/linux/landlock.h), which older headers have in part.
struct RulesetAttributes {
  std::uint64_t files, network, scopes;
};
struct PortRule {
  std::uint64_t allowed, port;
};
struct [[gnu::packed]] PathRule {
  std::uint64_t allowed;
  std::int32_t folder;
};
constexpr long kCreateRuleset = 444, kAddRule = 445, kRestrictSelf = 446;
constexpr unsigned kVersionFlag = 1;
constexpr int kPathRule = 1, kPortRule = 2;

constexpr std::uint64_t kExecute = 1 << 0, kWriteFile = 1 << 1, kReadFile = 1 << 2, kReadFolder = 1 << 3,
                        kControlDevice = 1 << 15;
constexpr std::uint64_t kConnect = 2;
/** The rights of a rule for something else than a folder. */
constexpr std::uint64_t kFileRights = kExecute | kWriteFile | kReadFile | kControlDevice;

/** All rights that this version knows, thus all that no rule allows are denied. */
RulesetAttributes everythingIn(long version) {
  RulesetAttributes all{(1 << 13) - 1, 0, 0};
  if (version >= 2) all.files |= 1 << 13;    // To move files between folders.
  if (version >= 3) all.files |= 1 << 14;    // To truncate.
  if (version >= 5) all.files |= kControlDevice;
  if (version >= 4) all.network = 1 | kConnect;  // To bind and connect over TCP.
  if (version >= 6) all.scopes = 1 | 2;      // Abstract Unix sockets and signals.
  return all;
}

std::size_t sizeIn(long version) {
  if (version >= 6) return sizeof(RulesetAttributes);
  return version >= 4 ? 2 * sizeof(std::uint64_t) : sizeof(std::uint64_t);
}

constexpr const char* kPort = "--connect";

struct Kind {
  const char* option;
  std::uint64_t allowed;
  /** The file stays open: procfs makes a new inode, which the rule does not hold for, once nothing uses the old one. */
  bool isKept;
};
constexpr Kind kKinds[] = {
    {"--read", kReadFile | kReadFolder, false},
    {"--keep", kReadFile | kReadFolder, true},
    {"--execute", kExecute | kReadFile | kReadFolder, false},
    {"--device", kReadFile | kWriteFile | kControlDevice, false},
    {kPort, kConnect, false},
};

const Kind* kindOf(const char* option) {
  for (const Kind& kind : kKinds) {
    if (std::strcmp(kind.option, option) == 0) return &kind;
  }
  return nullptr;
}

/** Whether the rule holds. */
bool allowPort(int ruleset, const char* port) {
  const PortRule rule{kConnect, std::strtoull(port, nullptr, 10)};
  return syscall(kAddRule, ruleset, kPortRule, &rule, 0) == 0;
}

/** Whether the rule holds, or there is nothing to allow. */
bool allowPath(int ruleset, const RulesetAttributes& known, const Kind& kind, const char* path) {
  const int file = open(path, O_PATH | (kind.isKept ? 0 : O_CLOEXEC));
  if (file < 0) return true;
  struct stat found {};
  if (fstat(file, &found) != 0) return false;
  const std::uint64_t allowed = kind.allowed & known.files;
  PathRule rule{S_ISDIR(found.st_mode) ? allowed : allowed & kFileRights, file};
  const bool isAdded = syscall(kAddRule, ruleset, kPathRule, &rule, 0) == 0;
  if (!kind.isKept) close(file);
  return isAdded;
}

/** libuv does without io_uring where the call does not exist. Without seccomp, it stays. */
void hideIoUring() {
  constexpr unsigned kIoUringSetup = 425;
  sock_filter code[] = {
      {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, kIoUringSetup},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | ENOSYS},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  sock_fprog program{sizeof code / sizeof *code, code};
  // As in the worker's own filter: no slower processor before Linux 5.16.
  constexpr unsigned long kSpecAllow = 1 << 2;
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, kSpecAllow, &program) != 0)
    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

int fail(const char* what) {
  std::fprintf(stderr, "worker-launcher: %s: %s\n", what, std::strerror(errno));
  return 127;
}

/** Enters Landlock with the rules of the arguments up to `end`. The version that holds; negative, with `errno`, if none does. */
long restrict(char** arguments, int end) {
  const long version = syscall(kCreateRuleset, nullptr, 0, kVersionFlag);
  if (version < 1) return -1;
  const RulesetAttributes all = everythingIn(version);
  const int ruleset = static_cast<int>(syscall(kCreateRuleset, &all, sizeIn(version), 0));
  if (ruleset < 0) return -1;
  fcntl(ruleset, F_SETFD, FD_CLOEXEC);
  for (int i = 1; i + 1 < end; i += 2) {
    const Kind& kind = *kindOf(arguments[i]);
    const bool isPort = kind.option == kPort;
    if (isPort && all.network == 0) continue;
    if (!(isPort ? allowPort(ruleset, arguments[i + 1]) : allowPath(ruleset, all, kind, arguments[i + 1]))) return -1;
  }
  return syscall(kRestrictSelf, ruleset, 0) == 0 ? version : -1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 2 && std::strcmp(arguments[1], "--version") == 0) return std::puts("worker-launcher 1") < 0;
  int end = 1;
  while (end < count && std::strcmp(arguments[end], "--") != 0) {
    if (!kindOf(arguments[end])) return std::fprintf(stderr, "worker-launcher: unknown option %s\n", arguments[end]), 2;
    end += 2;
  }
  if (end + 1 >= count) return std::fputs("worker-launcher: no program\n", stderr), 2;

  long version = -1;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) version = restrict(arguments, end);
  char state[128];
  std::snprintf(state, sizeof state, "%ld", version);
  setenv("SITEGLASS_LANDLOCK", version > 0 ? state : std::strerror(errno), 1);
  hideIoUring();
  execv(arguments[end + 1], arguments + end + 1);
  return fail(arguments[end + 1]);
}
