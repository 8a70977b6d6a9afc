// Checks of what the program passes.
#pragma once

#include <napi.h>

#include <cstdint>

namespace siteglass {

constexpr int kMaxSide = 65535;

inline Napi::Uint8Array bytesOf(const Napi::Value& value) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw Napi::TypeError::New(value.Env(), "expected a Uint8Array");
  }
  return value.As<Napi::Uint8Array>();
}

/** A buffer of at least so many bytes. */
inline std::uint8_t* pixelsOf(const Napi::Value& value, std::size_t count) {
  Napi::Uint8Array array = bytesOf(value);
  if (array.ByteLength() < count) throw Napi::RangeError::New(value.Env(), "fewer bytes than pixels");
  return array.Data();
}

inline int sideOf(const Napi::Value& value) {
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!(number >= 1 && number <= kMaxSide)) throw Napi::RangeError::New(value.Env(), "size of a picture");
  return static_cast<int>(number);
}

}  // namespace siteglass
