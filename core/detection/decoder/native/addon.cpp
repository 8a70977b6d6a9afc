// What the program sees of the decoder: bytes in, pixels out.
#include <napi.h>

#include <string>

#include "addon-input.hpp"
#include "addon-limit.hpp"
#include "addon-sandbox.hpp"
#include "area.hpp"
#include "arguments.hpp"
#include "encode.hpp"
#include "picture.hpp"
#include "turn.hpp"

namespace {

using siteglass::Bytes;
using siteglass::bytesOf;
using siteglass::Picture;
using siteglass::pixelsOf;
using siteglass::Request;
using siteglass::sideOf;

using Decode = Picture (*)(Bytes, const Request&, const siteglass::Allocate&);

Decode decoderOf(const std::string& kind) {
  if (kind == "jpeg") return siteglass::decodeJpeg;
  if (kind == "png") return siteglass::decodePng;
  if (kind == "webp") return siteglass::decodeWebp;
  if (kind == "gif") return siteglass::decodeGif;
  if (kind == "bmp") return siteglass::decodeBmp;
  if (kind == "tiff") return siteglass::decodeTiff;
  if (kind == "heif") return siteglass::decodeHeif;
  if (kind == "jxl") return siteglass::decodeJxl;
  return nullptr;
}

Request requestOf(const Napi::Object& options) {
  Request request;
  request.colour = options.Get("colour").ToBoolean();
  request.ycc = options.Get("ycc").ToBoolean();
  request.denominator = options.Get("denominator").As<Napi::Number>().Int32Value();
  request.maxPixels = static_cast<std::size_t>(options.Get("maxPixels").As<Napi::Number>().Int64Value());
  request.maxScans = options.Get("maxScans").As<Napi::Number>().Int32Value();
  request.maxScanned = static_cast<std::uint64_t>(options.Get("maxScanned").As<Napi::Number>().Int64Value());
  return request;
}

/** (kind, bytes, options, allocate: (bytes: number) => Uint8Array) → the picture's condition, or why there is none. */
Napi::Value decode(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Decode decodeKind = decoderOf(info[0].As<Napi::String>());
  if (!decodeKind) throw Napi::TypeError::New(env, "an unknown kind of picture");
  Napi::Uint8Array bytes = bytesOf(info[1]);
  const Request request = requestOf(info[2].As<Napi::Object>());
  const Napi::Function allocate = info[3].As<Napi::Function>();
  const auto memory = [&](int width, int height, int channels) {
    const std::size_t count = static_cast<std::size_t>(width) * height * channels;
    return pixelsOf(allocate.Call({Napi::Number::New(env, static_cast<double>(count))}), count);
  };
  Napi::Object result = Napi::Object::New(env);
  try {
    const Picture picture = decodeKind({bytes.Data(), bytes.ByteLength()}, request, memory);
    result["width"] = picture.width;
    result["height"] = picture.height;
    result["ycc"] = picture.ycc;
    result["holdsGrey"] = picture.holdsGrey;
    result["damaged"] = picture.damaged;
    result["whole"] = picture.whole;
    result["reason"] = picture.reason;
  } catch (const siteglass::TooManyPixels& error) {
    result["tooLarge"] = true;
    result["width"] = error.width;
    result["height"] = error.height;
  } catch (const siteglass::TooCostly& error) {
    result["tooCostly"] = error.what();
  } catch (const siteglass::MissingLibrary& error) {
    result["missing"] = error.what();
  } catch (const siteglass::Undecodable& error) {
    result["error"] = error.what();
  } catch (const std::bad_alloc&) {
    result["error"] = "out of memory";
  }
  return result;
}

/** (from, width, height, to, toWidth, toHeight) of grey pixels; see `siteglass::reduce`. */
Napi::Value reduce(const Napi::CallbackInfo& info) {
  const siteglass::Size from{sideOf(info[1]), sideOf(info[2])}, to{sideOf(info[4]), sideOf(info[5])};
  if (to.width > from.width || to.height > from.height) throw Napi::RangeError::New(info.Env(), "larger than before");
  const std::uint8_t* const pixels = pixelsOf(info[0], static_cast<std::size_t>(from.width) * from.height);
  siteglass::reduce(pixels, from, pixelsOf(info[3], static_cast<std::size_t>(to.width) * to.height), to);
  return info.Env().Undefined();
}

/** (from, width, height, channels, orientation, to); see `siteglass::turn`. */
Napi::Value turn(const Napi::CallbackInfo& info) {
  const int width = sideOf(info[1]), height = sideOf(info[2]);
  const int channels = info[3].As<Napi::Number>().Int32Value(), orientation = info[4].As<Napi::Number>().Int32Value();
  if ((channels != 1 && channels != 3) || orientation < 1 || orientation > 8) {
    throw Napi::RangeError::New(info.Env(), "channels or orientation");
  }
  const std::size_t count = static_cast<std::size_t>(width) * height * channels;
  siteglass::turn(pixelsOf(info[0], count), width, height, channels, orientation, pixelsOf(info[5], count));
  return info.Env().Undefined();
}

/** (pixels: blue, green and red, width, height, quality) → the bytes of a JPEG. */
Napi::Value encodeJpeg(const Napi::CallbackInfo& info) {
  const int width = sideOf(info[1]), height = sideOf(info[2]);
  const int quality = info[3].As<Napi::Number>().Int32Value();
  if (quality < 1 || quality > 100) throw Napi::RangeError::New(info.Env(), "quality");
  const std::uint8_t* const pixels = pixelsOf(info[0], static_cast<std::size_t>(width) * height * 3);
  try {
    const auto bytes = siteglass::encodeJpeg(pixels, width, height, quality);
    return Napi::Buffer<std::uint8_t>::Copy(info.Env(), bytes.data(), bytes.size());
  } catch (const std::exception& error) {
    throw Napi::Error::New(info.Env(), error.what());
  }
}

Napi::Object start(Napi::Env env, Napi::Object exports) {
  exports["decode"] = Napi::Function::New(env, decode, "decode");
  exports["encodeJpeg"] = Napi::Function::New(env, encodeJpeg, "encodeJpeg");
  exports["reduce"] = Napi::Function::New(env, reduce, "reduce");
  exports["turn"] = Napi::Function::New(env, turn, "turn");
  siteglass::exportInput(env, exports);
  siteglass::exportLimit(env, exports);
  siteglass::exportSandbox(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(decoder, start)
