// JPEG XL by libjxl. Its interface for decoding is the same since version 0.7.
#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "library.hpp"

namespace siteglass {
namespace {

struct Decoder;

enum Status { kSuccess = 0, kError = 1, kNeedMoreInput = 2, kNeedOutput = 5, kBasicInfo = 0x40, kFullImage = 0x1000 };

/** The beginning of `JxlBasicInfo`; there is space for more than the library writes. */
struct BasicInfo {
  int hasContainer;
  std::uint32_t width, height;
  std::uint32_t others[256];
};

struct PixelFormat {
  std::uint32_t channels;
  int dataType, endianness;
  std::size_t align;
};

constexpr PixelFormat kRgb{3, 2, 0, 0};

const Library& library() {
  static const Library loaded("libjxl0.11", {"libjxl.so.0.11", "libjxl.so.0.10", "libjxl.so.0.9", "libjxl.so.0.8", "libjxl.so.0.7"});
  return loaded;
}

template <class Function>
Function* function(const char* name) {
  return library().function<Function>(name);
}

}  // namespace

Picture decodeJxl(Bytes bytes, const Request& request, const Allocate& allocate) {
  const std::unique_ptr<Decoder, void (*)(Decoder*)> owned(function<Decoder*(const void*)>("JxlDecoderCreate")(nullptr),
                                                           function<void(Decoder*)>("JxlDecoderDestroy"));
  Decoder* const decoder = owned.get();
  if (!decoder) throw Undecodable("out of memory");
  const auto process = function<int(Decoder*)>("JxlDecoderProcessInput");
  function<int(Decoder*, int)>("JxlDecoderSubscribeEvents")(decoder, kBasicInfo | kFullImage);
  function<int(Decoder*, const std::uint8_t*, std::size_t)>("JxlDecoderSetInput")(decoder, bytes.data, bytes.length);
  function<void(Decoder*)>("JxlDecoderCloseInput")(decoder);
  if (process(decoder) != kBasicInfo) throw Undecodable("no readable header");
  BasicInfo info{};
  if (function<int(const Decoder*, BasicInfo*)>("JxlDecoderGetBasicInfo")(decoder, &info) != kSuccess) {
    throw Undecodable("no readable header");
  }
  checkSize(info.width, info.height, request);

  Picture picture;
  picture.width = static_cast<int>(info.width);
  picture.height = static_cast<int>(info.height);
  const std::size_t count = static_cast<std::size_t>(info.width) * info.height;
  std::uint8_t* const pixels = allocate(picture.width, picture.height, request.channels());
  std::vector<std::uint8_t> rgb(count * 3, kMissing);
  int status = process(decoder);
  if (status == kNeedOutput) {
    function<int(Decoder*, const PixelFormat*, void*, std::size_t)>("JxlDecoderSetImageOutBuffer")(decoder, &kRgb, rgb.data(), rgb.size());
    status = process(decoder);
  }
  if (status != kFullImage) {
    // What there is of it, which is often the whole picture with less detail.
    function<int(Decoder*)>("JxlDecoderFlushImage")(decoder);
    picture.damaged = true;
    picture.whole = 0;
    picture.reason = status == kNeedMoreInput ? "the data ends early" : "the data is not valid";
  }
  copyRgb(rgb.data(), pixels, count, request.colour);
  return picture;
}

}  // namespace siteglass
