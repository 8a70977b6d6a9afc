#include "cascade.hpp"

#include <cstring>
#include <stdexcept>

namespace siteglass {
namespace {

constexpr std::int32_t kFormat = 0x53474331;
constexpr std::int32_t kMaxStumps = 1 << 16;

constexpr int kCornersOf[kForms] = {6, 8, 8, 9, 9, 12};

void require(bool condition, const char* what) {
  if (!condition) throw std::invalid_argument(std::string("packed cascade: ") + what);
}

class Reader {
 public:
  Reader(const std::int32_t* words, std::size_t count) : next_(words), left_(count) {}

  std::int32_t integer() {
    require(left_ > 0, "it ends too early");
    left_--;
    return *next_++;
  }
  std::int32_t integer(std::int32_t from, std::int32_t to, const char* what) {
    const std::int32_t value = integer();
    require(value >= from && value <= to, what);
    return value;
  }
  float number() {
    const std::int32_t bits = integer();
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  CornerPoint point(int width, int height) {
    const std::int32_t x = integer(0, width, "a corner lies outside the window");
    const std::int32_t y = integer(0, height, "a corner lies outside the window");
    return {static_cast<std::int16_t>(x), static_cast<std::int16_t>(y)};
  }
  bool atEnd() const { return left_ == 0; }

 private:
  const std::int32_t* next_;
  std::size_t left_;
};

}  // namespace

Cascade::Cascade(const std::int32_t* words, std::size_t count) {
  Reader in(words, count);
  require(in.integer() == kFormat, "not one of this version");
  kind = in.integer(0, 1, "unknown kind") == 0 ? kHaar : kLbp;
  width = in.integer(3, kMaxWindow, "window width");
  height = in.integer(3, kMaxWindow, "window height");
  tilted = in.integer(0, 1, "tilted flag") == 1;
  const std::int32_t stageCount = in.integer(1, kMaxStumps, "number of stages");
  const std::int32_t stumpCount = in.integer(1, kMaxStumps, "number of stumps");

  std::vector<std::uint8_t> formOf;
  for (std::int32_t i = 0; i < stageCount; i++) {
    Stage stage{};
    stage.firstStump = static_cast<std::int32_t>(formOf.size());
    for (int form = 0; form < kForms; form++) {
      const std::int32_t room = stumpCount - static_cast<std::int32_t>(formOf.size());
      stage.count[form] = in.integer(0, kind == kLbp && form > 0 ? 0 : room, "stumps of a stage");
      formOf.insert(formOf.end(), stage.count[form], static_cast<std::uint8_t>(form));
    }
    stage.stumpCount = static_cast<std::int32_t>(formOf.size()) - stage.firstStump;
    require(stage.stumpCount > 0, "a stage without stumps");
    stage.initial = in.integer();
    stage.margin = in.integer();
    stage.threshold = in.number();
    stages.push_back(stage);
  }
  require(formOf.size() == static_cast<std::size_t>(stumpCount), "stages do not cover the stumps");

  for (const Stage& stage : stages) {
    for (std::int32_t i = 0; i < stage.stumpCount; i++) {
      fileOrder.push_back(stage.firstStump + in.integer(0, stage.stumpCount - 1, "order of stumps"));
    }
  }

  for (std::int32_t i = 0; i < stumpCount; i++) {
    if (kind == kHaar) {
      HaarStump stump{};
      tiltedStump_.push_back(static_cast<std::uint8_t>(in.integer(0, tilted ? 1 : 0, "tilted feature")));
      const int corners = kCornersOf[formOf[i]];
      for (int c = 0; c < kMaxCorners; c++) {
        points_.push_back(c < corners ? in.point(width, height) : CornerPoint{0, 0});
      }
      for (std::int32_t& weight : stump.weight) weight = in.integer();
      stump.threshold = in.number();
      stump.vote = in.integer();
      haarTemplate_.push_back(stump);
    } else {
      LbpStump stump{};
      // The corners on the diagonal: they give the columns and the rows.
      for (int c = 0; c < 4; c++) points_.push_back(in.point(width, height));
      std::int32_t subset[8];
      for (std::int32_t& word : subset) word = in.integer();
      std::memcpy(stump.subset, subset, sizeof subset);
      stump.vote = in.integer();
      lbpTemplate_.push_back(stump);
    }
    const float left = in.number();
    const float right = in.number();
    leaves.push_back({left, right});
  }
  require(in.atEnd(), "something follows it");
}

Cascade::Prepared& Cascade::preparedFor(const Layout& layout) {
  Prepared& prepared = prepared_[layout.step - 1];
  if (prepared.layout == layout) return prepared;

  prepared.layout = layout;
  prepared.haar = haarTemplate_;
  prepared.lbp = lbpTemplate_;
  const CornerPoint* point = points_.data();
  for (std::size_t i = 0; i < prepared.haar.size(); i++) {
    const std::int32_t plane = tiltedStump_[i] ? layout.tiltedOffset : 0;
    for (std::int32_t& corner : prepared.haar[i].corner) {
      corner = plane + layout.offset(point->x, point->y);
      point++;
    }
  }
  for (LbpStump& stump : prepared.lbp) {
    for (int i = 0; i < 4; i++, point++) {
      stump.column[i] = layout.offset(point->x, 0);
      stump.row[i] = layout.offset(0, point->y);
    }
  }
  return prepared;
}

const HaarStump* Cascade::haarStumps(const Layout& layout) { return preparedFor(layout).haar.data(); }
const LbpStump* Cascade::lbpStumps(const Layout& layout) { return preparedFor(layout).lbp.data(); }

}  // namespace siteglass
