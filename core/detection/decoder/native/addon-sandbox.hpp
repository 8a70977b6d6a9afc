// What the program calls to give up what a worker does not need.
#pragma once

#include <napi.h>

namespace siteglass {

void exportSandbox(Napi::Env env, Napi::Object exports);

}  // namespace siteglass
