#include "resize-weights.hpp"

#include <algorithm>
#include <cmath>

namespace siteglass {

ResizeWeights::ResizeWeights(int from, int to, int wanted) : count(wanted), identity(from == to) {
  const int padded = (wanted + kPadding - 1) / kPadding * kPadding;
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
  findGroups(from);
}

void ResizeWeights::findGroups(int from) {
  constexpr int kPlaces = 4, kPixels = 16;
  constexpr std::uint8_t kNone = 0x80;
  for (std::size_t i = 0; i < source.size(); i += kPlaces) {
    const std::int32_t first = std::min(source[i], from - kPixels);
    if (first < 0 || source[i + kPlaces - 1] + 1 - first >= kPixels) {
      group.clear();
      inGroup.clear();
      return;
    }
    group.push_back(first);
    for (int place = 0; place < kPlaces; place++) {
      inGroup.push_back(static_cast<std::uint8_t>(source[i + place] - first));
      inGroup.push_back(kNone);
    }
  }
}

// Not inline: code that is compiled for a single instruction set must not hold a copy of it.
ResizeWeights::~ResizeWeights() = default;

}  // namespace siteglass
