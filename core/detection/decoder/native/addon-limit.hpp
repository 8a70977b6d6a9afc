// A limit on the memory of this process.
#pragma once

#include <napi.h>

namespace siteglass {

/** Adds `memoryInUse` and `limitMemory`. */
void exportLimit(Napi::Env env, Napi::Object exports);

}  // namespace siteglass
