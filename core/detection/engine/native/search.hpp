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

/** The words of a row's bits that are in use. */
struct RowMask {
  int firstWord = 0, endWord = 0;
};

/** Sets a bit for each of a row's windows that a job's spans allow. */
inline RowMask writeRowMask(const Job& job, std::int32_t y, std::int32_t step, int words, std::uint64_t* mask) {
  std::memset(mask, 0, words * sizeof *mask);
  RowMask row{words, 0};
  for (const Span& span : job.spans) {
    if (y < span.y0 || y >= span.y1) continue;
    const int from = (span.x0 + step - 1) / step, to = (span.x1 + step - 1) / step;
    if (from >= to) continue;
    for (int word = from / 64; word * 64 < to; word++) {
      std::uint64_t bits = ~std::uint64_t{0};
      if (word * 64 < from) bits &= ~std::uint64_t{0} << (from - word * 64);
      if (word * 64 + 64 > to) bits &= ~std::uint64_t{0} >> (word * 64 + 64 - to);
      mask[word] |= bits;
    }
    row.firstWord = std::min(row.firstWord, from / 64);
    row.endWord = std::max(row.endWord, (to + 63) / 64);
  }
  return row;
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
      hasLbp_ |= cascade.kind == Cascade::kLbp;
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
      (two ? addHaarRow<2> : addHaarRow<1>)(pixels, width_, layout_.stride, space_.sum() + at, space_.squares() + at);
    }
    if (hasTilted_) tilted.add(pixels, layout_, space_.sum() + layout_.tiltedOffset + at);
    if (hasLbp_) (two ? addLbpRow<2> : addLbpRow<1>)(pixels, width_, layout_.stride, space_.lbpSum() + at);
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
      const RowMask mask =
          writeRowMask(job, y, level_.step, band.words(), band.bits(space_.allowed.data(), row));
      if (mask.firstWord >= mask.endWord) continue;
      band.y[row] = y;
      band.corner[row] = (y - baseY_) * layout_.stride;
      band.firstWord[row] = std::max(mask.firstWord - 1, 0);
      band.endWord[row] = mask.endWord;
      band.rows++;
    }
    if (band.rows == 0) return y;
    if (cascade.kind == Cascade::kHaar) {
      const HaarEvaluator evaluator(job.cascade->haarStumps(layout_), cascade, space_.sum(), space_.norm.data());
      searchWith(evaluator, job, band);
    } else {
      const LbpEvaluator evaluator(job.cascade->lbpStumps(layout_), cascade, space_.lbpSum());
      searchWith(evaluator, job, band);
    }
    return y;
  }

  /**
   * Marks in `varied` the windows that are worth searching, in the words in use of each row, and gives them their
   * factors. Cascades with windows of the same size share them.
   */
  void findVaried(const Cascade& cascade, const Band& band) {
    const bool isKnown = variedFor_ != nullptr && variedFor_->kind == cascade.kind && variedFor_->width == cascade.width &&
                         variedFor_->height == cascade.height && varied_.coversAsMuchAs(band);
    if (isKnown) return;
    const int columns = (level_.width - cascade.width) / layout_.step + 1;
    const Normaliser normaliser(cascade.width, cascade.height, layout_);
    for (int row = 0; row < band.rows; row++) {
      const int from = band.firstWord[row] * 64;
      const int count = std::min(columns, band.endWord[row] * 64) - from;
      std::uint64_t* const varied = band.bits(space_.varied.data(), row) + band.firstWord[row];
      if (cascade.kind == Cascade::kHaar) {
        const std::size_t corner = band.corner[row] + from;
        normaliser.writeRow(space_.sum() + corner, space_.squares() + corner, count,
                            space_.norm.data() + row * band.capacity + from, varied);
      } else {
        for (int word = 0; word * 64 < count; word++) varied[word] = firstBits(count - word * 64);
      }
    }
    variedFor_ = &cascade;
    varied_ = band;
  }

  template <class Evaluator>
  void searchWith(const Evaluator& evaluator, const Job& job, Band& band) {
    CascadeRun<Evaluator> run(evaluator, *job.cascade, space_);
    do {
      findVaried(*job.cascade, band);
      run.firstStage(band, space_.varied.data(), space_.alive.data());
    } while (startsAmongRejections(band));
    for (int row = 0; row < band.rows; row++) keepEvaluated(band, row);
    if (!run.laterStages(space_.alive.data())) return;
    run.forEachLeft([&](std::int32_t window, double score) {
      const int row = window / band.capacity, place = window % band.capacity;
      hits_.add({job.id, place * layout_.step, band.y[row], score});
    });
  }

  /**
   * Whether a window is stepped over depends on those before it, back to one that was not rejected. Where a row's
   * words in use begin with nothing but rejections, makes them begin at the left edge and returns true.
   */
  bool startsAmongRejections(Band& band) const {
    bool any = false;
    for (int row = 0; row < band.rows; row++) {
      const int first = band.firstWord[row];
      const std::uint64_t alive = band.bits(space_.alive.data(), row)[first];
      const std::uint64_t varied = band.bits(space_.varied.data(), row)[first];
      if (first == 0 || (varied & ~alive) != ~std::uint64_t{0}) continue;
      band.firstWord[row] = 0;
      any = true;
    }
    return any;
  }

  /** Drops the windows that OpenCV steps over, and those that are not asked for. */
  void keepEvaluated(const Band& band, int row) {
    std::uint64_t* const alive = band.bits(space_.alive.data(), row);
    const std::uint64_t* const varied = band.bits(space_.varied.data(), row);
    const std::uint64_t* const allowed = band.bits(space_.allowed.data(), row);
    bool carry = false;
    for (int word = band.firstWord[row]; word < band.endWord[row]; word++) {
      const std::uint64_t rejected = varied[word] & ~alive[word];
      alive[word] &= allowed[word] & ~steppedOver(rejected, carry);
    }
  }

  const Image& image_;
  const Level& level_;
  Workspace& space_;
  Hits& hits_;
  const Layout layout_;
  int top_ = 0, bottom_ = 0, width_ = 0, tallest_ = 0, baseY_ = 0;
  bool hasHaar_ = false, hasLbp_ = false, hasTilted_ = false;
  /** What the workspace's `varied` and `norm` were last written for. */
  const Cascade* variedFor_ = nullptr;
  Band varied_;
};

inline void searchLevels(const Image& image, const std::vector<Level>& levels, Workspace& space, Hits& hits) {
  for (const Level& level : levels) {
    if (hits.overflowed()) return;
    LevelSearch(image, level, space, hits).run();
  }
}

}  // namespace
}  // namespace siteglass
