// The search of one level: rows are resized, summed and searched a band at a time, so that what is being worked on
// stays in the cache.
#pragma once

#include <algorithm>

#include "band.hpp"
#include "cascade-run.hpp"
#include "integral.hpp"
#include "resize.hpp"
#include "variance.hpp"
#include "workspace.hpp"

namespace siteglass {
namespace {

/** Places of a row. */
struct Places {
  int first, end;
};

/** Sets a bit for each of a row's windows that a job's spans allow, and returns the places between which they lie. */
inline Places writeRowMask(const Job& job, std::int32_t y, std::int32_t step, int words, std::uint64_t* mask) {
  std::memset(mask, 0, words * sizeof *mask);
  Places allowed{words * 64, 0};
  for (const Span& span : job.spans) {
    if (y < span.y0 || y >= span.y1) continue;
    const int first = (span.x0 + step - 1) / step, end = (span.x1 + step - 1) / step;
    for (int word = first / 64; word * 64 < end; word++) mask[word] |= bitsOfWord(word, first, end);
    if (first >= end) continue;
    allowed.first = std::min(allowed.first, first);
    allowed.end = std::max(allowed.end, end);
  }
  return allowed;
}

/** Searches a level for all of its jobs. */
class LevelSearch {
 public:
  LevelSearch(const Image& image, const Level& level, Workspace& space, Hits& hits)
      : image_(image), level_(level), space_(space), hits_(hits), layout_(space.layout(level.step)) {}

  void run() {
    measure();
    const ResizeWeights columns(image_.width, level_.width, width_);
    const ResizeWeights rows(image_.height, level_.height, level_.height);
    ResizedRows resized(image_, columns, rows, space_.upper.data(), space_.lower.data());
    std::int32_t* const tiltedRows[3] = {space_.tilted[0].data(), space_.tilted[1].data(), space_.tilted[2].data()};
    TiltedRows tilted(width_, tiltedRows, space_.pixelsAbove.data());

    space_.clearTopRows();
    baseY_ = top_;
    for (std::size_t j = 0; j < level_.jobs.size(); j++) space_.nextY[j] = top_;
    for (int y = top_; y < bottom_; y++) {
      const int row = makeRoomFor(y + 1);
      resized.write(y, space_.pixels.data());
      addRow(row, tilted);
      const int done = y + 1 - top_;
      if (done % (kBandRows * level_.step) == 0 || y + 1 == bottom_) searchUpTo(y + 1);
    }
  }

 private:
  /** The part of the level that the spans need. Columns always begin at the left edge, where OpenCV's steps do. */
  void measure() {
    top_ = level_.height;
    for (const Job& job : level_.jobs) {
      const Cascade& cascade = *job.cascade;
      for (const Span& span : job.spans) {
        top_ = std::min(top_, span.y0 / level_.step * level_.step);
        bottom_ = std::max(bottom_, span.y1 - 1 + cascade.height);
        width_ = std::max(width_, span.x1 - 1 + cascade.width);
      }
      tallest_ = std::max(tallest_, cascade.height);
      hasHaar_ |= cascade.kind == Cascade::kHaar;
      hasTilted_ |= cascade.tilted;
    }
  }

  /** The buffer's row for the integral images' row `y`; moves the rows still needed to the top when it is full. */
  int makeRoomFor(int y) {
    if (y - baseY_ >= space_.rowCapacity) {
      searchUpTo(y - 1);
      const int keep = tallest_;
      space_.moveRowsUp(y - keep - baseY_, keep);
      baseY_ = y - keep;
    }
    return y - baseY_;
  }

  void addRow(int row, TiltedRows& tilted) {
    const std::size_t at = static_cast<std::size_t>(row) * layout_.stride;
    const std::uint8_t* const pixels = space_.pixels.data();
    const bool two = layout_.step == 2;
    if (hasHaar_) {
      (two ? addHaarRow<2> : addHaarRow<1>)(pixels, width_, layout_.stride, space_.sum() + at, space_.sum16() + at,
                                            space_.squares() + at);
    } else {
      (two ? addLbpRow<2> : addLbpRow<1>)(pixels, width_, layout_.stride, space_.sum16() + at);
    }
    if (hasTilted_) tilted.add(pixels, layout_, space_.sum() + layout_.tiltedOffset + at);
  }

  /** Searches every window row whose last integral row is `available`, or above it. */
  void searchUpTo(int available) {
    for (std::size_t j = 0; j < level_.jobs.size(); j++) {
      const int lastY = available - level_.jobs[j].cascade->height;
      std::int32_t& y = space_.nextY[j];
      while (y <= lastY) y = searchBand(level_.jobs[j], y, lastY);
    }
  }

  /** Searches up to kBandRows rows from `y` to `lastY`; returns the next row's y. */
  std::int32_t searchBand(const Job& job, std::int32_t y, std::int32_t lastY) {
    const Cascade& cascade = *job.cascade;
    Band band;
    band.capacity = space_.windowCapacity;
    for (; band.rows < kBandRows && y <= lastY; y += level_.step) {
      const int row = band.rows;
      const Places allowed = writeRowMask(job, y, level_.step, band.words(), band.bits(space_.allowed.data(), row));
      if (allowed.first >= allowed.end) continue;
      band.y[row] = y;
      band.corner[row] = (y - baseY_) * layout_.stride;
      band.first[row] = std::max(allowed.first / Band::kGrain - 1, 0) * Band::kGrain;
      band.end[row] = (allowed.end + Band::kGrain - 1) / Band::kGrain * Band::kGrain;
      band.rows++;
    }
    if (band.rows == 0) return y;
    if (cascade.kind == Cascade::kHaar) {
      const HaarNode* const nodes = job.cascade->haarNodes(layout_);
      const HaarPlanes planes{space_.sum16(), space_.sum(), space_.norm.data()};
      if (cascade.hasDeepTrees) {
        searchWith(HaarTrees(nodes, cascade, planes), job, band);
      } else {
        searchWith(HaarStumps(nodes, cascade, planes), job, band);
      }
    } else {
      const LbpNode* const nodes = job.cascade->lbpNodes(layout_);
      if (cascade.hasDeepTrees) {
        searchWith(LbpTrees(nodes, cascade, space_.sum16()), job, band);
      } else {
        searchWith(LbpStumps(nodes, cascade, space_.sum16()), job, band);
      }
    }
    return y;
  }

  /** Has `nonFlat` and the factors of a band written. Cascades with windows of the same size share them. */
  void findNonFlat(const Cascade& cascade, const Band& band) {
    const bool isKnown = knownFor_ != nullptr && knownFor_->kind == cascade.kind && knownFor_->width == cascade.width &&
                         knownFor_->height == cascade.height && knownBand_.coversAsMuchAs(band);
    if (isKnown) return;
    writeNonFlat(cascade, band);
    knownFor_ = &cascade;
    knownBand_ = band;
  }

  /** Marks in `nonFlat` the windows that are worth searching, of the places in use, and gives them their factors. */
  void writeNonFlat(const Cascade& cascade, const Band& band) {
    const int columns = (level_.width - cascade.width) / layout_.step + 1;
    const Normaliser normaliser(cascade.width, cascade.height, layout_);
    for (int row = 0; row < band.rows; row++) {
      const int first = band.first[row], end = band.end[row];
      std::uint64_t* const nonFlat = band.bits(space_.nonFlat.data(), row);
      if (cascade.kind == Cascade::kHaar) {
        const std::int32_t corner = band.corner[row];
        normaliser.writeRow(space_.sum() + corner, space_.squares() + corner, first, end, columns,
                            space_.norm.data() + row * band.capacity, nonFlat);
      } else {
        for (int word = first / 64; word * 64 < end; word++) {
          const std::uint64_t own = bitsOfWord(word, first, end);
          nonFlat[word] = (nonFlat[word] & ~own) | (own & firstBits(columns - word * 64));
        }
      }
    }
  }

  template <class Evaluator>
  void searchWith(const Evaluator& evaluator, const Job& job, const Band& band) {
    CascadeRun<Evaluator> run(evaluator, *job.cascade, space_);
    findNonFlat(*job.cascade, band);
    run.firstStage(band, space_.nonFlat.data(), space_.alive.data());
    const Band before = firstStageBefore(run, *job.cascade, band);
    for (int row = 0; row < band.rows; row++) keepEvaluated(band, before.first[row], row);
    if (!run.laterStages(band, space_.alive.data())) return;
    run.forEachLeft([&](std::int32_t window, double score) {
      const int row = window / band.capacity, place = window % band.capacity;
      hits_.add({job.id, place * layout_.step, band.y[row], score});
    });
  }

  /**
   * Whether a window is stepped over depends on those before it, back to one that was not rejected. Where a row's
   * places in use begin with nothing but rejections, goes back from there, in steps that grow. Returns
   * the band with the first places that it came to.
   */
  template <class Run>
  Band firstStageBefore(Run& run, const Cascade& cascade, const Band& band) {
    Band before = band;
    for (int places = Band::kGrain;; places *= 2) {
      Band part = before;
      bool any = false;
      for (int row = 0; row < band.rows; row++) {
        const int first = before.first[row];
        part.end[row] = first;
        if (first == 0 || !isRejected(band, row, first)) continue;
        before.first[row] = part.first[row] = std::max(first - places, 0);
        any = true;
      }
      if (!any) return before;
      writeNonFlat(cascade, part);
      run.firstStage(part, space_.nonFlat.data(), space_.alive.data());
    }
  }

  /** Whether the first stage rejects as many windows as lie together, from `first` on. */
  bool isRejected(const Band& band, int row, int first) const {
    return bitsAt(band.bits(space_.alive.data(), row), first, Band::kGrain) == 0 &&
           bitsAt(band.bits(space_.nonFlat.data(), row), first, Band::kGrain) == firstBits(Band::kGrain);
  }

  /** Drops the windows that OpenCV steps over, from the place `first` on, and those that are not asked for. */
  void keepEvaluated(const Band& band, int first, int row) {
    std::uint64_t* const alive = band.bits(space_.alive.data(), row);
    const std::uint64_t* const nonFlat = band.bits(space_.nonFlat.data(), row);
    const std::uint64_t* const allowed = band.bits(space_.allowed.data(), row);
    bool carry = false;
    for (int word = first / 64; word * 64 < band.end[row]; word++) {
      const std::uint64_t rejected = nonFlat[word] & ~alive[word] & bitsOfWord(word, first, band.end[row]);
      alive[word] &= allowed[word] & ~steppedOver(rejected, carry);
    }
  }

  const Image& image_;
  const Level& level_;
  Workspace& space_;
  Hits& hits_;
  const Layout layout_;
  int top_ = 0, bottom_ = 0, width_ = 0, tallest_ = 0, baseY_ = 0;
  bool hasHaar_ = false, hasTilted_ = false;
  /** What the workspace's `nonFlat` and `norm` were last written for. */
  const Cascade* knownFor_ = nullptr;
  Band knownBand_;
};

inline void searchLevels(const Image& image, const std::vector<Level>& levels, Workspace& space, Hits& hits) {
  for (const Level& level : levels) {
    if (hits.overflowed()) return;
    LevelSearch(image, level, space, hits).run();
  }
}

}  // namespace
}  // namespace siteglass
