// Encodes JPEG.
#pragma once

#include <cstdint>
#include <vector>

namespace siteglass {

/** Blue, green and red for each pixel, row by row; sides up to 65,500, quality 1 to 100. Throws `std::runtime_error`. */
std::vector<std::uint8_t> encodeJpeg(const std::uint8_t* pixels, int width, int height, int quality);

}  // namespace siteglass
