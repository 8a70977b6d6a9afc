// A smaller copy of a grey picture.
#pragma once

#include <cstdint>

namespace siteglass {

struct Size {
  int width, height;
};

/** Each pixel is the mean of the area that it covers, rounded as OpenCV's `INTER_AREA` does. `to` is not larger than `from`. */
void reduce(const std::uint8_t* from, Size fromSize, std::uint8_t* to, Size toSize);

}  // namespace siteglass
