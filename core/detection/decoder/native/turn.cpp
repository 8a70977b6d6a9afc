#include "turn.hpp"

#include <cstring>

namespace siteglass {
namespace {

/** Side of the squares in which pixels are copied: a whole column would touch a line of the cache for each pixel. */
constexpr std::size_t kSquare = 32;

template <int channels>
void copySquares(const std::uint8_t* from, std::size_t width, std::size_t height, int orientation, std::uint8_t* to) {
  const bool swaps = orientation >= 5;
  const std::size_t toWidth = swaps ? height : width, toHeight = swaps ? width : height;
  const bool fromRight = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool fromBelow = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  for (std::size_t top = 0; top < toHeight; top += kSquare) {
    for (std::size_t left = 0; left < toWidth; left += kSquare) {
      for (std::size_t y = top; y < top + kSquare && y < toHeight; y++) {
        for (std::size_t x = left; x < left + kSquare && x < toWidth; x++) {
          const std::size_t u = swaps ? y : x, v = swaps ? x : y;
          const std::size_t column = fromRight ? width - 1 - u : u, row = fromBelow ? height - 1 - v : v;
          std::memcpy(to + (y * toWidth + x) * channels, from + (row * width + column) * channels, channels);
        }
      }
    }
  }
}

}  // namespace

void turn(const std::uint8_t* from, std::size_t width, std::size_t height, int channels, int orientation,
          std::uint8_t* to) {
  if (channels == 1) {
    copySquares<1>(from, width, height, orientation, to);
  } else {
    copySquares<3>(from, width, height, orientation, to);
  }
}

}  // namespace siteglass
