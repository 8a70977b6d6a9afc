#include "resize-weights.hpp"

#include <algorithm>
#include <cmath>

namespace siteglass {

ResizeWeights::ResizeWeights(int from, int to, int wanted) : count(wanted), identity(from == to) {
  const int padded = (wanted + 7) / 8 * 8;
  source.resize(padded);
  share.resize(padded);
  const double scale = 1.0 / (static_cast<double>(to) / from);
  for (int i = 0; i < padded; i++) {
    const double position = scale * (std::min(i, to - 1) + 0.5) - 0.5;
    const double before = std::floor(position);
    if (before < 0) {
      source[i] = 0;
      share[i] = 0;
    } else if (before >= from - 1) {
      source[i] = from - 2;
      share[i] = 256;
    } else {
      source[i] = static_cast<std::int32_t>(before);
      share[i] = static_cast<std::uint16_t>(std::nearbyint((position - before) * 256));
    }
  }
}

// Not inline: code that is compiled for a single instruction set must not hold a copy of it.
ResizeWeights::~ResizeWeights() = default;

}  // namespace siteglass
