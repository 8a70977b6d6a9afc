#include "picture.hpp"

namespace siteglass {

void checkSize(std::uint32_t width, std::uint32_t height, const Request& request) {
  if (width == 0 || height == 0) throw Undecodable("it has no pixels");
  if (static_cast<std::uint64_t>(width) * height > request.maxPixels) throw TooManyPixels(width, height);
}

void copyRgb(const std::uint8_t* from, std::uint8_t* to, std::size_t count, bool colour) {
  for (std::size_t i = 0; i < count; i++, from += 3) {
    if (!colour) {
      *to++ = greyOf(from[2], from[1], from[0]);
      continue;
    }
    *to++ = from[2];
    *to++ = from[1];
    *to++ = from[0];
  }
}

}  // namespace siteglass
