// JPEG to pixels with libjpeg-turbo, and what was damaged on the way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace siteglass {

/** The file cannot be decoded at all, or would pass a bound. `what()` is libjpeg's reason. */
struct Undecodable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct JpegRequest {
  /** Pixels in a row of the output are the image's, divided by this: 1, 2, 4 or 8 (scaled inverse DCT). */
  int denominator = 1;
  /** Three bytes a pixel in the order blue, green, red; else one of grey. */
  bool colour = false;
  /** Width × height of the file may not be more. */
  std::size_t maxPixels = 0;
  /** Scans of a progressive file may not be more, since each goes over all pixels. */
  int maxScans = 0;
};

struct JpegPixels {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> data;
  /** Whether pixels are missing or made up. */
  bool damaged = false;
  /** Rows that were decoded before the first damage; unknown (0) for progressive files. */
  int wholeRows = 0;
  /** libjpeg's word on the first damage; empty where there is none. */
  std::string reason;
};

/** Throws `Undecodable`. */
JpegPixels decodeJpeg(const std::uint8_t* bytes, std::size_t length, const JpegRequest& request);

}  // namespace siteglass
