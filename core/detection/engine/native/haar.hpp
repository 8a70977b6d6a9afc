// Trees over Haar features, at blocks of neighbouring windows: one window in each lane.
//
// A feature is an integer that fits a float without rounding (`unsupported-reason.ts` checks it). So the corners can be
// summed in any order, with OpenCV's result. Votes are summed in fixed point, also in any order. A sum that is too close
// to the stage's threshold is computed again as OpenCV does it (`exact-sum.hpp`).
#pragma once

#include "band.hpp"
#include "cascade.hpp"
#include "exact-sum.hpp"
#include "simd.hpp"

namespace siteglass {
namespace {

template <class Value, class At>
ENGINE_INLINE Value rectangle(const HaarNode& node, int first, const At& at) {
  return (at(node.corner[first]) - at(node.corner[first + 1])) -
         (at(node.corner[first + 2]) - at(node.corner[first + 3]));
}

/** The feature's value; `at` gives the integral image's elements at a corner. */
template <Form form, class Value, class At>
ENGINE_INLINE Value featureValue(const HaarNode& node, const At& at) {
  switch (form) {
    case kSix: {
      const Value twice = at(node.corner[4]) - at(node.corner[5]);
      return (at(node.corner[0]) - at(node.corner[1])) + (at(node.corner[2]) - at(node.corner[3])) + (twice + twice);
    }
    case kEightTripled: {
      const Value inner = rectangle<Value>(node, 4, at);
      return inner + (inner + inner) - rectangle<Value>(node, 0, at);
    }
    case kEight:
      return rectangle<Value>(node, 4, at) * node.weight[1] - rectangle<Value>(node, 0, at);
    case kNine:
    case kNineNegated: {
      const Value outer = (at(node.corner[0]) + at(node.corner[1])) + (at(node.corner[2]) + at(node.corner[3]));
      const Value sides = (at(node.corner[4]) + at(node.corner[5])) + (at(node.corner[6]) + at(node.corner[7]));
      const Value centre = at(node.corner[8]);
      const Value half = sides - (centre + centre);
      return form == kNine ? outer - (half + half) : (half + half) - outer;
    }
    default:
      return rectangle<Value>(node, 0, at) * node.weight[0] + rectangle<Value>(node, 4, at) * node.weight[1] +
             rectangle<Value>(node, 8, at) * node.weight[2];
  }
}

/** Evaluates the stages of a Haar cascade of stumps at the windows of a band. */
class HaarStumps {
 public:
  using Sum = I32;
  static constexpr int kLanes = kLanes32;
  static constexpr int kBlocks = 4;

  /** `norm` holds a factor for each place of the band. */
  HaarStumps(const HaarNode* nodes, const Cascade& cascade, const std::int32_t* integral, const float* norm)
      : nodes_(nodes), cascade_(cascade), integral_(integral), norm_(norm) {}

  /** The stage's sums at `Blocks` blocks. */
  template <int Blocks>
  ENGINE_INLINE void sumVotes(const Stage& stage, const Block* blocks, I32 (&sums)[Blocks]) const {
    const std::int32_t* corners[Blocks];
    F32 norms[Blocks];
    locate(blocks, corners, norms);
    for (int b = 0; b < Blocks; b++) sums[b] = splat(stage.initial);
    const HaarNode* node = nodes_ + stage.firstNode;
    node = addForm<kSix>(node, stage.count[kSix], corners, norms, sums);
    node = addForm<kEightTripled>(node, stage.count[kEightTripled], corners, norms, sums);
    node = addForm<kEight>(node, stage.count[kEight], corners, norms, sums);
    node = addForm<kNine>(node, stage.count[kNine], corners, norms, sums);
    node = addForm<kNineNegated>(node, stage.count[kNineNegated], corners, norms, sums);
    addForm<kGeneral>(node, stage.count[kGeneral], corners, norms, sums);
  }

  /** A bit for each window whose sum is below `limit`. */
  static ENGINE_INLINE std::uint32_t below(const Sum& sum, std::int32_t limit) { return laneBits((I32)(sum < limit)); }

  /** The stage's sum at one window as OpenCV computes it. */
  double exactSum(const Stage& stage, const Block& window) const {
    const std::int32_t* const corner = integral_ + window.corner;
    const float norm = norm_[window.window];
    return exactSumOf(cascade_, stage, [&](std::int32_t at) {
      return static_cast<float>(valueOf(at, corner)) * norm < nodes_[at].threshold;
    });
  }

 protected:
  /** Where each block's windows begin in the integral image, and their factors. */
  template <int Blocks>
  ENGINE_INLINE void locate(const Block* blocks, const std::int32_t* (&corners)[Blocks], F32 (&norms)[Blocks]) const {
    for (int b = 0; b < Blocks; b++) {
      corners[b] = integral_ + blocks[b].corner;
      norms[b] = load<F32>(norm_ + blocks[b].window);
    }
  }

  /** Lanes of all ones for windows that take the node's left branch. */
  template <Form form>
  static ENGINE_INLINE I32 isLeft(const HaarNode& node, const std::int32_t* corner, F32 norm) {
    const I32 value =
        featureValue<form, I32>(node, [corner](std::int32_t offset) { return load<I32>(corner + offset); });
    return (I32)(toFloat(value) * norm < splat(node.threshold));
  }

  const HaarNode* nodes_;
  const Cascade& cascade_;

 private:
  template <Form form, int Blocks>
  static ENGINE_INLINE const HaarNode* addForm(const HaarNode* node, std::int32_t count,
                                               const std::int32_t* const (&corners)[Blocks],
                                               const F32 (&norms)[Blocks], I32 (&sums)[Blocks]) {
    for (const HaarNode* const end = node + count; node < end; node++) {
      for (int b = 0; b < Blocks; b++) sums[b] += isLeft<form>(*node, corners[b], norms[b]) & splat(node->vote);
    }
    return node;
  }

  std::int32_t valueOf(std::int32_t at, const std::int32_t* corner) const {
    const auto element = [corner](std::int32_t offset) { return corner[offset]; };
    const HaarNode& node = nodes_[at];
    switch (cascade_.links[at].form) {
      case kSix:
        return featureValue<kSix, std::int32_t>(node, element);
      case kEightTripled:
        return featureValue<kEightTripled, std::int32_t>(node, element);
      case kEight:
        return featureValue<kEight, std::int32_t>(node, element);
      case kNine:
        return featureValue<kNine, std::int32_t>(node, element);
      case kNineNegated:
        return featureValue<kNineNegated, std::int32_t>(node, element);
      default:
        return featureValue<kGeneral, std::int32_t>(node, element);
    }
  }

  const std::int32_t* integral_;
  const float* norm_;
};

/**
 * The same for a cascade with deeper trees. Every node is evaluated at every window. A node's vote counts for the
 * windows that reach the node, which are those that its parent sent that way.
 */
class HaarTrees : public HaarStumps {
 public:
  using HaarStumps::HaarStumps;

  template <int Blocks>
  ENGINE_INLINE void sumVotes(const Stage& stage, const Block* blocks, I32 (&sums)[Blocks]) const {
    const std::int32_t* corners[Blocks];
    F32 norms[Blocks];
    locate(blocks, corners, norms);
    Reached<Blocks> reached;
    for (int b = 0; b < Blocks; b++) {
      reached[0][b] = splat(-1);
      sums[b] = splat(stage.initial);
    }
    for (std::int32_t at = stage.firstNode; at < stage.firstNode + stage.nodeCount; at++) {
      switch (cascade_.links[at].form) {
        case kSix:
          addNode<kSix>(at, corners, norms, reached, sums);
          break;
        case kEightTripled:
          addNode<kEightTripled>(at, corners, norms, reached, sums);
          break;
        case kEight:
          addNode<kEight>(at, corners, norms, reached, sums);
          break;
        case kNine:
          addNode<kNine>(at, corners, norms, reached, sums);
          break;
        case kNineNegated:
          addNode<kNineNegated>(at, corners, norms, reached, sums);
          break;
        default:
          addNode<kGeneral>(at, corners, norms, reached, sums);
      }
    }
  }

 private:
  /** Lanes of all ones for windows that reach a node, by the node's place in its tree. */
  template <int Blocks>
  using Reached = I32[kMaxTreeNodes][Blocks];

  template <Form form, int Blocks>
  ENGINE_INLINE void addNode(std::int32_t at, const std::int32_t* const (&corners)[Blocks], const F32 (&norms)[Blocks],
                             Reached<Blocks>& reached, I32 (&sums)[Blocks]) const {
    const HaarNode& node = nodes_[at];
    const TreeLinks links = cascade_.links[at];
    I32 left[Blocks];
    for (int b = 0; b < Blocks; b++) {
      left[b] = reached[links.place][b] & isLeft<form>(node, corners[b], norms[b]);
      sums[b] += left[b] & splat(node.vote);
    }
    if (links.left != TreeLinks::kLeaf) {
      for (int b = 0; b < Blocks; b++) reached[links.left][b] = left[b];
    }
    if (links.right != TreeLinks::kLeaf) {
      for (int b = 0; b < Blocks; b++) reached[links.right][b] = reached[links.place][b] ^ left[b];
    }
  }
};

}  // namespace
}  // namespace siteglass
