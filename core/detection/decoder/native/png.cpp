#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <vector>

#include <png.h>

#include "picture.hpp"

namespace siteglass {
namespace {

constexpr std::size_t kMessageLength = 160;

/** libpng's state with what its callbacks need. */
struct Decoder {
  png_structp png;
  png_infop info;
  std::jmp_buf failed;
  char message[kMessageLength];
  /** Of the first harmless warning. */
  char remark[kMessageLength];
  Bytes bytes;
  std::size_t position;
  bool damaged;
  /** Rows whose pixels have been read, of all passes. */
  png_uint_32 rowsRead;
  png_uint_32 wholeRows;
  int passes;
};

Decoder& decoderOf(png_structp png) { return *static_cast<Decoder*>(png_get_error_ptr(png)); }

void copyMessage(char* to, const char* message) { std::snprintf(to, kMessageLength, "%s", message); }

void fail(png_structp png, const char* message) {
  Decoder& decoder = decoderOf(png);
  if (!decoder.damaged) copyMessage(decoder.message, message);
  std::longjmp(decoder.failed, 1);
}

/**
 * Whether a warning means that pixels are missing or made up: one about a critical chunk, as libpng writes
 * "IDAT: CRC error", except for bytes that are left over. The first letter of a critical chunk is upper-case.
 */
bool meansDamage(const char* message) {
  if (std::strlen(message) < 5 || message[4] != ':' || message[0] < 'A' || message[0] > 'Z') return false;
  return !std::strstr(message, "xtra compressed data") && !std::strstr(message, "oo much image data");
}

void note(png_structp png, const char* message) {
  Decoder& decoder = decoderOf(png);
  if (!meansDamage(message)) {
    if (decoder.remark[0] == '\0') copyMessage(decoder.remark, message);
    return;
  }
  if (decoder.damaged) return;
  decoder.damaged = true;
  decoder.wholeRows = decoder.rowsRead;
  copyMessage(decoder.message, message);
}

void readBytes(png_structp png, png_bytep to, std::size_t count) {
  Decoder& decoder = *static_cast<Decoder*>(png_get_io_ptr(png));
  if (decoder.bytes.length - decoder.position < count) png_error(png, "the file ends early");
  std::memcpy(to, decoder.bytes.data + decoder.position, count);
  decoder.position += count;
}

struct Guard {
  Decoder* decoder;
  ~Guard() {
    png_destroy_read_struct(&decoder->png, &decoder->info, nullptr);
    delete decoder;
  }
};

/** Text and times, which nobody reads here. */
constexpr png_byte kSkipped[] = "tEXt\0zTXt\0iTXt\0tIME\0eXIf\0hIST\0pCAL\0sCAL\0sPLT\0oFFs";

/** Whether it succeeded; otherwise `message` is the reason. As for all that follow. */
bool readHeader(Decoder& decoder) {
  decoder.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoder, fail, note);
  if (!decoder.png) return false;
  if (setjmp(decoder.failed)) return false;
  decoder.info = png_create_info_struct(decoder.png);
  if (!decoder.info) png_error(decoder.png, "out of memory");
  png_set_read_fn(decoder.png, &decoder, readBytes);
  // A wrong checksum of a critical chunk is damage. What can be read is read nevertheless.
  png_set_crc_action(decoder.png, PNG_CRC_WARN_USE, PNG_CRC_WARN_DISCARD);
  png_set_keep_unknown_chunks(decoder.png, PNG_HANDLE_CHUNK_NEVER, kSkipped, sizeof kSkipped / 5);
  png_set_user_limits(decoder.png, 0xffff, 0xffff);
  png_read_info(decoder.png, decoder.info);
  return true;
}

/** As OpenCV has it, with and without colour. Transparency is dropped. */
bool setOutput(Decoder& decoder, const Request& request) {
  if (setjmp(decoder.failed)) return false;
  png_structp png = decoder.png;
  const int type = png_get_color_type(png, decoder.info);
  if (png_get_bit_depth(png, decoder.info) == 16) png_set_strip_16(png);
  png_set_strip_alpha(png);
  if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (!(type & PNG_COLOR_MASK_COLOR) && png_get_bit_depth(png, decoder.info) < 8) png_set_expand_gray_1_2_4_to_8(png);
  if (!request.colour) {
    png_set_rgb_to_gray(png, PNG_ERROR_ACTION_NONE, 0.299, 0.587);
  } else if (type & PNG_COLOR_MASK_COLOR) {
    png_set_bgr(png);
  } else {
    png_set_gray_to_rgb(png);
  }
  decoder.passes = png_set_interlace_handling(png);
  png_read_update_info(png, decoder.info);
  return true;
}

bool readRows(Decoder& decoder, std::uint8_t* pixels, std::size_t stride, png_uint_32 height) {
  if (setjmp(decoder.failed)) return false;
  for (int pass = 0; pass < decoder.passes; pass++) {
    for (png_uint_32 row = 0; row < height; row++) {
      png_read_row(decoder.png, pixels + row * stride, nullptr);
      decoder.rowsRead++;
    }
  }
  return true;
}

/** Checks what follows the pixels: the checksums. */
bool readEnd(Decoder& decoder) {
  if (setjmp(decoder.failed)) return false;
  png_read_end(decoder.png, nullptr);
  return true;
}

}  // namespace

Picture decodePng(Bytes bytes, const Request& request, const Allocate& allocate) {
  // Zero everywhere, so that it can be destroyed whatever happens.
  Guard guard{new Decoder{}};
  Decoder& decoder = *guard.decoder;
  decoder.bytes = bytes;
  if (!readHeader(decoder)) throw Undecodable(decoder.message);
  const png_uint_32 width = png_get_image_width(decoder.png, decoder.info);
  const png_uint_32 height = png_get_image_height(decoder.png, decoder.info);
  checkSize(width, height, request);
  const bool isGrey = !(png_get_color_type(decoder.png, decoder.info) & PNG_COLOR_MASK_COLOR);
  if (!setOutput(decoder, request)) throw Undecodable(decoder.message);
  const std::size_t stride = static_cast<std::size_t>(width) * request.channels();
  if (png_get_rowbytes(decoder.png, decoder.info) != stride) throw Undecodable("an unknown kind of pixels");

  std::uint8_t* const pixels = allocate(static_cast<int>(width), static_cast<int>(height), request.channels());
  std::memset(pixels, kMissing, stride * height);
  const bool isComplete = readRows(decoder, pixels, stride, height);
  // An end that is missing takes no pixels with it.
  if (isComplete) readEnd(decoder);
  if (!decoder.damaged) decoder.wholeRows = decoder.rowsRead;
  Picture picture;
  picture.width = static_cast<int>(width);
  picture.height = static_cast<int>(height);
  // libpng computes the grey of colours with weights of its own, and with the gamma of the file.
  picture.holdsGrey = isGrey;
  picture.damaged = decoder.damaged || !isComplete;
  if (picture.damaged) picture.whole = static_cast<double>(decoder.wholeRows) / decoder.passes / height;
  picture.reason = picture.damaged ? decoder.message : decoder.remark;
  return picture;
}

}  // namespace siteglass
