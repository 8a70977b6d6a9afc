// Prepares a part of a picture as the input of a model.
#pragma once

#include <cstdint>

namespace siteglass {

/** Pixels of three bytes, row by row. */
struct ColourPicture {
  const std::uint8_t* pixels;
  int width, height;
  /** Y, Cb and Cr of JFIF for each pixel; otherwise blue, green and red. */
  bool isYcc;
};

/** A part of a picture in its pixels; edges may lie within pixels. */
struct Part {
  double x, y, width, height;
};

struct InputLayout {
  int width, height;
  /** Where the part comes in the input; the rest is filled. */
  int left, top, partWidth, partHeight;
  float fill;
  /** Red, green, blue; otherwise blue, green, red. */
  bool isRgb;
  /** The channels of a pixel side by side; otherwise one plane after the other. */
  bool isInterleaved;
  /** In the order of the input's channels: (value - mean) * scale. */
  float mean[3], scale[3];
};

/** Each value is the mean of its area if the part shrinks, and interpolated between two pixels a side if it grows. */
void letterbox(const ColourPicture& from, const Part& part, const InputLayout& layout, float* to);
void letterbox(const ColourPicture& from, const Part& part, const InputLayout& layout, std::uint8_t* to);

/** A copy with sides that are not longer, its channels as they are. */
void reduceColour(const ColourPicture& from, std::uint8_t* to, int toWidth, int toHeight);

/** The grey of each pixel, as the decoders of pictures compute it. */
void copyGrey(const ColourPicture& from, std::uint8_t* to);

}  // namespace siteglass
