// Turned and mirrored copies of a picture.
#pragma once

#include <cstddef>
#include <cstdint>

namespace siteglass {

/**
 * Copies an upright picture to `to` from one stored with an EXIF orientation (CIPA DC-008, tag 0x0112): 6 turns it a
 * quarter clockwise, 3 a half, 8 three quarters. From 5 on width and height change places.
 */
void turn(const std::uint8_t* from, std::size_t width, std::size_t height, int channels, int orientation, std::uint8_t* to);

}  // namespace siteglass
