// Trees over Haar features, at blocks of neighbouring windows: one window in each lane of 16 bits.
//
// A feature is an integer that fits a float without rounding (`unsupported-reason.ts` checks it). So the corners can be
// summed in any order, with OpenCV's result. The values of most features fit 16 bits (`fits-16-bits.ts` decides). Their
// corners are summed modulo 2^16. Votes are summed in fixed point, also in any order. A sum that is too close to the
// stage's threshold is computed again as OpenCV does it (`exact-sum.hpp`).
#pragma once

#include "band.hpp"
#include "cascade.hpp"
#include "exact-sum.hpp"
#include "simd.hpp"

namespace siteglass {
namespace {

ENGINE_INLINE std::int32_t times(std::int32_t value, std::int32_t weight) { return value * weight; }
ENGINE_INLINE I32 times(I32 value, std::int32_t weight) { return value * weight; }
ENGINE_INLINE U16 times(U16 value, std::int32_t weight) { return value * static_cast<std::uint16_t>(weight); }

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
      return times(rectangle<Value>(node, 4, at), node.weight[1]) - rectangle<Value>(node, 0, at);
    case kNine:
    case kNineNegated: {
      const Value outer = (at(node.corner[0]) + at(node.corner[1])) + (at(node.corner[2]) + at(node.corner[3]));
      const Value sides = (at(node.corner[4]) + at(node.corner[5])) + (at(node.corner[6]) + at(node.corner[7]));
      const Value centre = at(node.corner[8]);
      const Value half = sides - (centre + centre);
      return form == kNine ? outer - (half + half) : (half + half) - outer;
    }
    default:
      return times(rectangle<Value>(node, 0, at), node.weight[0]) +
             times(rectangle<Value>(node, 4, at), node.weight[1]) +
             times(rectangle<Value>(node, 8, at), node.weight[2]);
  }
}

/** The integral images of a level, and a factor for each place of a band. */
struct HaarPlanes {
  const std::uint16_t* sum16;
  const std::int32_t* sum;
  const float* norm;
};

/** 32 bits for each window of a block: for those at its even places, and for those at its odd ones. */
template <class Vector>
struct Split {
  Vector even, odd;
};

/** Evaluates the stages of a Haar cascade of stumps at the windows of a band. */
class HaarStumps {
 public:
  using Sum = Split<I32>;
  static constexpr int kLanes = kLanes16;
  static constexpr int kBlocks = 4;

  HaarStumps(const HaarNode* nodes, const Cascade& cascade, const HaarPlanes& planes)
      : nodes_(nodes), cascade_(cascade), planes_(planes) {}

  /** The stage's sums at `Blocks` blocks. */
  template <int Blocks>
  ENGINE_INLINE void sumVotes(const Stage& stage, const Block* blocks, Sum (&sums)[Blocks]) const {
    const std::uint16_t* corners[Blocks];
    Split<F32> norms[Blocks];
    locate(planes_.sum16, blocks, corners);
    loadFactors(blocks, norms);
    for (int b = 0; b < Blocks; b++) sums[b] = {splat(stage.initial), splat(stage.initial)};
    const HaarNode* const first = nodes_ + stage.firstNode;
    const HaarNode* const rest = addForms(first, stage.count + shapeOf(k16Bits, kSix), corners, norms, sums);
    if (rest < first + stage.nodeCount) addWide(rest, stage, blocks, sums);
  }

  /** A bit for each window whose sum is below `limit`. */
  static ENGINE_INLINE std::uint32_t below(const Sum& sum, std::int32_t limit) {
    return laneBits((I16)(((I32)(sum.even < limit) & kLowHalves) | ((I32)(sum.odd < limit) & ~kLowHalves)));
  }

  /** The stage's sum at one window as OpenCV computes it. */
  double exactSum(const Stage& stage, const Block& window) const {
    const std::int32_t* const corner = planes_.sum + window.corner;
    const float norm = planes_.norm[window.window];
    return exactSumOf(cascade_, stage, [&](std::int32_t at) {
      const float scale = widthOf(cascade_.links[at].shape) == k16Bits ? kThresholdScale : 1;
      return static_cast<float>(valueOf(at, corner)) * scale * norm < nodes_[at].threshold;
    });
  }

 protected:
  /** Where each block's windows begin in an integral image. */
  template <class Element, int Blocks>
  static ENGINE_INLINE void locate(const Element* plane, const Block* blocks, const Element* (&corners)[Blocks]) {
    for (int b = 0; b < Blocks; b++) corners[b] = plane + blocks[b].corner;
  }

  template <int Blocks>
  ENGINE_INLINE void loadFactors(const Block* blocks, Split<F32> (&norms)[Blocks]) const {
    for (int b = 0; b < Blocks; b++) {
      const float* const norm = planes_.norm + blocks[b].window;
      deinterleave(load<F32>(norm), load<F32>(norm + kLanes32), norms[b].even, norms[b].odd);
    }
  }

  /** Lanes of all ones for windows that take the node's left branch. */
  template <Form form>
  static ENGINE_INLINE Sum isLeft(const HaarNode& node, const std::uint16_t* corner, const Split<F32>& norm) {
    const I32 pairs =
        (I32)featureValue<form, U16>(node, [corner](std::int32_t offset) { return load<U16>(corner + offset); });
    // Each lane has two values, the first one in its lower half. In the upper half, a value is multiplied by 2^16.
    const F32 threshold = splat(node.threshold);
    return {(I32)(toFloat(pairs << 16) * norm.even < threshold),
            (I32)(toFloat(pairs & ~kLowHalves) * norm.odd < threshold)};
  }

  template <Form form>
  static ENGINE_INLINE Sum isLeft(const HaarNode& node, const std::int32_t* corner, const Split<F32>& norm) {
    const auto valueAt = [&node](const std::int32_t* first) {
      return featureValue<form, I32>(node, [first](std::int32_t offset) { return load<I32>(first + offset); });
    };
    Split<I32> value;
    deinterleave(valueAt(corner), valueAt(corner + kLanes32), value.even, value.odd);
    const F32 threshold = splat(node.threshold);
    return {(I32)(toFloat(value.even) * norm.even < threshold), (I32)(toFloat(value.odd) * norm.odd < threshold)};
  }

  static ENGINE_INLINE void addVote(const Sum& left, const HaarNode& node, Sum& sum) {
    sum.even += left.even & splat(node.vote);
    sum.odd += left.odd & splat(node.vote);
  }

  const HaarNode* nodes_;
  const Cascade& cascade_;
  const HaarPlanes planes_;

 private:
  static constexpr std::int32_t kLowHalves = 0xffff;

  /** Adds the votes of the stage's nodes of 32 bits. In line, these few would take registers from the others. */
  template <int Blocks>
  __attribute__((noinline)) void addWide(const HaarNode* node, const Stage& stage, const Block* blocks,
                                         Sum (&sums)[Blocks]) const {
    const std::int32_t* corners[Blocks];
    Split<F32> norms[Blocks];
    locate(planes_.sum, blocks, corners);
    loadFactors(blocks, norms);
    addForms(node, stage.count + shapeOf(k32Bits, kSix), corners, norms, sums);
  }

  /** Adds the votes of nodes, as many of each form as `count` says. Returns what follows them. */
  template <class Element, int Blocks>
  static ENGINE_INLINE const HaarNode* addForms(const HaarNode* node, const std::int32_t* count,
                                                const Element* const (&corners)[Blocks],
                                                const Split<F32> (&norms)[Blocks], Sum (&sums)[Blocks]) {
    node = addForm<kSix>(node, count[kSix], corners, norms, sums);
    node = addForm<kEightTripled>(node, count[kEightTripled], corners, norms, sums);
    node = addForm<kEight>(node, count[kEight], corners, norms, sums);
    node = addForm<kNine>(node, count[kNine], corners, norms, sums);
    node = addForm<kNineNegated>(node, count[kNineNegated], corners, norms, sums);
    return addForm<kGeneral>(node, count[kGeneral], corners, norms, sums);
  }

  template <Form form, class Element, int Blocks>
  static ENGINE_INLINE const HaarNode* addForm(const HaarNode* node, std::int32_t count,
                                               const Element* const (&corners)[Blocks],
                                               const Split<F32> (&norms)[Blocks], Sum (&sums)[Blocks]) {
    for (const HaarNode* const end = node + count; node < end; node++) {
      for (int b = 0; b < Blocks; b++) addVote(isLeft<form>(*node, corners[b], norms[b]), *node, sums[b]);
    }
    return node;
  }

  std::int32_t valueOf(std::int32_t at, const std::int32_t* corner) const {
    const auto element = [corner](std::int32_t offset) { return corner[offset]; };
    const HaarNode& node = nodes_[at];
    switch (formOf(cascade_.links[at].shape)) {
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
};

/**
 * The same for a cascade with deeper trees. Every node is evaluated at every window. A node's vote counts for the
 * windows that reach the node, which are those that its parent sent that way.
 */
class HaarTrees : public HaarStumps {
 public:
  using HaarStumps::HaarStumps;

  template <int Blocks>
  ENGINE_INLINE void sumVotes(const Stage& stage, const Block* blocks, Sum (&sums)[Blocks]) const {
    const std::uint16_t* narrow[Blocks];
    const std::int32_t* wide[Blocks];
    Split<F32> norms[Blocks];
    locate(planes_.sum16, blocks, narrow);
    locate(planes_.sum, blocks, wide);
    loadFactors(blocks, norms);
    Reached<Blocks> reached;
    for (int b = 0; b < Blocks; b++) {
      reached[0][b] = {splat(-1), splat(-1)};
      sums[b] = {splat(stage.initial), splat(stage.initial)};
    }
    for (std::int32_t at = stage.firstNode; at < stage.firstNode + stage.nodeCount; at++) {
      switch (cascade_.links[at].shape) {
        case shapeOf(k16Bits, kSix):
          addNode<kSix>(at, narrow, norms, reached, sums);
          break;
        case shapeOf(k16Bits, kEightTripled):
          addNode<kEightTripled>(at, narrow, norms, reached, sums);
          break;
        case shapeOf(k16Bits, kEight):
          addNode<kEight>(at, narrow, norms, reached, sums);
          break;
        case shapeOf(k16Bits, kNine):
          addNode<kNine>(at, narrow, norms, reached, sums);
          break;
        case shapeOf(k16Bits, kNineNegated):
          addNode<kNineNegated>(at, narrow, norms, reached, sums);
          break;
        case shapeOf(k16Bits, kGeneral):
          addNode<kGeneral>(at, narrow, norms, reached, sums);
          break;
        case shapeOf(k32Bits, kSix):
          addNode<kSix>(at, wide, norms, reached, sums);
          break;
        case shapeOf(k32Bits, kEightTripled):
          addNode<kEightTripled>(at, wide, norms, reached, sums);
          break;
        case shapeOf(k32Bits, kEight):
          addNode<kEight>(at, wide, norms, reached, sums);
          break;
        case shapeOf(k32Bits, kNine):
          addNode<kNine>(at, wide, norms, reached, sums);
          break;
        case shapeOf(k32Bits, kNineNegated):
          addNode<kNineNegated>(at, wide, norms, reached, sums);
          break;
        default:
          addNode<kGeneral>(at, wide, norms, reached, sums);
      }
    }
  }

 private:
  /** Lanes of all ones for windows that reach a node, by the node's place in its tree. */
  template <int Blocks>
  using Reached = Sum[kMaxTreeNodes][Blocks];

  template <Form form, class Element, int Blocks>
  ENGINE_INLINE void addNode(std::int32_t at, const Element* const (&corners)[Blocks], const Split<F32> (&norms)[Blocks],
                             Reached<Blocks>& reached, Sum (&sums)[Blocks]) const {
    const HaarNode& node = nodes_[at];
    const TreeLinks links = cascade_.links[at];
    Sum left[Blocks];
    for (int b = 0; b < Blocks; b++) {
      const Sum& here = reached[links.place][b];
      left[b] = isLeft<form>(node, corners[b], norms[b]);
      left[b] = {here.even & left[b].even, here.odd & left[b].odd};
      addVote(left[b], node, sums[b]);
    }
    if (links.left != TreeLinks::kLeaf) {
      for (int b = 0; b < Blocks; b++) reached[links.left][b] = left[b];
    }
    if (links.right != TreeLinks::kLeaf) {
      for (int b = 0; b < Blocks; b++) {
        const Sum& here = reached[links.place][b];
        reached[links.right][b] = {here.even ^ left[b].even, here.odd ^ left[b].odd};
      }
    }
  }
};

}  // namespace
}  // namespace siteglass
