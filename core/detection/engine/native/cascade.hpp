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

/** The bits that every value of a Haar feature fits, sign included. */
enum Width { k16Bits, k32Bits, kWidths };

/** What the evaluation of a node depends on. LBP nodes have the first shape. */
constexpr int kShapes = kWidths * kForms;
constexpr int shapeOf(Width width, Form form) { return width * kForms + form; }
constexpr Width widthOf(int shape) { return static_cast<Width>(shape / kForms); }
constexpr Form formOf(int shape) { return static_cast<Form>(shape % kForms); }

constexpr int kMaxCorners = 12;
constexpr int kMaxWindow = 512;
constexpr int kMaxTreeNodes = 64;

struct Stage {
  std::int32_t firstNode, nodeCount;
  std::int32_t firstTree, treeCount;
  /** How many nodes have each shape, where every tree is a stump: they are sorted by it. */
  std::int32_t count[kShapes];
  /** The last leaf of every tree, less the threshold, in fixed point. */
  std::int32_t initial;
  /** A sum within this of zero is too close to the threshold for fixed point. */
  std::int32_t margin;
  float threshold;
};

/** What the thresholds of features of 16 bits are multiplied by; a power of two, so that none is rounded. */
constexpr float kThresholdScale = 65536;

struct HaarNode {
  /** From the window's top left corner, in elements of the integral image. */
  std::int32_t corner[kMaxCorners];
  std::int32_t weight[3];
  float threshold;
  /** The last leaf on the left less the last one on the right, in fixed point. */
  std::int32_t vote;
};

struct LbpNode {
  /** Of the cells' corners, from the window's: what to add for each of four columns and four rows. */
  std::int32_t column[4], row[4];
  /** A bit for each pattern of outer cells darker than the middle one. */
  std::uint8_t subset[32];
  std::int32_t vote;
};

/** Where a node is in its tree. The nodes of a tree follow each other in preorder, and have places from 0. */
struct TreeLinks {
  /** In place of a branch that leads to a leaf. */
  static constexpr std::uint8_t kLeaf = kMaxTreeNodes;

  std::uint8_t shape;
  std::uint8_t place;
  std::uint8_t left, right;
};

/** What a node's branches add to the sum, if they lead to leaves. */
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
  /** Whether any tree has more than one node. */
  bool hasDeepTrees = false;
  std::vector<Stage> stages;
  /** For each node. */
  std::vector<TreeLinks> links;
  std::vector<Leaves> leaves;
  /** The first node of each tree, stage by stage in the order of the file. */
  std::vector<std::int32_t> roots;

  const HaarNode* haarNodes(const Layout& layout);
  const LbpNode* lbpNodes(const Layout& layout);

 private:
  struct Prepared {
    Layout layout{0, 0, 0};
    std::vector<HaarNode> haar;
    std::vector<LbpNode> lbp;
  };

  class Reader;

  void readStages(Reader& in);
  void readTrees(Reader& in, Stage& stage);
  void readHaarNode(Reader& in, int shape);
  void readLbpNode(Reader& in);
  Prepared& preparedFor(const Layout& layout);

  std::vector<CornerPoint> points_;
  std::vector<std::uint8_t> tiltedNode_;
  std::vector<HaarNode> haarTemplate_;
  std::vector<LbpNode> lbpTemplate_;
  Prepared prepared_[2];
};

}  // namespace siteglass
