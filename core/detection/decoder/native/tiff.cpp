// TIFF by libtiff, whose C interface is the same since its version 4.0.
#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "library.hpp"

namespace siteglass {
namespace {

struct Tiff;
using Offset = std::uint64_t;
using Size = std::int64_t;

constexpr std::uint32_t kWidth = 256, kHeight = 257, kBits = 258, kOrientation = 274, kSamples = 277, kTileWidth = 322, kTileHeight = 323;
constexpr int kTopLeft = 1;
/** Of a pixel: four samples of 16 bits. */
constexpr std::uint64_t kMaxPixelBytes = 8;
/** libtiff's limit on the scans of a JPEG within; its own is 100. */
constexpr const char* kMaxScans = "16";
/** Of its message about that limit. */
constexpr const char* kTooManyScans = "maximum scans";

/** The bytes of a file, and what the library reports about it. */
struct File {
  Bytes bytes;
  Offset position;
  char message[160];
};

Size readBytes(void* handle, void* to, Size count) {
  File& file = *static_cast<File*>(handle);
  const Offset left = file.position < file.bytes.length ? file.bytes.length - file.position : 0;
  const Offset taken = std::min<Offset>(left, count < 0 ? 0 : static_cast<Offset>(count));
  if (taken > 0) std::memcpy(to, file.bytes.data + file.position, taken);
  file.position += taken;
  return static_cast<Size>(taken);
}

Size writeBytes(void*, void*, Size) { return -1; }

Offset seek(void* handle, Offset offset, int whence) {
  File& file = *static_cast<File*>(handle);
  if (whence == SEEK_CUR) offset += file.position;
  if (whence == SEEK_END) offset += file.bytes.length;
  return file.position = offset;
}

int close(void*) { return 0; }
Offset sizeOf(void* handle) { return static_cast<File*>(handle)->bytes.length; }
int map(void*, void**, Offset*) { return 0; }
void unmap(void*, void*, Offset) {}

void noteError(void* handle, const char*, const char* format, va_list arguments) {
  if (!handle) return;
  File& file = *static_cast<File*>(handle);
  if (file.message[0] == '\0') std::vsnprintf(file.message, sizeof file.message, format, arguments);
}

const Library& library() {
  static const int limited = setenv("LIBTIFF_JPEG_MAX_ALLOWED_SCAN_NUMBER", kMaxScans, 1);
  static_cast<void>(limited);
  static const Library loaded("libtiff6", {"libtiff.so.6", "libtiff.so.5"});
  return loaded;
}

template <class Function>
Function* function(const char* name) {
  return library().function<Function>(name);
}

using ErrorHandler = void(void*, const char*, const char*, va_list);
using Handler = void(const char*, const char*, va_list);

Tiff* openFile(File& file) {
  function<Handler*(Handler*)>("TIFFSetErrorHandler")(nullptr);
  function<Handler*(Handler*)>("TIFFSetWarningHandler")(nullptr);
  function<ErrorHandler*(ErrorHandler*)>("TIFFSetErrorHandlerExt")(noteError);
  using Open = Tiff*(const char*, const char*, void*, Size (*)(void*, void*, Size), Size (*)(void*, void*, Size),
                     Offset (*)(void*, Offset, int), int (*)(void*), Offset (*)(void*), int (*)(void*, void**, Offset*),
                     void (*)(void*, void*, Offset));
  return function<Open>("TIFFClientOpen")("image", "rm", &file, readBytes, writeBytes, seek, close, sizeOf, map, unmap);
}

using Field = int(Tiff*, std::uint32_t, ...);

/** Limits what is decompressed: samples that nobody sees, and tiles that reach beyond the picture. */
void checkParts(Tiff* tiff, std::uint32_t width, std::uint32_t height, const Request& request) {
  Field* const field = function<Field>("TIFFGetField");
  std::uint16_t samples = 1, bits = 1;
  std::uint32_t tileWidth = 1, tileHeight = 1;
  field(tiff, kSamples, &samples);
  field(tiff, kBits, &bits);
  field(tiff, kTileWidth, &tileWidth);
  field(tiff, kTileHeight, &tileHeight);
  const auto filled = [](std::uint32_t side, std::uint32_t tile) -> std::uint64_t {
    return tile == 0 ? side : (static_cast<std::uint64_t>(side) + tile - 1) / tile * tile;
  };
  const double bytes = static_cast<double>(filled(width, tileWidth)) * static_cast<double>(filled(height, tileHeight)) * samples * bits / 8;
  if (bytes <= static_cast<double>(request.maxPixels) * kMaxPixelBytes) return;
  throw TooCostly("its samples take " + std::to_string(static_cast<std::uint64_t>(std::min(bytes / 1e6, 1e9))) + " MB; " +
                  std::to_string(request.maxPixels * kMaxPixelBytes / 1'000'000) + " MB are accepted");
}

}  // namespace

Picture decodeTiff(Bytes bytes, const Request& request, const Allocate& allocate) {
  File file{bytes, 0, ""};
  const std::unique_ptr<Tiff, void (*)(Tiff*)> owned(openFile(file), function<void(Tiff*)>("TIFFClose"));
  Tiff* const tiff = owned.get();
  if (!tiff) throw Undecodable(file.message);
  std::uint32_t width = 0, height = 0;
  Field* const field = function<Field>("TIFFGetField");
  field(tiff, kWidth, &width);
  field(tiff, kHeight, &height);
  checkSize(width, height, request);
  checkParts(tiff, width, height, request);
  char reason[1024] = "";
  if (!function<int(Tiff*, char*)>("TIFFRGBAImageOK")(tiff, reason)) throw Undecodable(reason);
  // As stored: the program turns it.
  function<int(Tiff*, std::uint32_t, ...)>("TIFFSetField")(tiff, kOrientation, kTopLeft);

  Picture picture;
  picture.width = static_cast<int>(width);
  picture.height = static_cast<int>(height);
  const std::size_t count = static_cast<std::size_t>(width) * height;
  std::uint8_t* const pixels = allocate(picture.width, picture.height, request.channels());
  // Red in the lowest byte; what is missing stays grey.
  std::vector<std::uint32_t> rgba(count, 0xff000000u | kMissing << 16 | kMissing << 8 | kMissing);
  file.message[0] = '\0';
  const int isRead = function<int(Tiff*, std::uint32_t, std::uint32_t, std::uint32_t*, int, int)>("TIFFReadRGBAImageOriented")(
      tiff, width, height, rgba.data(), kTopLeft, 0);
  if (std::strstr(file.message, kTooManyScans)) throw TooCostly(std::string("a JPEG within it has more than ") + kMaxScans + " scans");
  for (std::size_t i = 0; i < count; i++) {
    const std::uint8_t rgb[] = {static_cast<std::uint8_t>(rgba[i]), static_cast<std::uint8_t>(rgba[i] >> 8),
                                static_cast<std::uint8_t>(rgba[i] >> 16)};
    copyRgb(rgb, pixels + i * request.channels(), 1, request.colour);
  }
  picture.damaged = !isRead || file.message[0] != '\0';
  if (!picture.damaged) return picture;
  picture.whole = 0;
  picture.reason = file.message[0] != '\0' ? file.message : "the data is not valid";
  return picture;
}

}  // namespace siteglass
