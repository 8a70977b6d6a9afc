// What is to be searched, as planned by `search-plan.ts`, and what was found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "cascade.hpp"

namespace siteglass {

struct Image {
  const std::uint8_t* pixels;
  int width, height;
};

/** Windows whose top left corner lies in [x0, x1) × [y0, y1) of the level. */
struct Span {
  std::int32_t x0, x1, y0, y1;
};

/** One cascade's search of one level. */
struct Job {
  std::int32_t id;
  Cascade* cascade;
  std::vector<Span> spans;
};

/** The image resized once, for all the jobs that search it at that size with that step. */
struct Level {
  std::int32_t width, height, step;
  std::vector<Job> jobs;
};

/** A window that every stage let pass: its corner in the level's pixels, and the last stage's sum. */
struct Hit {
  std::int32_t job, x, y;
  double score;
};

/** Hits in the order found. Bounded: `add` fails once kMaxHits are held. */
class Hits {
 public:
  static constexpr std::size_t kMaxHits = 1000000;

  bool add(const Hit& hit);
  const std::vector<Hit>& all() const { return hits_; }
  bool overflowed() const { return overflowed_; }

 private:
  std::vector<Hit> hits_;
  bool overflowed_ = false;
};

/** Throws std::invalid_argument when the plan does not fit the image or the cascades. */
std::vector<Level> readPlan(const std::int32_t* words, std::size_t count, const Image& image,
                            const std::vector<Cascade*>& cascades);

}  // namespace siteglass
