// AVIF and HEIC by libheif, whose C interface is the same since its version 1.0.
#include <algorithm>
#include <memory>

#include "library.hpp"

namespace siteglass {
namespace {

struct Context;
struct Handle;
struct Image;
struct Error {
  int code, detail;
  const char* message;
};

constexpr int kUnsupportedFile = 3, kUnsupportedFeature = 4, kDecoderPlugin = 7, kPluginLoading = 11;
constexpr int kRgb = 1, kInterleavedRgb = 10, kInterleaved = 10;

const Library& library() {
  static const Library loaded("libheif1", {"libheif.so.1"});
  return loaded;
}

template <class Function>
Function* function(const char* name) {
  return library().function<Function>(name);
}

template <class T>
using Owned = std::unique_ptr<T, void (*)(T*)>;

void check(const Error& error) {
  if (error.code != 0) throw Undecodable(error.message);
}

/** Whether the file may be good, and this library is not able to decode it. */
bool isUnsupported(const Error& error) {
  return error.code == kUnsupportedFile || error.code == kUnsupportedFeature || error.code == kDecoderPlugin ||
         error.code == kPluginLoading;
}

}  // namespace

Picture decodeHeif(Bytes bytes, const Request& request, const Allocate& allocate) {
  const Owned<Context> context(function<Context*()>("heif_context_alloc")(), function<void(Context*)>("heif_context_free"));
  check(function<Error(Context*, const void*, std::size_t, const void*)>("heif_context_read_from_memory_without_copy")(
      context.get(), bytes.data, bytes.length, nullptr));
  Handle* primary = nullptr;
  check(function<Error(Context*, Handle**)>("heif_context_get_primary_image_handle")(context.get(), &primary));
  const Owned<Handle> handle(primary, function<void(Handle*)>("heif_image_handle_release"));
  const int width = function<int(const Handle*)>("heif_image_handle_get_width")(primary);
  const int height = function<int(const Handle*)>("heif_image_handle_get_height")(primary);
  if (width < 0 || height < 0) throw Undecodable("an invalid size");
  checkSize(static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), request);

  Image* decoded = nullptr;
  const Error error = function<Error(const Handle*, Image**, int, int, const void*)>("heif_decode_image")(
      primary, &decoded, kRgb, kInterleavedRgb, nullptr);
  if (isUnsupported(error)) throw Undecodable(error.message);
  const Owned<Image> image(decoded, function<void(Image*)>("heif_image_release"));
  Picture picture;
  picture.width = width;
  picture.height = height;
  std::uint8_t* const pixels = allocate(width, height, request.channels());
  const std::size_t rowLength = static_cast<std::size_t>(width) * request.channels();
  int stride = 0;
  const std::uint8_t* const rows =
      decoded ? function<const std::uint8_t*(const Image*, int, int*)>("heif_image_get_plane_readonly")(decoded, kInterleaved, &stride)
              : nullptr;
  const auto side = [&](const char* name) { return function<int(const Image*, int)>(name)(decoded, kInterleaved); };
  if (!rows || side("heif_image_get_width") < width || side("heif_image_get_height") < height) {
    std::fill(pixels, pixels + rowLength * height, kMissing);
    picture.damaged = true;
    picture.whole = 0;
    picture.reason = error.code != 0 ? error.message : "the size is another one than the header says";
    return picture;
  }
  for (int y = 0; y < height; y++) {
    copyRgb(rows + static_cast<std::ptrdiff_t>(y) * stride, pixels + y * rowLength, static_cast<std::size_t>(width), request.colour);
  }
  return picture;
}

}  // namespace siteglass
