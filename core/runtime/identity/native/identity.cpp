// Makes a process that root started act as another user from now on, in all of its threads: the C library passes each of
// these calls to every thread. Nothing of it comes back.
#include <grp.h>
#include <node_api.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace {

napi_value fail(napi_env env, const char* call) {
  char text[128];
  std::snprintf(text, sizeof text, "%s: %s", call, std::strerror(errno));
  napi_throw_error(env, nullptr, text);
  return nullptr;
}

// become(uid, gid)
napi_value become(napi_env env, napi_callback_info info) {
  napi_value words[2];
  size_t count = 2;
  uint32_t uid = 0;
  uint32_t gid = 0;
  if (napi_get_cb_info(env, info, &count, words, nullptr, nullptr) != napi_ok || count != 2 ||
      napi_get_value_uint32(env, words[0], &uid) != napi_ok ||
      napi_get_value_uint32(env, words[1], &gid) != napi_ok || uid == 0) {
    napi_throw_type_error(env, nullptr, "expected the numbers of a user other than root, and of a group");
    return nullptr;
  }
  const gid_t group = gid;
  if (setgroups(1, &group) != 0) return fail(env, "setgroups");
  if (setresgid(gid, gid, gid) != 0) return fail(env, "setresgid");
  if (setresuid(uid, uid, uid) != 0) return fail(env, "setresuid");
  return nullptr;
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value function;
  if (napi_create_function(env, "become", NAPI_AUTO_LENGTH, become, nullptr, &function) != napi_ok ||
      napi_set_named_property(env, exports, "become", function) != napi_ok)
    return nullptr;
  return exports;
}
