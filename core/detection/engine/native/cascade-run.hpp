// A band of windows on their way through the stages of a cascade.
#pragma once

#include "band.hpp"
#include "haar.hpp"
#include "lbp.hpp"
#include "workspace.hpp"

namespace siteglass {
namespace {

/** Takes the windows of a band through a cascade, stage by stage. */
template <class Evaluator>
class CascadeRun {
 public:
  using Sum = typename Evaluator::Sum;
  static constexpr int kLanes = Evaluator::kLanes;
  static_assert(kLanes % 8 == 0 && Band::kGrain % kLanes == 0);

  CascadeRun(const Evaluator& evaluator, const Cascade& cascade, Workspace& space)
      : evaluator_(evaluator), cascade_(cascade), blocks_(space.blocks.data() + 1) {}

  /** Marks in `alive`, of the places in use, those windows of `nonFlat` that the first stage lets pass. */
  void firstStage(const Band& band, const std::uint64_t* nonFlat, std::uint64_t* alive) {
    count_ = coverPlaces(band, nonFlat, kLanes, blocks_);
    runStage(cascade_.stages[0]);
    // Both architectures are little-endian: a block's bits are bytes of their own.
    auto* const bytes = reinterpret_cast<std::uint8_t*>(alive);
    for (int row = 0; row < band.rows; row++) {
      const int first = band.first[row], end = band.end[row];
      std::memset(bytes + (row * band.capacity + first) / 8, 0, (end - first) / 8);
    }
    for (int i = 0; i < count_; i++) std::memcpy(bytes + blocks_[i].window / 8, &blocks_[i].alive, kLanes / 8);
  }

  /** Takes the windows that are marked in `alive` through the other stages. False if none is left. */
  bool laterStages(const Band& band, const std::uint64_t* alive) {
    count_ = coverAlive(band, alive, kLanes, blocks_);
    for (std::size_t i = 1; i < cascade_.stages.size() && count_ > 0; i++) {
      runStage(cascade_.stages[i]);
      count_ = tighten(blocks_, count_, kLanes);
    }
    return count_ > 0;
  }

  /** Calls `report(window, score)` for each window that is left, in order. */
  template <class Report>
  void forEachLeft(const Report& report) const {
    for (int i = 0; i < count_; i++) {
      for (std::uint32_t left = blocks_[i].alive; left; left &= left - 1) {
        const Block window = windowOf(blocks_[i], __builtin_ctz(left));
        report(window.window, evaluator_.exactSum(cascade_.stages.back(), window));
      }
    }
  }

 private:
  static Block windowOf(const Block& block, int lane) { return {block.window + lane, block.corner + lane, 1}; }

  void runStage(const Stage& stage) {
    int at = 0;
    constexpr int kBlocks = Evaluator::kBlocks;
    for (; at + kBlocks <= count_; at += kBlocks) runBlocks<kBlocks>(stage, blocks_ + at);
    for (; at < count_; at++) runBlocks<1>(stage, blocks_ + at);
  }

  template <int Blocks>
  void runBlocks(const Stage& stage, Block* blocks) {
    Sum sums[Blocks];
    evaluator_.template sumVotes<Blocks>(stage, blocks, sums);
    for (int b = 0; b < Blocks; b++) {
      blocks[b].alive &= ~Evaluator::below(sums[b], -stage.margin);
      const std::uint32_t unsure = blocks[b].alive & Evaluator::below(sums[b], stage.margin + 1);
      if (unsure) decide(stage, blocks[b], unsure);
    }
  }

  /** Decides about windows whose sum is too close to the threshold for fixed point. */
  __attribute__((noinline)) void decide(const Stage& stage, Block& block, std::uint32_t unsure) {
    for (; unsure; unsure &= unsure - 1) {
      const int lane = __builtin_ctz(unsure);
      if (evaluator_.exactSum(stage, windowOf(block, lane)) < stage.threshold) block.alive &= ~(1u << lane);
    }
  }

  const Evaluator& evaluator_;
  const Cascade& cascade_;
  Block* blocks_;
  int count_ = 0;
};

}  // namespace
}  // namespace siteglass
