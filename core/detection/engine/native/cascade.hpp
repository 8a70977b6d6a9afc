// A cascade's tables as packed by `pack-cascade.ts`, checked, and laid out for the integral images of one search.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace siteglass {

/**
 * How the corners of a Haar feature's rectangles combine once those that coincide are merged. Each form names the
 * number of corners left.
 */
enum Form { kSix, kEightTripled, kEight, kNine, kNineNegated, kGeneral, kForms };

constexpr int kMaxCorners = 12;
constexpr int kMaxWindow = 512;

struct Stage {
  std::int32_t firstStump, stumpCount;
  /** How many of its stumps, which are sorted by form, have each. LBP stumps count as of the first. */
  std::int32_t count[kForms];
  /** Every stump's right vote, less the threshold, in fixed point. */
  std::int32_t initial;
  /** A sum within this of zero is too near to tell in fixed point. */
  std::int32_t margin;
  float threshold;
};

struct HaarStump {
  /** From the window's top left corner, in elements of the integral image. */
  std::int32_t corner[kMaxCorners];
  std::int32_t weight[3];
  float threshold;
  /** Left vote less right vote, in fixed point. */
  std::int32_t vote;
};

struct LbpStump {
  /** Of the cells' corners, from the window's: what to add for each of four columns and four rows. */
  std::int32_t column[4], row[4];
  /** A bit for each pattern of outer cells darker than the middle one. */
  std::uint8_t subset[32];
  std::int32_t vote;
};

struct Leaves {
  float left, right;
};

struct CornerPoint {
  std::int16_t x, y;
};

/** Where things lie in the integral images of a level. With a step of two, a row holds its even columns, then its odd. */
struct Layout {
  std::int32_t stride;
  std::int32_t step;
  /** From the upright integral image to the tilted one. */
  std::int32_t tiltedOffset;

  std::int32_t column(std::int32_t x) const { return step == 2 ? (x & 1) * (stride / 2) + (x >> 1) : x; }
  std::int32_t offset(std::int32_t x, std::int32_t y) const { return y * stride + column(x); }
  bool operator==(const Layout& other) const {
    return stride == other.stride && step == other.step && tiltedOffset == other.tiltedOffset;
  }
};

class Cascade {
 public:
  enum Kind { kHaar, kLbp };

  /** Throws std::invalid_argument when the tables are not what the packer writes. */
  Cascade(const std::int32_t* words, std::size_t count);

  Kind kind;
  int width, height;
  bool tilted;
  std::vector<Stage> stages;
  std::vector<Leaves> leaves;
  /** Positions in the packed order of each stage's stumps in the order of the file. */
  std::vector<std::int32_t> fileOrder;

  const HaarStump* haarStumps(const Layout& layout);
  const LbpStump* lbpStumps(const Layout& layout);

 private:
  struct Prepared {
    Layout layout{0, 0, 0};
    std::vector<HaarStump> haar;
    std::vector<LbpStump> lbp;
  };

  Prepared& preparedFor(const Layout& layout);

  std::vector<CornerPoint> points_;
  std::vector<std::uint8_t> tiltedStump_;
  std::vector<HaarStump> haarTemplate_;
  std::vector<LbpStump> lbpTemplate_;
  Prepared prepared_[2];
};

}  // namespace siteglass
