// What the decoders of all kinds of pictures share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>

namespace siteglass {

/** No pixel can be decoded. `what()` is the reason. */
struct Undecodable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/** Decoding would exceed the limit on pixels; nothing was allocated. */
struct TooManyPixels : std::runtime_error {
  TooManyPixels(std::uint32_t ofWidth, std::uint32_t ofHeight)
      : std::runtime_error("more pixels than are accepted"), width(ofWidth), height(ofHeight) {}
  std::uint32_t width, height;
};

/** Decoding would take far more work than a picture of this size needs; it was not begun. `what()` is the reason. */
struct TooCostly : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Bytes {
  const std::uint8_t* data;
  std::size_t length;
};

/** The kind of picture needs a library that is not installed. `what()` is Debian's name of the package. */
struct MissingLibrary : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Request {
  /** Blue, green and red for each pixel; otherwise one byte of grey. */
  bool colour = false;
  /** With colour, of a JPEG that is stored so: Y, Cb and Cr instead. Y is exactly what would be the grey. */
  bool ycc = false;
  /** Of a JPEG: the size is divided by this, rounded up: 1, 2, 4 or 8. */
  int denominator = 1;
  /** Limit on the width × height of the file. */
  std::size_t maxPixels = 0;
  /** Limits on the scans of a JPEG, and on the samples that they go over in all. The second gives way to what encoders do. */
  int maxScans = 0;
  std::uint64_t maxScanned = 0;

  int channels() const { return colour ? 3 : 1; }
};

struct Picture {
  int width = 0;
  int height = 0;
  /** The pixels are Y, Cb and Cr. */
  bool ycc = false;
  /** With colour: its grey can be taken from it (`copyGrey`) and is exactly the one that is decoded without colour. */
  bool holdsGrey = true;
  /** Whether pixels are missing or made up. */
  bool damaged = false;
  /** The part of the picture that is certainly not damaged, 0 to 1. */
  double whole = 1;
  /** What the library reported of the first damage; otherwise of the first harmless fault. */
  std::string reason;
};

/** Returns memory for width × height × channels bytes. Called once, after all checks of the header. May throw. */
using Allocate = std::function<std::uint8_t*(int width, int height, int channels)>;

/** Each throws `Undecodable`, `TooManyPixels`, `TooCostly` or, if it needs one, `MissingLibrary`. A damaged picture does not throw if any pixel may be right. */
Picture decodeJpeg(Bytes bytes, const Request& request, const Allocate& allocate);
Picture decodePng(Bytes bytes, const Request& request, const Allocate& allocate);
Picture decodeWebp(Bytes bytes, const Request& request, const Allocate& allocate);
/** The first frame. */
Picture decodeGif(Bytes bytes, const Request& request, const Allocate& allocate);
Picture decodeBmp(Bytes bytes, const Request& request, const Allocate& allocate);
/** The first page. */
Picture decodeTiff(Bytes bytes, const Request& request, const Allocate& allocate);
/** AVIF and HEIC, upright: the primary picture. */
Picture decodeHeif(Bytes bytes, const Request& request, const Allocate& allocate);
/** JPEG XL, upright: the first frame. */
Picture decodeJxl(Bytes bytes, const Request& request, const Allocate& allocate);

/** Copies red, green and blue to blue, green and red, or to grey. */
void copyRgb(const std::uint8_t* from, std::uint8_t* to, std::size_t count, bool colour);

/** Throws `TooManyPixels`, or `Undecodable` for an empty picture. */
void checkSize(std::uint32_t width, std::uint32_t height, const Request& request);

/** Pixels that are missing are grey. */
constexpr std::uint8_t kMissing = 128;

/** The grey of a colour, as OpenCV's `COLOR_BGR2GRAY` computes it for 8 bits. */
constexpr std::uint8_t greyOf(int blue, int green, int red) {
  return static_cast<std::uint8_t>((blue * 3735 + green * 19235 + red * 9798 + (1 << 14)) >> 15);
}

}  // namespace siteglass
