// What the program sees of the preparation of a model's input.
#pragma once

#include <napi.h>

namespace siteglass {

/** Adds `letterbox`, `reduceColour` and `grey`. */
void exportInput(Napi::Env env, Napi::Object exports);

}  // namespace siteglass
