#include "area.hpp"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <vector>

namespace siteglass {
namespace {

/** The part of a pixel `from` that counts for a pixel `to`. */
struct Share {
  int from, to;
  float weight;
};

/** Along one side. */
std::vector<Share> sharesOf(int fromLength, int toLength, double scale) {
  std::vector<Share> shares;
  for (int to = 0; to < toLength; to++) {
    const double begin = to * scale, end = begin + scale;
    const double length = std::min(scale, fromLength - begin);
    const int last = std::min(static_cast<int>(std::floor(end)), fromLength - 1);
    const int first = std::min(static_cast<int>(std::ceil(begin)), last);
    if (first - begin > 1e-3) shares.push_back({first - 1, to, static_cast<float>((first - begin) / length)});
    for (int from = first; from < last; from++) shares.push_back({from, to, static_cast<float>(1.0 / length)});
    if (end - last > 1e-3) {
      const double part = std::min(std::min(end - last, 1.0), length);
      shares.push_back({last, to, static_cast<float>(part / length)});
    }
  }
  return shares;
}

std::uint8_t rounded(float value) {
  return static_cast<std::uint8_t>(std::min(255L, std::max(0L, std::lrint(value))));
}

void halve(const std::uint8_t* from, int stride, std::uint8_t* to, Size size) {
  for (int y = 0; y < size.height; y++) {
    const std::uint8_t* const upper = from + static_cast<std::ptrdiff_t>(2) * y * stride;
    const std::uint8_t* const lower = upper + stride;
    std::uint8_t* const out = to + static_cast<std::ptrdiff_t>(y) * size.width;
    for (int x = 0; x < size.width; x++) {
      const int sum = upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1];
      out[x] = static_cast<std::uint8_t>((sum + 2) >> 2);
    }
  }
}

/** Whole numbers of pixels: sums without weights. */
void reduceWhole(const std::uint8_t* from, int stride, std::uint8_t* to, Size size, int across, int down) {
  const float scale = 1.0f / static_cast<float>(across * down);
  for (int y = 0; y < size.height; y++) {
    for (int x = 0; x < size.width; x++) {
      const std::uint8_t* const first = from + static_cast<std::ptrdiff_t>(y) * down * stride + x * across;
      int sum = 0;
      for (int v = 0; v < down; v++) {
        for (int u = 0; u < across; u++) sum += first[static_cast<std::ptrdiff_t>(v) * stride + u];
      }
      *to++ = rounded(static_cast<float>(sum) * scale);
    }
  }
}

/** The sums of one row. Shares are in the order of the pixels that they count for. */
void sumColumns(const std::uint8_t* pixels, const std::vector<Share>& shares, std::vector<float>& row) {
  const Share* share = shares.data();
  const Share* const end = share + shares.size();
  for (int to = 0; to < static_cast<int>(row.size()); to++) {
    float sum = 0;
    for (; share != end && share->to == to; share++) sum += static_cast<float>(pixels[share->from]) * share->weight;
    row[to] = sum;
  }
}

void reduceWeighted(const std::uint8_t* from, Size fromSize, std::uint8_t* to, Size toSize, double scaleX, double scaleY) {
  const std::vector<Share> columns = sharesOf(fromSize.width, toSize.width, scaleX);
  const std::vector<Share> rows = sharesOf(fromSize.height, toSize.height, scaleY);
  std::vector<float> row(toSize.width), sum(toSize.width);
  for (std::size_t i = 0; i < rows.size(); i++) {
    const std::uint8_t* const pixels = from + static_cast<std::ptrdiff_t>(rows[i].from) * fromSize.width;
    // A row that two rows share is summed once.
    if (i == 0 || rows[i - 1].from != rows[i].from) sumColumns(pixels, columns, row);
    const float weight = rows[i].weight;
    const bool isFirst = i == 0 || rows[i - 1].to != rows[i].to;
    if (isFirst) {
      for (int x = 0; x < toSize.width; x++) sum[x] = weight * row[x];
    } else {
      for (int x = 0; x < toSize.width; x++) sum[x] += weight * row[x];
    }
    const bool isLast = i + 1 == rows.size() || rows[i + 1].to != rows[i].to;
    std::uint8_t* const out = to + static_cast<std::ptrdiff_t>(rows[i].to) * toSize.width;
    for (int x = 0; isLast && x < toSize.width; x++) out[x] = rounded(sum[x]);
  }
}

}  // namespace

void reduce(const std::uint8_t* from, Size fromSize, std::uint8_t* to, Size toSize) {
  // As OpenCV computes them: the inverse of an inverse.
  const double scaleX = 1.0 / (static_cast<double>(toSize.width) / fromSize.width);
  const double scaleY = 1.0 / (static_cast<double>(toSize.height) / fromSize.height);
  const int across = static_cast<int>(std::lrint(scaleX)), down = static_cast<int>(std::lrint(scaleY));
  const bool isWhole = std::abs(scaleX - across) < DBL_EPSILON && std::abs(scaleY - down) < DBL_EPSILON;
  if (isWhole && across == 2 && down == 2) {
    halve(from, fromSize.width, to, toSize);
  } else if (isWhole) {
    reduceWhole(from, fromSize.width, to, toSize, across, down);
  } else {
    reduceWeighted(from, fromSize, to, toSize, scaleX, scaleY);
  }
}

}  // namespace siteglass
