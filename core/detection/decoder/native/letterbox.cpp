#include "letterbox.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "picture.hpp"

namespace siteglass {
namespace {

/** The three channels of a pixel; the fourth number is 0. */
using Pixel = float __attribute__((vector_size(16)));
using Integers = int __attribute__((vector_size(16)));

/** The pixels `first` to `first + count - 1` along a side, and where their weights begin. */
struct Tap {
  int first, count, weights;
};

struct Taps {
  std::vector<Tap> of;
  std::vector<float> weights;
  int most = 1;
};

void addArea(Taps& taps, double begin, double end, int length) {
  begin = std::min(std::max(begin, 0.0), length - 1e-6);
  end = std::min(std::max(end, begin + 1e-6), static_cast<double>(length));
  const int first = static_cast<int>(begin);
  const int last = std::min(length - 1, std::max(first, static_cast<int>(std::ceil(end)) - 1));
  taps.of.push_back({first, last - first + 1, static_cast<int>(taps.weights.size())});
  taps.most = std::max(taps.most, last - first + 1);
  for (int i = first; i <= last; i++) {
    const double share = std::min(end, i + 1.0) - std::max(begin, static_cast<double>(i));
    taps.weights.push_back(static_cast<float>(share / (end - begin)));
  }
}

void addBetween(Taps& taps, double centre, int length) {
  const double at = std::min(std::max(centre - 0.5, 0.0), length - 1.0);
  const int first = std::min(static_cast<int>(at), std::max(0, length - 2));
  const float share = static_cast<float>(at - first);
  const int count = std::min(2, length);
  taps.of.push_back({first, count, static_cast<int>(taps.weights.size())});
  taps.most = std::max(taps.most, count);
  taps.weights.push_back(count == 1 ? 1 : 1 - share);
  if (count == 2) taps.weights.push_back(share);
}

/** Of a side with `length` pixels, the part from `begin` on becomes `toLength` pixels. */
Taps tapsOf(double begin, double partLength, int length, int toLength) {
  Taps taps;
  const double scale = partLength / toLength;
  for (int to = 0; to < toLength; to++) {
    const double start = begin + to * scale;
    if (scale > 1) {
      addArea(taps, start, start + scale, length);
    } else {
      addBetween(taps, start + scale / 2, length);
    }
  }
  return taps;
}

Pixel load(const std::uint8_t* at) { return __builtin_convertvector((Integers{at[0], at[1], at[2], 0}), Pixel); }

/** Rows of a picture with as many pixels as the input has; the latest are kept. */
class Rows {
 public:
  Rows(const ColourPicture& picture, const Taps& columns, int kept)
      : picture_(picture), columns_(columns), kept_(kept), known_(kept, -1), rows_(columns.of.size() * kept) {}

  const Pixel* at(int y) {
    const int slot = y % kept_;
    Pixel* const row = rows_.data() + static_cast<std::size_t>(slot) * columns_.of.size();
    if (known_[slot] == y) return row;
    known_[slot] = y;
    fill(row, y);
    return row;
  }

 private:
  void fill(Pixel* row, int y) const {
    const std::uint8_t* const pixels = picture_.pixels + static_cast<std::size_t>(y) * picture_.width * 3;
    for (const Tap& tap : columns_.of) {
      const float* const weights = columns_.weights.data() + tap.weights;
      const std::uint8_t* at = pixels + static_cast<std::size_t>(tap.first) * 3;
      Pixel sum{0, 0, 0, 0};
      for (int i = 0; i < tap.count; i++, at += 3) sum += load(at) * weights[i];
      *row++ = sum;
    }
  }

  const ColourPicture& picture_;
  const Taps& columns_;
  const int kept_;
  std::vector<int> known_;
  std::vector<Pixel> rows_;
};

/** Calls `use(y, row)` for each row of the part in its new size. */
template <class Use>
void resample(const ColourPicture& from, const Part& part, int width, int height, const Use& use) {
  const Taps columns = tapsOf(part.x, part.width, from.width, width);
  const Taps rows = tapsOf(part.y, part.height, from.height, height);
  Rows source(from, columns, rows.most + 1);
  std::vector<Pixel> sum(static_cast<std::size_t>(width));
  for (int y = 0; y < height; y++) {
    const Tap& tap = rows.of[static_cast<std::size_t>(y)];
    for (int i = 0; i < tap.count; i++) {
      const Pixel* const row = source.at(tap.first + i);
      const float weight = rows.weights[static_cast<std::size_t>(tap.weights + i)];
      Pixel* const to = sum.data();
      if (i == 0) {
        for (int x = 0; x < width; x++) to[x] = row[x] * weight;
      } else {
        for (int x = 0; x < width; x++) to[x] += row[x] * weight;
      }
    }
    use(y, sum.data());
  }
}

float clamped(float value) { return std::min(255.0f, std::max(0.0f, value)); }

/** One row of the part, a plane for each of blue, green and red: compilers turn loops over planes into vector code. */
struct Planes {
  explicit Planes(int width)
      : channels{std::vector<float>(width), std::vector<float>(width), std::vector<float>(width)} {}

  void take(const Pixel* row, bool isYcc) {
    const std::size_t width = channels[0].size();
    float* const first = channels[0].data();
    float* const second = channels[1].data();
    float* const third = channels[2].data();
    for (std::size_t x = 0; x < width; x++) {
      first[x] = row[x][0];
      second[x] = row[x][1];
      third[x] = row[x][2];
    }
    if (!isYcc) return;
    // ITU-T T.871, 7.
    for (std::size_t x = 0; x < width; x++) {
      const float y = first[x], cb = second[x] - 128, cr = third[x] - 128;
      first[x] = clamped(y + 1.772f * cb);
      second[x] = clamped(y - 0.344136f * cb - 0.714136f * cr);
      third[x] = clamped(y + 1.402f * cr);
    }
  }

  std::vector<float> channels[3];
};

template <class Number>
Number numberOf(float value);
template <>
float numberOf(float value) {
  return value;
}
template <>
std::uint8_t numberOf(float value) {
  return static_cast<std::uint8_t>(std::lrint(clamped(value)));
}

template <class Number>
struct Input {
  const InputLayout& layout;
  Number* to;

  Number* channel(int c, int x, int y) const {
    const std::size_t width = static_cast<std::size_t>(layout.width), row = static_cast<std::size_t>(y) * width;
    if (layout.isInterleaved) return to + (row + static_cast<std::size_t>(x)) * 3 + c;
    return to + (static_cast<std::size_t>(c) * static_cast<std::size_t>(layout.height)) * width + row + x;
  }
  Number scaled(int c, float value) const { return numberOf<Number>((value - layout.mean[c]) * layout.scale[c]); }

  void fill(int x, int y, int count) const {
    const int step = layout.isInterleaved ? 3 : 1;
    for (int c = 0; c < 3; c++) {
      const Number value = scaled(c, layout.fill);
      Number* at = channel(c, x, y);
      for (int i = 0; i < count; i++, at += step) *at = value;
    }
  }

  void put(int y, const Planes& planes) const {
    for (int c = 0; c < 3; c++) {
      const float* const from = planes.channels[layout.isRgb ? 2 - c : c].data();
      const float mean = layout.mean[c], scale = layout.scale[c];
      Number* const to = channel(c, layout.left, y);
      if (layout.isInterleaved) {
        for (int x = 0; x < layout.partWidth; x++) to[x * 3] = scaled(c, from[x]);
      } else {
        for (int x = 0; x < layout.partWidth; x++) to[x] = numberOf<Number>((from[x] - mean) * scale);
      }
    }
  }
};

template <class Number>
void fit(const ColourPicture& from, const Part& part, const InputLayout& layout, Number* to) {
  const Input<Number> input{layout, to};
  const int right = layout.left + layout.partWidth, bottom = layout.top + layout.partHeight;
  for (int y = 0; y < layout.height; y++) {
    if (y < layout.top || y >= bottom) {
      input.fill(0, y, layout.width);
    } else {
      input.fill(0, y, layout.left);
      input.fill(right, y, layout.width - right);
    }
  }
  Planes planes(layout.partWidth);
  resample(from, part, layout.partWidth, layout.partHeight, [&](int y, const Pixel* row) {
    planes.take(row, from.isYcc);
    input.put(layout.top + y, planes);
  });
}

}  // namespace

void letterbox(const ColourPicture& from, const Part& part, const InputLayout& layout, float* to) {
  fit(from, part, layout, to);
}

void letterbox(const ColourPicture& from, const Part& part, const InputLayout& layout, std::uint8_t* to) {
  fit(from, part, layout, to);
}

void reduceColour(const ColourPicture& from, std::uint8_t* to, int toWidth, int toHeight) {
  const Part whole{0, 0, static_cast<double>(from.width), static_cast<double>(from.height)};
  resample(from, whole, toWidth, toHeight, [&](int, const Pixel* row) {
    for (int x = 0; x < toWidth; x++) {
      for (int c = 0; c < 3; c++) *to++ = numberOf<std::uint8_t>(row[x][c]);
    }
  });
}

void copyGrey(const ColourPicture& from, std::uint8_t* to) {
  const std::size_t count = static_cast<std::size_t>(from.width) * static_cast<std::size_t>(from.height);
  const std::uint8_t* at = from.pixels;
  for (std::size_t i = 0; i < count; i++, at += 3) to[i] = from.isYcc ? at[0] : greyOf(at[0], at[1], at[2]);
}

}  // namespace siteglass
