// GIF, version 89a (CompuServe, 1990): the first frame.
#include <algorithm>
#include <cstring>
#include <vector>

#include "reader.hpp"

namespace siteglass {
namespace {

constexpr int kMaxCode = 4096;
constexpr std::size_t kNone = static_cast<std::size_t>(-1);

struct Frame {
  std::uint32_t left = 0, top = 0, width = 0, height = 0;
  bool interlaced = false;
  /** Position and number of the colours, which are red, green and blue. */
  std::size_t palette = 0;
  std::uint32_t colours = 0;
  /** Of the compressed data. */
  std::size_t data = 0;
};

std::uint32_t coloursOf(std::uint32_t flags) { return flags & 0x80 ? 2u << (flags & 7) : 0; }

std::size_t skipBlocks(const Reader& file, std::size_t position) {
  while (file.u8(position) != 0) position += 1 + file.u8(position);
  return position + 1;
}

Frame firstFrame(const Reader& file) {
  const std::uint32_t globalColours = coloursOf(file.u8(10));
  std::size_t position = 13 + 3 * globalColours;
  while (file.u8(position) == 0x21 && file.has(position, 2)) position = skipBlocks(file, position + 2);
  if (file.u8(position) != 0x2c || !file.has(position, 11)) throw Undecodable("no frame");
  Frame frame;
  frame.left = file.u16(position + 1);
  frame.top = file.u16(position + 3);
  frame.width = file.u16(position + 5);
  frame.height = file.u16(position + 7);
  const std::uint32_t flags = file.u8(position + 9);
  frame.interlaced = (flags & 0x40) != 0;
  const std::uint32_t localColours = coloursOf(flags);
  frame.palette = localColours ? position + 10 : 13;
  frame.colours = localColours ? localColours : globalColours;
  frame.data = position + 10 + 3 * localColours;
  return frame;
}

/** The bits of a chain of blocks, lowest first. */
class Codes {
 public:
  Codes(const Reader& file, std::size_t position) : file_(file), position_(position) {}

  /** -1 at the end. */
  int next(int width) {
    while (count_ < width) {
      if (left_ == 0) {
        left_ = file_.u8(position_++);
        if (left_ == 0) return -1;
      }
      if (!file_.has(position_, 1)) return -1;
      bits_ |= file_.u8(position_++) << count_;
      count_ += 8;
      left_--;
    }
    const int code = static_cast<int>(bits_ & ((1u << width) - 1));
    bits_ >>= width;
    count_ -= width;
    return code;
  }

 private:
  const Reader& file_;
  std::size_t position_;
  std::uint32_t left_ = 0, bits_ = 0;
  int count_ = 0;
};

/** Puts out pixels in the order in which the file has them. */
class Pen {
 public:
  Pen(const Reader& file, const Frame& frame, Canvas& canvas) : file_(file), frame_(frame), canvas_(canvas) {}

  bool isDone() const { return y_ == kNone; }
  std::size_t written() const { return written_; }

  void put(std::uint32_t index) {
    if (isDone()) return;
    // A colour that the palette does not have is black.
    const std::size_t colour = index < frame_.colours ? frame_.palette + 3 * index : file_.length();
    canvas_.set(frame_.left + x_, frame_.top + static_cast<std::int64_t>(y_), file_.u8(colour + 2), file_.u8(colour + 1),
                file_.u8(colour));
    written_++;
    if (++x_ < frame_.width) return;
    x_ = 0;
    nextRow();
  }

 private:
  void nextRow() {
    constexpr std::uint32_t kFirst[] = {0, 4, 2, 1}, kStep[] = {8, 8, 4, 2};
    y_ += frame_.interlaced ? kStep[pass_] : 1;
    while (frame_.interlaced && y_ >= frame_.height && pass_ < 3) y_ = kFirst[++pass_];
    if (y_ >= frame_.height) y_ = kNone;
  }

  const Reader& file_;
  const Frame& frame_;
  Canvas& canvas_;
  std::uint32_t x_ = 0;
  std::size_t y_ = 0, written_ = 0;
  int pass_ = 0;
};

/** The words of the compression (LZW with codes of up to 12 bits): each is another one and a last pixel. */
class Words {
 public:
  explicit Words(int literals) : literals_(literals) { clear(); }

  void clear() { next_ = literals_ + 2; }
  int next() const { return next_; }
  int codeWidth() const {
    int width = 1;
    while (width < 12 && next_ >= 1 << width) width++;
    return width;
  }

  std::uint8_t first(int code) const {
    while (code >= literals_) code = before_[code];
    return static_cast<std::uint8_t>(code);
  }

  void add(int before, std::uint8_t last) {
    if (next_ == kMaxCode) return;
    before_[next_] = static_cast<std::uint16_t>(before);
    last_[next_++] = last;
  }

  void write(int code, Pen& pen) {
    int depth = 0;
    for (; code >= literals_; code = before_[code]) stack_[depth++] = last_[code];
    pen.put(static_cast<std::uint32_t>(code));
    while (depth > 0) pen.put(stack_[--depth]);
  }

 private:
  const int literals_;
  int next_ = 0;
  std::uint16_t before_[kMaxCode];
  std::uint8_t last_[kMaxCode], stack_[kMaxCode];
};

/** Empty if all pixels are there; otherwise what is wrong. */
const char* decompress(const Reader& file, const Frame& frame, Pen& pen) {
  const int bits = static_cast<int>(file.u8(frame.data));
  if (bits < 1 || bits > 8) return "an invalid width of codes";
  const int clear = 1 << bits, end = clear + 1;
  Words words(clear);
  Codes codes(file, frame.data + 1);
  int previous = -1;
  while (!pen.isDone()) {
    const int code = codes.next(words.codeWidth());
    if (code < 0 || code == end) return "the data ends early";
    if (code == clear) {
      words.clear();
      previous = -1;
      continue;
    }
    if (code > words.next() || (code == words.next() && previous < 0)) return "an invalid code";
    if (previous >= 0) words.add(previous, words.first(code == words.next() ? previous : code));
    // With a full dictionary no word was added.
    if (code >= words.next()) return "an invalid code";
    words.write(code, pen);
    previous = code;
  }
  return "";
}

}  // namespace

Picture decodeGif(Bytes bytes, const Request& request, const Allocate& allocate) {
  const Reader file(bytes);
  const Frame frame = firstFrame(file);
  // As browsers do it: a frame that is larger than the screen enlarges it.
  const std::uint32_t width = std::max(file.u16(6), frame.left + frame.width);
  const std::uint32_t height = std::max(file.u16(8), frame.top + frame.height);
  checkSize(width, height, request);
  checkSize(frame.width, frame.height, request);
  Picture picture;
  picture.width = static_cast<int>(width);
  picture.height = static_cast<int>(height);
  std::uint8_t* const pixels = allocate(picture.width, picture.height, request.channels());
  Canvas canvas(pixels, picture.width, picture.height, request.colour);
  std::memset(pixels, kMissing, canvas.size());
  Pen pen(file, frame, canvas);
  picture.reason = decompress(file, frame, pen);
  picture.damaged = !picture.reason.empty();
  picture.whole = static_cast<double>(pen.written()) / frame.width / frame.height;
  return picture;
}

}  // namespace siteglass
