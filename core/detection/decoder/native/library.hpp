// Libraries that are loaded when a picture needs them.
#pragma once

#include <dlfcn.h>

#include <initializer_list>
#include <string>

#include "picture.hpp"

namespace siteglass {

/** A shared library of the system, by its C interface. It stays loaded. */
class Library {
 public:
  /** Throws `MissingLibrary` if there is none with one of these names. */
  Library(const char* package, std::initializer_list<const char*> names) : package_(package) {
    for (const char* const name : names) {
      handle_ = dlopen(name, RTLD_NOW | RTLD_LOCAL);
      if (handle_) return;
    }
    throw MissingLibrary(package_);
  }

  template <class Function>
  Function* function(const char* name) const {
    void* const address = dlsym(handle_, name);
    if (!address) throw MissingLibrary(package_);
    return reinterpret_cast<Function*>(address);
  }

 private:
  const char* const package_;
  void* handle_ = nullptr;
};

}  // namespace siteglass
