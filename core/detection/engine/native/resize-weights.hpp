#pragma once

#include <cstdint>
#include <vector>

namespace siteglass {

/** For each place along one axis of a resized image, the source pixel before it and how much of the next one it takes. */
struct ResizeWeights {
  /** As many places as the widest vector takes at once. */
  static constexpr int kPadding = 16;


  /** Places that are wanted. `source` and `share` go on with valid values to the next multiple of kPadding. */
  int count;
  bool identity;
  std::vector<std::int32_t> source;
  /** Of 256. */
  std::vector<std::uint16_t> share;
  /**
   * Where four places in a row draw on no more than sixteen source pixels, for every four: the first of those, and
   * for each place its pixel among them, in two bytes of which the second picks nothing. Empty elsewhere.
   */
  std::vector<std::int32_t> group;
  std::vector<std::uint8_t> inGroup;

  /** The first `count` of `to` places along an axis that had `from` pixels, at least two. */
  ResizeWeights(int from, int to, int count);
  ~ResizeWeights();

 private:
  void findGroups(int from);
};

}  // namespace siteglass
