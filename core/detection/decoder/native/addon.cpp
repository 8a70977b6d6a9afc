// What the program sees of the decoder.
#include <napi.h>

#include "jpeg.hpp"

namespace {

/** (bytes, denominator, colour, maxPixels, maxScans) → pixels and their condition, or `{ error }`. */
Napi::Value decodeJpeg(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsTypedArray() || info[0].As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw Napi::TypeError::New(env, "expected a Uint8Array");
  }
  const Napi::Uint8Array bytes = info[0].As<Napi::Uint8Array>();
  siteglass::JpegRequest request;
  request.denominator = info[1].As<Napi::Number>().Int32Value();
  request.colour = info[2].ToBoolean();
  request.maxPixels = static_cast<std::size_t>(info[3].As<Napi::Number>().Int64Value());
  request.maxScans = info[4].As<Napi::Number>().Int32Value();
  Napi::Object result = Napi::Object::New(env);
  try {
    const siteglass::JpegPixels pixels = siteglass::decodeJpeg(bytes.Data(), bytes.ByteLength(), request);
    result["width"] = pixels.width;
    result["height"] = pixels.height;
    result["data"] = Napi::Buffer<std::uint8_t>::Copy(env, pixels.data.data(), pixels.data.size());
    result["damaged"] = pixels.damaged;
    result["wholeRows"] = pixels.wholeRows;
    result["reason"] = pixels.reason;
  } catch (const std::exception& error) {
    result["error"] = error.what();
  }
  return result;
}

Napi::Object start(Napi::Env env, Napi::Object exports) {
  exports["decodeJpeg"] = Napi::Function::New(env, decodeJpeg, "decodeJpeg");
  return exports;
}

}  // namespace

NODE_API_MODULE(decoder, start)
