#include <webp/decode.h>

#include <cstring>
#include <vector>

#include "picture.hpp"

namespace siteglass {
namespace {

/** Decodes to blue, green and red. Returns the rows that there are; `reason` is why there are no more. */
int decodeColours(Bytes bytes, int width, int height, std::uint8_t* pixels, std::string& reason) {
  const int stride = width * 3;
  const std::size_t size = static_cast<std::size_t>(stride) * height;
  if (WebPDecodeBGRInto(bytes.data, bytes.length, pixels, size, stride)) return height;
  std::memset(pixels, kMissing, size);
  WebPIDecoder* const decoder = WebPINewRGB(MODE_BGR, pixels, size, stride);
  if (!decoder) throw Undecodable("out of memory");
  const VP8StatusCode status = WebPIAppend(decoder, bytes.data, bytes.length);
  int rows = 0;
  WebPIDecGetRGB(decoder, &rows, nullptr, nullptr, nullptr);
  WebPIDelete(decoder);
  reason = status == VP8_STATUS_SUSPENDED ? "the data ends early" : "the data is not valid";
  return rows;
}

}  // namespace

Picture decodeWebp(Bytes bytes, const Request& request, const Allocate& allocate) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(bytes.data, bytes.length, &features) != VP8_STATUS_OK) throw Undecodable("no readable header");
  if (features.has_animation) throw Undecodable("an animation");
  checkSize(static_cast<std::uint32_t>(features.width), static_cast<std::uint32_t>(features.height), request);
  Picture picture;
  picture.width = features.width;
  picture.height = features.height;
  const std::size_t count = static_cast<std::size_t>(picture.width) * picture.height;
  std::uint8_t* const pixels = allocate(picture.width, picture.height, request.channels());
  // libwebp's own grey is another one than OpenCV's, which comes from the colours.
  std::vector<std::uint8_t> colours(request.colour ? 0 : count * 3);
  std::uint8_t* const decoded = request.colour ? pixels : colours.data();
  const int rows = decodeColours(bytes, picture.width, picture.height, decoded, picture.reason);
  if (!request.colour) {
    for (std::size_t i = 0; i < count; i++) {
      pixels[i] = greyOf(decoded[3 * i], decoded[3 * i + 1], decoded[3 * i + 2]);
    }
  }
  picture.damaged = rows < picture.height || !picture.reason.empty();
  picture.whole = static_cast<double>(rows) / picture.height;
  return picture;
}

}  // namespace siteglass
