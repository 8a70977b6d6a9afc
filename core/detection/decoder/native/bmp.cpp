// Windows and OS/2 bitmaps (Microsoft, BITMAPINFOHEADER and its versions).
#include <algorithm>
#include <cstring>

#include "reader.hpp"

namespace siteglass {
namespace {

enum Compression : std::uint32_t { kNone = 0, kRle8 = 1, kRle4 = 2, kBitFields = 3, kAlphaBitFields = 6 };

struct Header {
  std::uint32_t width = 0, height = 0;
  bool topDown = false;
  std::uint32_t bits = 0, compression = kNone;
  /** Position, number and size of the colours, which are blue, green and red. */
  std::size_t palette = 0;
  std::uint32_t colours = 0, entry = 4;
  std::uint32_t red = 0, green = 0, blue = 0;
  /** Position of the pixels. */
  std::size_t pixels = 0;
};

void readMasks(const Reader& file, Header& header) {
  if (header.compression == kBitFields || header.compression == kAlphaBitFields) {
    header.red = file.u32(54);
    header.green = file.u32(58);
    header.blue = file.u32(62);
  } else if (header.bits == 16) {
    header.red = 0x7c00;
    header.green = 0x03e0;
    header.blue = 0x001f;
  } else if (header.bits == 32) {
    header.red = 0xff0000;
    header.green = 0x00ff00;
    header.blue = 0x0000ff;
  }
}

Header readHeader(const Reader& file) {
  Header header;
  const std::uint32_t size = file.u32(14);
  if (!file.has(14, size) || (size != 12 && size < 40) || size > 4096) throw Undecodable("an unknown header");
  header.pixels = file.u32(10);
  if (size == 12) {
    header.width = file.u16(18);
    header.height = file.u16(20);
    header.bits = file.u16(24);
    header.entry = 3;
  } else {
    const std::int32_t height = file.i32(22);
    if (file.i32(18) < 0 || height == INT32_MIN) throw Undecodable("an invalid size");
    header.width = file.u32(18);
    header.topDown = height < 0;
    header.height = static_cast<std::uint32_t>(header.topDown ? -height : height);
    header.bits = file.u16(28);
    header.compression = file.u32(30);
  }
  readMasks(file, header);
  const bool hasMasksBehind = size == 40 && header.compression == kBitFields;
  header.palette = 14 + size + (hasMasksBehind ? 12 : size == 40 && header.compression == kAlphaBitFields ? 16 : 0);
  const std::uint32_t most = header.bits <= 8 ? 1u << header.bits : 0;
  const std::uint32_t used = size == 12 ? 0 : file.u32(46);
  header.colours = used == 0 ? most : std::min(used, most);
  return header;
}

/** The 8 bits that a mask selects, scaled if it has more or fewer. */
class Channel {
 public:
  explicit Channel(std::uint32_t mask) : mask_(mask) {
    while (mask_ != 0 && !((mask_ >> shift_) & 1)) shift_++;
    largest_ = mask_ >> shift_;
  }
  std::uint32_t of(std::uint32_t pixel) const {
    if (largest_ == 0) return 0;
    const std::uint64_t value = (pixel & mask_) >> shift_;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(255, (value * 255 + largest_ / 2) / largest_));
  }

 private:
  const std::uint32_t mask_;
  int shift_ = 0;
  std::uint32_t largest_ = 0;
};

class Decoder {
 public:
  Decoder(const Reader& file, const Header& header, Canvas& canvas) : file_(file), header_(header), canvas_(canvas) {}

  /** Rows that are there. */
  std::uint32_t readRows() {
    const std::size_t stride = (static_cast<std::size_t>(header_.width) * header_.bits + 31) / 32 * 4;
    const std::size_t used = (static_cast<std::size_t>(header_.width) * header_.bits + 7) / 8;
    const Channel red(header_.red), green(header_.green), blue(header_.blue);
    for (std::uint32_t row = 0; row < header_.height; row++) {
      const std::size_t from = header_.pixels + row * stride;
      if (!file_.has(from, used)) return row;
      for (std::uint32_t x = 0; x < header_.width; x++) {
        if (header_.bits == 24) {
          canvas_.set(x, rowOf(row), file_.u8(from + 3 * x), file_.u8(from + 3 * x + 1), file_.u8(from + 3 * x + 2));
        } else if (header_.bits > 8) {
          const std::uint32_t pixel = header_.bits == 16 ? file_.u16(from + 2 * x) : file_.u32(from + 4 * x);
          canvas_.set(x, rowOf(row), blue.of(pixel), green.of(pixel), red.of(pixel));
        } else {
          const std::size_t bit = static_cast<std::size_t>(x) * header_.bits;
          const std::uint32_t shift = 8 - header_.bits - static_cast<std::uint32_t>(bit % 8);
          put(x, row, file_.u8(from + bit / 8) >> shift & ((1u << header_.bits) - 1));
        }
      }
    }
    return header_.height;
  }

  /** The same of run lengths, where pixels that are left out have the first colour. */
  std::uint32_t readRuns() {
    for (std::uint32_t y = 0; y < header_.height; y++) {
      for (std::uint32_t x = 0; x < header_.width; x++) put(x, y, 0);
    }
    std::size_t at = header_.pixels;
    std::uint32_t x = 0, y = 0;
    while (y < header_.height && file_.has(at, 2)) {
      const std::uint32_t count = file_.u8(at), value = file_.u8(at + 1);
      at += 2;
      if (count > 0) {
        // A run that leaves its row costs nothing.
        const std::uint32_t shown = x < header_.width ? std::min(count, header_.width - x) : 0;
        for (std::uint32_t i = 0; i < shown; i++) put(x + i, y, indexOf(value, i));
        x += count;
      } else if (value == 0) {
        x = 0;
        y++;
      } else if (value == 1) {
        return header_.height;
      } else if (value == 2) {
        x += file_.u8(at);
        y += file_.u8(at + 1);
        at += 2;
      } else {
        const std::uint32_t bytes = header_.compression == kRle8 ? value : (value + 1) / 2;
        if (!file_.has(at, bytes)) return y;
        for (std::uint32_t i = 0; i < value; i++) {
          put(x++, y, indexOf(file_.u8(at + (header_.compression == kRle8 ? i : i / 2)), i));
        }
        at += bytes + bytes % 2;
      }
    }
    return std::min(y, header_.height);
  }

 private:
  std::int64_t rowOf(std::uint32_t row) const {
    return header_.topDown ? row : static_cast<std::int64_t>(header_.height) - 1 - row;
  }

  std::uint32_t indexOf(std::uint32_t value, std::uint32_t i) const {
    if (header_.compression == kRle8) return value;
    return i % 2 == 0 ? value >> 4 : value & 15;
  }

  /** A colour that the palette does not have is black. */
  void put(std::uint32_t x, std::uint32_t row, std::uint32_t index) {
    const std::size_t at = index < header_.colours ? header_.palette + header_.entry * index : file_.length();
    canvas_.set(x, rowOf(row), file_.u8(at), file_.u8(at + 1), file_.u8(at + 2));
  }

  const Reader& file_;
  const Header& header_;
  Canvas& canvas_;
};

bool isKnown(const Header& header) {
  const std::uint32_t bits = header.bits;
  switch (header.compression) {
    case kNone:
      return bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32;
    case kRle8:
      return bits == 8 && !header.topDown;
    case kRle4:
      return bits == 4 && !header.topDown;
    case kBitFields:
    case kAlphaBitFields:
      return bits == 16 || bits == 32;
    default:
      return false;
  }
}

}  // namespace

Picture decodeBmp(Bytes bytes, const Request& request, const Allocate& allocate) {
  const Reader file(bytes);
  const Header header = readHeader(file);
  if (!isKnown(header)) throw Undecodable("an unknown kind of bitmap");
  checkSize(header.width, header.height, request);
  Picture picture;
  picture.width = static_cast<int>(header.width);
  picture.height = static_cast<int>(header.height);
  std::uint8_t* const pixels = allocate(picture.width, picture.height, request.channels());
  Canvas canvas(pixels, picture.width, picture.height, request.colour);
  std::memset(pixels, kMissing, canvas.size());
  Decoder decoder(file, header, canvas);
  const bool isRuns = header.compression == kRle8 || header.compression == kRle4;
  const std::uint32_t rows = isRuns ? decoder.readRuns() : decoder.readRows();
  picture.damaged = rows < header.height;
  picture.whole = static_cast<double>(rows) / header.height;
  if (picture.damaged) picture.reason = "the data ends early";
  return picture;
}

}  // namespace siteglass
