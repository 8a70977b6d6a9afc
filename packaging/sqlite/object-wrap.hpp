// node::ObjectWrap as Node.js 20 and 22 have it. That of Node.js 24 removes a hook in its destructor, which aborts the process
// if objects are collected outside a context: better-sqlite3's statements are.
#pragma once

#include <node.h>

namespace node {
inline void withoutCleanupHook(v8::Isolate*, void (*)(void*), void*) {}
}  // namespace node

#define AddEnvironmentCleanupHook withoutCleanupHook
#define RemoveEnvironmentCleanupHook withoutCleanupHook
#include <node_object_wrap.h>
#undef AddEnvironmentCleanupHook
#undef RemoveEnvironmentCleanupHook
