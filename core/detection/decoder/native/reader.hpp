// Reads numbers of a file, and never beyond its end.
#pragma once

#include "picture.hpp"

namespace siteglass {

/** Past the end every byte is 0. */
class Reader {
 public:
  explicit Reader(Bytes bytes) : bytes_(bytes) {}

  std::size_t length() const { return bytes_.length; }
  bool has(std::size_t position, std::size_t count) const {
    return position <= bytes_.length && bytes_.length - position >= count;
  }
  const std::uint8_t* at(std::size_t position) const { return bytes_.data + position; }

  std::uint32_t u8(std::size_t position) const { return position < bytes_.length ? bytes_.data[position] : 0; }
  std::uint32_t u16(std::size_t position) const { return u8(position) | u8(position + 1) << 8; }
  std::uint32_t u32(std::size_t position) const { return u16(position) | u16(position + 2) << 16; }
  std::int32_t i32(std::size_t position) const { return static_cast<std::int32_t>(u32(position)); }

 private:
  const Bytes bytes_;
};

/** Where the pixels of a picture go, as colour or as grey. */
class Canvas {
 public:
  Canvas(std::uint8_t* pixels, int width, int height, bool colour)
      : pixels_(pixels), width_(width), height_(height), channels_(colour ? 3 : 1) {}

  std::size_t size() const { return static_cast<std::size_t>(width_) * height_ * channels_; }

  /** Outside of the canvas it does nothing. */
  void set(std::int64_t x, std::int64_t y, std::uint32_t blue, std::uint32_t green, std::uint32_t red) {
    if (x < 0 || y < 0 || x >= width_ || y >= height_) return;
    std::uint8_t* const to = pixels_ + (static_cast<std::size_t>(y) * width_ + x) * channels_;
    if (channels_ == 1) {
      *to = greyOf(static_cast<int>(blue), static_cast<int>(green), static_cast<int>(red));
      return;
    }
    to[0] = static_cast<std::uint8_t>(blue);
    to[1] = static_cast<std::uint8_t>(green);
    to[2] = static_cast<std::uint8_t>(red);
  }

 private:
  std::uint8_t* const pixels_;
  const int width_, height_, channels_;
};

}  // namespace siteglass
