// A stage's sum at one window as OpenCV computes it: in double precision, and in the order of the file.
#pragma once

#include "cascade.hpp"

namespace siteglass {
namespace {

/** `isLeft` gives, for a node's position in the tables, whether the window takes its left branch. */
template <class IsLeft>
inline double exactSumOf(const Cascade& cascade, const Stage& stage, const IsLeft& isLeft) {
  double sum = 0;
  for (std::int32_t tree = stage.firstTree; tree < stage.firstTree + stage.treeCount; tree++) {
    const std::int32_t root = cascade.roots[tree];
    for (std::int32_t place = 0; place != TreeLinks::kLeaf;) {
      const std::int32_t at = root + place;
      const bool left = isLeft(at);
      place = left ? cascade.links[at].left : cascade.links[at].right;
      if (place == TreeLinks::kLeaf) sum += left ? cascade.leaves[at].left : cascade.leaves[at].right;
    }
  }
  return sum;
}

}  // namespace
}  // namespace siteglass
