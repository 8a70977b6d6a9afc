// The system calls that a worker may not make.
#pragma once

#include <linux/filter.h>

#include <vector>

namespace siteglass {

/** A filter for seccomp(2), of a process with this id. What it refuses fails with EPERM. */
std::vector<sock_filter> syscallFilter(unsigned process);

}  // namespace siteglass
