#include "cascade.hpp"

#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace siteglass {
namespace {

constexpr std::int32_t kFormat = 0x53474333;
constexpr std::int32_t kMaxNodes = 1 << 16;

constexpr int kCornersOf[kForms] = {6, 8, 8, 9, 9, 12};

void require(bool condition, const char* what) {
  if (!condition) throw std::invalid_argument(std::string("packed cascade: ") + what);
}

}  // namespace

class Cascade::Reader {
 public:
  Reader(const std::int32_t* words, std::size_t count) : next_(words), left_(count) {}

  std::int32_t integer() {
    require(left_ > 0, "it ends too early");
    left_--;
    return *next_++;
  }
  std::int32_t integer(std::int32_t from, std::int32_t to, const char* what) {
    const std::int32_t value = integer();
    require(value >= from && value <= to, what);
    return value;
  }
  float number() {
    const std::int32_t bits = integer();
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  CornerPoint point(int width, int height) {
    const std::int32_t x = integer(0, width, "a corner lies outside the window");
    const std::int32_t y = integer(0, height, "a corner lies outside the window");
    return {static_cast<std::int16_t>(x), static_cast<std::int16_t>(y)};
  }
  bool atEnd() const { return left_ == 0; }

 private:
  const std::int32_t* next_;
  std::size_t left_;
};

Cascade::Cascade(const std::int32_t* words, std::size_t count) {
  Reader in(words, count);
  require(in.integer() == kFormat, "not one of this version");
  kind = in.integer(0, 1, "unknown kind") == 0 ? kHaar : kLbp;
  width = in.integer(3, kMaxWindow, "window width");
  height = in.integer(3, kMaxWindow, "window height");
  tilted = in.integer(0, 1, "tilted flag") == 1;
  readStages(in);
  for (Stage& stage : stages) readTrees(in, stage);

  std::vector<std::int32_t> inFileOrder;
  for (const Stage& stage : stages) {
    for (std::int32_t i = 0; i < stage.treeCount; i++) {
      inFileOrder.push_back(roots[stage.firstTree + in.integer(0, stage.treeCount - 1, "order of trees")]);
    }
  }
  roots = std::move(inFileOrder);
  require(in.atEnd(), "something follows it");
}

void Cascade::readStages(Reader& in) {
  const std::int32_t stageCount = in.integer(1, kMaxNodes, "number of stages");
  const std::int32_t nodeCount = in.integer(1, kMaxNodes, "number of nodes");
  std::int32_t nodes = 0, trees = 0;
  for (std::int32_t i = 0; i < stageCount; i++) {
    Stage stage{};
    stage.firstNode = nodes;
    stage.nodeCount = in.integer(1, nodeCount - nodes, "nodes of a stage");
    stage.firstTree = trees;
    stage.treeCount = in.integer(1, stage.nodeCount, "trees of a stage");
    stage.initial = in.integer();
    stage.margin = in.integer();
    stage.threshold = in.number();
    nodes += stage.nodeCount;
    trees += stage.treeCount;
    hasDeepTrees |= stage.treeCount < stage.nodeCount;
    stages.push_back(stage);
  }
  require(nodes == nodeCount, "stages do not cover the nodes");
}

/** The nodes of a tree are in preorder, each with a bit for each branch that leads to another node. */
void Cascade::readTrees(Reader& in, Stage& stage) {
  // Branches that still lack their node, by the node that they start from; the next one is last.
  struct Branch {
    std::int32_t from;
    bool right;
  };
  std::vector<Branch> open;
  int place = 0, shape = 0;
  std::int32_t trees = 0;
  for (std::int32_t i = 0; i < stage.nodeCount; i++) {
    const std::int32_t at = stage.firstNode + i;
    const std::int32_t likeness = in.integer(0, 4 * kShapes - 1, "shape of a node");
    require(hasDeepTrees || likeness / 4 >= shape, "stumps that are not sorted by their shape");
    shape = likeness / 4;
    require(kind == kHaar || shape == 0, "shape of an LBP node");
    stage.count[shape]++;
    if (open.empty()) {
      place = 0;
      trees++;
      roots.push_back(at);
    } else {
      place++;
      require(place < kMaxTreeNodes, "a tree of too many nodes");
      TreeLinks& from = links[open.back().from];
      (open.back().right ? from.right : from.left) = static_cast<std::uint8_t>(place);
      open.pop_back();
    }
    if (likeness & 2) open.push_back({at, true});
    if (likeness & 1) open.push_back({at, false});
    links.push_back({static_cast<std::uint8_t>(shape), static_cast<std::uint8_t>(place), TreeLinks::kLeaf,
                     TreeLinks::kLeaf});
    if (kind == kHaar) {
      readHaarNode(in, shape);
    } else {
      readLbpNode(in);
    }
    const float left = in.number();
    const float right = in.number();
    leaves.push_back({left, right});
  }
  require(open.empty(), "a branch without a node");
  require(trees == stage.treeCount, "trees of a stage");
}

void Cascade::readHaarNode(Reader& in, int shape) {
  HaarNode node{};
  const bool is16Bits = widthOf(shape) == k16Bits;
  tiltedNode_.push_back(static_cast<std::uint8_t>(in.integer(0, tilted && !is16Bits ? 1 : 0, "tilted feature")));
  const int corners = kCornersOf[formOf(shape)];
  for (int c = 0; c < kMaxCorners; c++) {
    points_.push_back(c < corners ? in.point(width, height) : CornerPoint{0, 0});
  }
  for (std::int32_t& weight : node.weight) weight = in.integer();
  node.threshold = in.number() * (is16Bits ? kThresholdScale : 1);
  node.vote = in.integer();
  haarTemplate_.push_back(node);
}

void Cascade::readLbpNode(Reader& in) {
  LbpNode node{};
  // The corners on the diagonal: they give the columns and the rows.
  for (int c = 0; c < 4; c++) points_.push_back(in.point(width, height));
  std::int32_t subset[8];
  for (std::int32_t& word : subset) word = in.integer();
  std::memcpy(node.subset, subset, sizeof subset);
  node.vote = in.integer();
  lbpTemplate_.push_back(node);
}

Cascade::Prepared& Cascade::preparedFor(const Layout& layout) {
  Prepared& prepared = prepared_[layout.step - 1];
  if (prepared.layout == layout) return prepared;

  prepared.layout = layout;
  prepared.haar = haarTemplate_;
  prepared.lbp = lbpTemplate_;
  const CornerPoint* point = points_.data();
  for (std::size_t i = 0; i < prepared.haar.size(); i++) {
    const std::int32_t plane = tiltedNode_[i] ? layout.tiltedOffset : 0;
    for (std::int32_t& corner : prepared.haar[i].corner) {
      corner = plane + layout.offset(point->x, point->y);
      point++;
    }
  }
  for (LbpNode& node : prepared.lbp) {
    for (int i = 0; i < 4; i++, point++) {
      node.column[i] = layout.offset(point->x, 0);
      node.row[i] = layout.offset(0, point->y);
    }
  }
  return prepared;
}

const HaarNode* Cascade::haarNodes(const Layout& layout) { return preparedFor(layout).haar.data(); }
const LbpNode* Cascade::lbpNodes(const Layout& layout) { return preparedFor(layout).lbp.data(); }

}  // namespace siteglass
