#include "plan.hpp"

#include <stdexcept>
#include <string>

namespace siteglass {
namespace {

void require(bool condition, const char* what) {
  if (!condition) throw std::invalid_argument(std::string("search plan: ") + what);
}

}  // namespace

bool Hits::add(const Hit& hit) {
  if (hits_.size() == kMaxHits) {
    overflowed_ = true;
    return false;
  }
  hits_.push_back(hit);
  return true;
}

std::vector<Level> readPlan(const std::int32_t* words, std::size_t count, const Image& image,
                            const std::vector<Cascade*>& cascades) {
  std::size_t at = 0;
  const auto next = [&](std::int32_t from, std::int32_t to, const char* what) {
    require(at < count, "it ends too early");
    const std::int32_t value = words[at++];
    require(value >= from && value <= to, what);
    return value;
  };

  std::vector<Level> levels(next(0, 65536, "number of levels"));
  std::int32_t jobId = 0;
  for (Level& level : levels) {
    level.width = next(1, image.width, "level width");
    level.height = next(1, image.height, "level height");
    level.step = next(1, 2, "step");
    level.jobs.resize(next(1, 65536, "number of jobs"));
    for (Job& job : level.jobs) {
      job.id = jobId++;
      job.cascade = cascades[next(0, static_cast<std::int32_t>(cascades.size()) - 1, "cascade")];
      job.spans.resize(next(1, 65536, "number of spans"));
      for (Span& span : job.spans) {
        span.x0 = next(0, level.width - job.cascade->width, "left edge of a span");
        span.x1 = next(span.x0 + 1, level.width + 1 - job.cascade->width, "right edge of a span");
        span.y0 = next(0, level.height - job.cascade->height, "top edge of a span");
        span.y1 = next(span.y0 + 1, level.height + 1 - job.cascade->height, "bottom edge of a span");
      }
    }
  }
  require(at == count, "something follows it");
  return levels;
}

}  // namespace siteglass
