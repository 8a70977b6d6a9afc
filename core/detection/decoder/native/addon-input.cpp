#include "addon-input.hpp"

#include "arguments.hpp"
#include "letterbox.hpp"

namespace siteglass {
namespace {

double numberOf(const Napi::Object& object, const char* name) {
  return object.Get(name).As<Napi::Number>().DoubleValue();
}

ColourPicture pictureOf(const Napi::Value& value) {
  const Napi::Object picture = value.As<Napi::Object>();
  const int width = sideOf(picture.Get("width")), height = sideOf(picture.Get("height"));
  const std::size_t count = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3;
  return {pixelsOf(picture.Get("bytes"), count), width, height, picture.Get("ycc").ToBoolean()};
}

/** A part within the picture, not empty. */
Part partOf(const Napi::Value& value, const ColourPicture& picture) {
  const Napi::Object object = value.As<Napi::Object>();
  const Part part{numberOf(object, "x"), numberOf(object, "y"), numberOf(object, "width"), numberOf(object, "height")};
  const bool isInside = part.x >= 0 && part.y >= 0 && part.width > 0 && part.height > 0 &&
                        part.x + part.width <= picture.width + 1e-6 && part.y + part.height <= picture.height + 1e-6;
  if (!isInside) throw Napi::RangeError::New(value.Env(), "a part outside of the picture");
  return part;
}

void readThree(const Napi::Value& value, float* to) {
  const Napi::Array numbers = value.As<Napi::Array>();
  for (std::uint32_t i = 0; i < 3; i++) to[i] = numbers.Get(i).As<Napi::Number>().FloatValue();
}

InputLayout layoutOf(const Napi::Value& value) {
  const Napi::Object object = value.As<Napi::Object>();
  const auto at = [&](const char* name) { return static_cast<int>(numberOf(object, name)); };
  InputLayout layout{};
  layout.width = sideOf(object.Get("width"));
  layout.height = sideOf(object.Get("height"));
  layout.left = at("left");
  layout.top = at("top");
  layout.partWidth = sideOf(object.Get("partWidth"));
  layout.partHeight = sideOf(object.Get("partHeight"));
  layout.fill = static_cast<float>(numberOf(object, "fill"));
  layout.isRgb = object.Get("rgb").ToBoolean();
  layout.isInterleaved = object.Get("interleaved").ToBoolean();
  readThree(object.Get("mean"), layout.mean);
  readThree(object.Get("scale"), layout.scale);
  const bool isInside = layout.left >= 0 && layout.top >= 0 && layout.left + layout.partWidth <= layout.width &&
                        layout.top + layout.partHeight <= layout.height;
  if (!isInside) throw Napi::RangeError::New(value.Env(), "a part outside of the input");
  return layout;
}

/** (picture, part, layout, to: Float32Array | Uint8Array); see `siteglass::letterbox`. */
Napi::Value fitInput(const Napi::CallbackInfo& info) {
  const ColourPicture picture = pictureOf(info[0]);
  const Part part = partOf(info[1], picture);
  const InputLayout layout = layoutOf(info[2]);
  const Napi::TypedArray to = info[3].As<Napi::TypedArray>();
  const std::size_t count = static_cast<std::size_t>(layout.width) * static_cast<std::size_t>(layout.height) * 3;
  if (to.ElementLength() < count) throw Napi::RangeError::New(info.Env(), "the input is larger than its memory");
  if (to.TypedArrayType() == napi_float32_array) {
    letterbox(picture, part, layout, info[3].As<Napi::Float32Array>().Data());
  } else {
    letterbox(picture, part, layout, bytesOf(info[3]).Data());
  }
  return info.Env().Undefined();
}

/** (picture, to, toWidth, toHeight); see `siteglass::reduceColour`. */
Napi::Value reducePicture(const Napi::CallbackInfo& info) {
  const ColourPicture picture = pictureOf(info[0]);
  const int width = sideOf(info[2]), height = sideOf(info[3]);
  if (width > picture.width || height > picture.height) throw Napi::RangeError::New(info.Env(), "larger than before");
  reduceColour(picture, pixelsOf(info[1], static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3),
               width, height);
  return info.Env().Undefined();
}

/** (picture, to); see `siteglass::copyGrey`. */
Napi::Value grey(const Napi::CallbackInfo& info) {
  const ColourPicture picture = pictureOf(info[0]);
  copyGrey(picture,
           pixelsOf(info[1], static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height)));
  return info.Env().Undefined();
}

}  // namespace

void exportInput(Napi::Env env, Napi::Object exports) {
  exports["letterbox"] = Napi::Function::New(env, fitInput, "letterbox");
  exports["reduceColour"] = Napi::Function::New(env, reducePicture, "reduceColour");
  exports["grey"] = Napi::Function::New(env, grey, "grey");
}

}  // namespace siteglass
