// Stumps over Haar features: blocks of neighbouring windows, one a lane.
//
// A feature is an integer that fits a float without rounding (the packer sees to it), so that any order of summing its
// corners gives OpenCV's value. Votes are summed in fixed point, in any order; what comes out too near to the
// stage's threshold is summed again as OpenCV does it, in double precision and in the order of the file.
#pragma once

#include "band.hpp"
#include "cascade.hpp"
#include "simd.hpp"

namespace siteglass {
namespace {

template <class Value, class At>
ENGINE_INLINE Value rectangle(const HaarStump& stump, int first, const At& at) {
  return (at(stump.corner[first]) - at(stump.corner[first + 1])) -
         (at(stump.corner[first + 2]) - at(stump.corner[first + 3]));
}

/** The feature's value; `at` gives the integral image's elements at a corner. */
template <Form form, class Value, class At>
ENGINE_INLINE Value featureValue(const HaarStump& s, const At& at) {
  switch (form) {
    case kSix: {
      const Value twice = at(s.corner[4]) - at(s.corner[5]);
      return (at(s.corner[0]) - at(s.corner[1])) + (at(s.corner[2]) - at(s.corner[3])) + (twice + twice);
    }
    case kEightTripled: {
      const Value inner = rectangle<Value>(s, 4, at);
      return inner + (inner + inner) - rectangle<Value>(s, 0, at);
    }
    case kEight:
      return rectangle<Value>(s, 4, at) * s.weight[1] - rectangle<Value>(s, 0, at);
    case kNine:
    case kNineNegated: {
      const Value outer = (at(s.corner[0]) + at(s.corner[1])) + (at(s.corner[2]) + at(s.corner[3]));
      const Value sides = (at(s.corner[4]) + at(s.corner[5])) + (at(s.corner[6]) + at(s.corner[7]));
      const Value centre = at(s.corner[8]);
      const Value half = sides - (centre + centre);
      return form == kNine ? outer - (half + half) : (half + half) - outer;
    }
    default:
      return rectangle<Value>(s, 0, at) * s.weight[0] + rectangle<Value>(s, 4, at) * s.weight[1] +
             rectangle<Value>(s, 8, at) * s.weight[2];
  }
}

/** Evaluates a Haar cascade's stages at the windows of a band. */
class HaarEvaluator {
 public:
  using Sum = I32;
  static constexpr int kLanes = kLanes32;
  static constexpr int kBlocks = 4;

  /** `norm` holds a factor for each place of the band. */
  HaarEvaluator(const HaarStump* stumps, const Cascade& cascade, const std::int32_t* integral, const float* norm)
      : stumps_(stumps), cascade_(cascade), integral_(integral), norm_(norm) {}

  /** The stage's sums at `Blocks` blocks. */
  template <int Blocks>
  ENGINE_INLINE void sumVotes(const Stage& stage, const Block* blocks, I32 (&sums)[Blocks]) const {
    const std::int32_t* corners[Blocks];
    F32 norms[Blocks];
    for (int b = 0; b < Blocks; b++) {
      corners[b] = integral_ + blocks[b].corner;
      norms[b] = load<F32>(norm_ + blocks[b].window);
      sums[b] = splat(stage.initial);
    }
    const HaarStump* stump = stumps_ + stage.firstStump;
    stump = addForm<kSix>(stump, stage.count[kSix], corners, norms, sums);
    stump = addForm<kEightTripled>(stump, stage.count[kEightTripled], corners, norms, sums);
    stump = addForm<kEight>(stump, stage.count[kEight], corners, norms, sums);
    stump = addForm<kNine>(stump, stage.count[kNine], corners, norms, sums);
    stump = addForm<kNineNegated>(stump, stage.count[kNineNegated], corners, norms, sums);
    addForm<kGeneral>(stump, stage.count[kGeneral], corners, norms, sums);
  }

  /** A bit for each window whose sum is below `limit`. */
  static ENGINE_INLINE std::uint32_t below(const Sum& sum, std::int32_t limit) { return laneBits((I32)(sum < limit)); }

  /** The stage's sum at one window as OpenCV computes it. */
  double exactSum(const Stage& stage, const Block& window) const {
    const std::int32_t* const corner = integral_ + window.corner;
    const float norm = norm_[window.window];
    double sum = 0;
    for (std::int32_t i = 0; i < stage.stumpCount; i++) {
      const std::int32_t at = cascade_.fileOrder[stage.firstStump + i];
      const float value = static_cast<float>(valueOf(stage, at, corner)) * norm;
      sum += value < stumps_[at].threshold ? cascade_.leaves[at].left : cascade_.leaves[at].right;
    }
    return sum;
  }

 private:
  template <Form form, int Blocks>
  static ENGINE_INLINE const HaarStump* addForm(const HaarStump* stump, std::int32_t count,
                                                const std::int32_t* const (&corners)[Blocks],
                                                const F32 (&norms)[Blocks], I32 (&sums)[Blocks]) {
    for (const HaarStump* const end = stump + count; stump < end; stump++) {
      for (int b = 0; b < Blocks; b++) {
        const std::int32_t* const corner = corners[b];
        const I32 value =
            featureValue<form, I32>(*stump, [corner](std::int32_t offset) { return load<I32>(corner + offset); });
        const I32 left = (I32)(toFloat(value) * norms[b] < splat(stump->threshold));
        sums[b] += left & splat(stump->vote);
      }
    }
    return stump;
  }

  std::int32_t valueOf(const Stage& stage, std::int32_t at, const std::int32_t* corner) const {
    const auto element = [corner](std::int32_t offset) { return corner[offset]; };
    const HaarStump& stump = stumps_[at];
    switch (formOf(stage, at)) {
      case kSix:
        return featureValue<kSix, std::int32_t>(stump, element);
      case kEightTripled:
        return featureValue<kEightTripled, std::int32_t>(stump, element);
      case kEight:
        return featureValue<kEight, std::int32_t>(stump, element);
      case kNine:
        return featureValue<kNine, std::int32_t>(stump, element);
      case kNineNegated:
        return featureValue<kNineNegated, std::int32_t>(stump, element);
      default:
        return featureValue<kGeneral, std::int32_t>(stump, element);
    }
  }

  Form formOf(const Stage& stage, std::int32_t at) const {
    std::int32_t next = stage.firstStump;
    for (int form = 0; form < kForms; form++) {
      next += stage.count[form];
      if (at < next) return static_cast<Form>(form);
    }
    return kGeneral;
  }

  const HaarStump* stumps_;
  const Cascade& cascade_;
  const std::int32_t* integral_;
  const float* norm_;
};

}  // namespace
}  // namespace siteglass
