#include "workspace.hpp"

#include <algorithm>
#include <cstring>

namespace siteglass {
namespace {

/** What vectors may read or write past the end of a row or a buffer, in elements. */
constexpr int kOverrun = 128;

template <class Element>
void growTo(std::vector<Element>& buffer, std::size_t size) {
  if (buffer.size() < size) buffer.resize(size);
}

/** A row's elements: room for the overrun in both halves, and an odd number of cache lines, so that rows do not collide. */
int strideFor(int width) {
  constexpr int kLine = 16;
  const int lines = (width + 1 + 2 * kLine + kLine - 1) / kLine;
  return (lines | 1) * kLine;
}

}  // namespace

void Workspace::prepareFor(const std::vector<Level>& levels) {
  int width = 0, tallest = 0;
  std::size_t jobs = 0;
  bool haar = false, hasTilted = false;
  for (const Level& level : levels) {
    width = std::max(width, level.width);
    jobs = std::max(jobs, level.jobs.size());
    for (const Job& job : level.jobs) {
      tallest = std::max(tallest, job.cascade->height);
      haar |= job.cascade->kind == Cascade::kHaar;
      hasTilted |= job.cascade->tilted;
    }
  }
  stride = strideFor(width);
  rowCapacity = 2 * (tallest + 2 * kBandRows) + 64;
  windowCapacity = (width + 63) / 64 * 64 + 64;
  planes_ = haar ? (hasTilted ? 3 : 2) : 0;

  growTo(haar_, planes_ * static_cast<std::size_t>(planeSize()) + (haar ? kOverrun : 0));
  growTo(sum16_, planeSize() + kOverrun);
  growTo(pixels, width + kOverrun);
  growTo(pixelsAbove, width + kOverrun);
  growTo(upper, width + kOverrun);
  growTo(lower, width + kOverrun);
  for (std::vector<std::int32_t>& row : tilted) growTo(row, width + kOverrun);

  const std::size_t places = static_cast<std::size_t>(kBandRows) * windowCapacity;
  for (std::vector<std::uint64_t>* const bits : {&alive, &nonFlat, &allowed}) growTo(*bits, places / 64 + 1);
  growTo(norm, places + kOverrun);
  growTo(blocks, places / 4 + 2);
  growTo(nextY, jobs);
}

void Workspace::clearTopRows() {
  for (int plane = 0; plane < planes_; plane++) {
    std::memset(haar_.data() + plane * static_cast<std::size_t>(planeSize()), 0, stride * sizeof(std::int32_t));
  }
  std::memset(sum16_.data(), 0, stride * sizeof(std::uint16_t));
}

void Workspace::moveRowsUp(int from, int count) {
  const std::size_t start = static_cast<std::size_t>(from) * stride, size = static_cast<std::size_t>(count) * stride;
  for (int plane = 0; plane < planes_; plane++) {
    std::int32_t* const top = haar_.data() + plane * static_cast<std::size_t>(planeSize());
    std::memmove(top, top + start, size * sizeof *top);
  }
  std::memmove(sum16_.data(), sum16_.data() + start, size * sizeof(std::uint16_t));
}

}  // namespace siteglass
