// What the program sees of the engine: cascades that have been loaded, and searches with them.
#include <napi.h>

#include <stdexcept>

#include "engine.hpp"
#include "workspace.hpp"

namespace {

using siteglass::Cascade;

const std::int32_t* words(const Napi::Value& value, std::size_t& count) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_int32_array) {
    throw std::invalid_argument("expected an Int32Array");
  }
  const Napi::Int32Array array = value.As<Napi::Int32Array>();
  count = array.ElementLength();
  return array.Data();
}

const std::uint8_t* pixels(const Napi::Value& value, int width, int height) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw std::invalid_argument("expected a Uint8Array of pixels");
  }
  const Napi::Uint8Array array = value.As<Napi::Uint8Array>();
  if (width < 2 || height < 2 || width > 32768 || height > 32768) throw std::invalid_argument("image size");
  if (array.ElementLength() < static_cast<std::size_t>(width) * height) {
    throw std::invalid_argument("fewer pixels than width × height");
  }
  return array.Data();
}

class Addon : public Napi::Addon<Addon> {
 public:
  Addon(Napi::Env, Napi::Object exports) {
    DefineAddon(exports, {InstanceMethod("loadCascade", &Addon::loadCascade),
                          InstanceMethod("search", &Addon::search), InstanceMethod("supports", &Addon::supports)});
  }

 private:
  /** (tables: Int32Array) → a handle that is freed with its last reference. */
  Napi::Value loadCascade(const Napi::CallbackInfo& info) {
    return orThrow(info, [&]() -> Napi::Value {
      std::size_t count;
      const std::int32_t* const tables = words(info[0], count);
      auto* const cascade = new Cascade(tables, count);
      auto handle = Napi::External<Cascade>::New(info.Env(), cascade, [](Napi::Env, Cascade* last) { delete last; });
      handle.TypeTag(&kCascadeTag);
      return handle;
    });
  }

  /** (pixels, width, height, plan, cascades, avx2) → { windows: job, x, y of each hit; scores }, null past a million hits */
  Napi::Value search(const Napi::CallbackInfo& info) {
    return orThrow(info, [&]() -> Napi::Value {
      const int width = info[1].As<Napi::Number>().Int32Value(), height = info[2].As<Napi::Number>().Int32Value();
      const siteglass::Image image{pixels(info[0], width, height), width, height};
      const std::vector<Cascade*> cascades = cascadesOf(info[4]);
      std::size_t count;
      const std::int32_t* const plan = words(info[3], count);
      const auto vectors = info[5].ToBoolean() ? siteglass::Vectors::kAvx2 : siteglass::Vectors::k128;

      siteglass::Hits hits;
      siteglass::search(image, siteglass::readPlan(plan, count, image, cascades), vectors, space_, hits);
      if (hits.overflowed()) return info.Env().Null();
      return toObject(info.Env(), hits);
    });
  }

  Napi::Value supports(const Napi::CallbackInfo& info) {
    const auto vectors = info[0].ToBoolean() ? siteglass::Vectors::kAvx2 : siteglass::Vectors::k128;
    return Napi::Boolean::New(info.Env(), siteglass::supports(vectors));
  }

  static std::vector<Cascade*> cascadesOf(const Napi::Value& value) {
    const Napi::Array array = value.As<Napi::Array>();
    std::vector<Cascade*> cascades;
    for (std::uint32_t i = 0; i < array.Length(); i++) {
      const Napi::Value item = array[i];
      if (!item.IsExternal() || !item.As<Napi::External<Cascade>>().CheckTypeTag(&kCascadeTag)) {
        throw std::invalid_argument("not a cascade");
      }
      cascades.push_back(item.As<Napi::External<Cascade>>().Data());
    }
    return cascades;
  }

  static Napi::Object toObject(Napi::Env env, const siteglass::Hits& hits) {
    const std::size_t count = hits.all().size();
    Napi::Int32Array windows = Napi::Int32Array::New(env, count * 3);
    Napi::Float64Array scores = Napi::Float64Array::New(env, count);
    std::int32_t* window = windows.Data();
    double* score = scores.Data();
    for (const siteglass::Hit& hit : hits.all()) {
      *window++ = hit.job;
      *window++ = hit.x;
      *window++ = hit.y;
      *score++ = hit.score;
    }
    Napi::Object result = Napi::Object::New(env);
    result["windows"] = windows;
    result["scores"] = scores;
    return result;
  }

  template <class Body>
  static Napi::Value orThrow(const Napi::CallbackInfo& info, const Body& body) {
    try {
      return body();
    } catch (const Napi::Error&) {
      throw;
    } catch (const std::exception& error) {
      throw Napi::Error::New(info.Env(), error.what());
    }
  }

  static constexpr napi_type_tag kCascadeTag{0x5347436173636164, 0x652d7461626c6573};

  siteglass::Workspace space_;
};

}  // namespace

NODE_API_ADDON(Addon)
