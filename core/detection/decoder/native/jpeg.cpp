#include "jpeg.hpp"

#include <csetjmp>
#include <cstdio>

#include <jpeglib.h>

#include <jerror.h>

namespace siteglass {
namespace {

/** libjpeg's state with what its callbacks need. */
struct Decoder {
  jpeg_decompress_struct info;
  jpeg_error_mgr errors;
  std::jmp_buf failed;
  char message[JMSG_LENGTH_MAX];
  const std::uint8_t* begin;
  const std::uint8_t* end;
  /** Headers have been read. */
  bool started;
  bool damaged;
  int wholeRows;
};

Decoder& decoderOf(j_common_ptr info) { return *static_cast<Decoder*>(info->client_data); }

void fail(j_common_ptr info) {
  Decoder& decoder = decoderOf(info);
  decoder.errors.format_message(info, decoder.message);
  std::longjmp(decoder.failed, 1);
}

/**
 * Whether the `count` bytes before `end` are what encoders and their users leave between the data and the next marker.
 * libjpeg counts a stuffed byte as one, so there may be more of them.
 */
bool isPadding(const std::uint8_t* end, const std::uint8_t* begin, std::size_t count) {
  if (static_cast<std::size_t>(end - begin) < count) return false;
  for (std::size_t i = 1; i <= count; i++) {
    if (end[-static_cast<std::ptrdiff_t>(i)] != 0x00 && end[-static_cast<std::ptrdiff_t>(i)] != 0xff) return false;
  }
  return true;
}

/** Where the bytes before the marker end that was read last; at the end of the file libjpeg makes up a marker of its own. */
const std::uint8_t* endBeforeMarker(const Decoder& decoder) {
  const JOCTET* const next = decoder.info.src->next_input_byte;
  const bool isMadeUp = next < decoder.begin || next > decoder.end;
  return isMadeUp ? decoder.end : next - 2;
}

/**
 * Whether a warning means that pixels are missing or made up. Harmless are a missing end marker, odd headers, and bytes
 * between segments; within a scan, bytes that are left over mean that the decoder lost its place.
 */
bool meansDamage(const Decoder& decoder) {
  const jpeg_decompress_struct& info = decoder.info;
  switch (decoder.errors.msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_NOT_SEQUENTIAL:
      return true;
    case JWRN_EXTRANEOUS_DATA: {
      if (!decoder.started) return false;
      return !isPadding(endBeforeMarker(decoder), decoder.begin, static_cast<std::size_t>(decoder.errors.msg_parm.i[0]));
    }
    default:
      return false;
  }
}

void note(j_common_ptr info, int level) {
  if (level >= 0) return;
  Decoder& decoder = decoderOf(info);
  info->err->num_warnings++;
  if (decoder.damaged || !meansDamage(decoder)) return;
  decoder.damaged = true;
  decoder.errors.format_message(info, decoder.message);
  decoder.wholeRows = decoder.info.progressive_mode ? 0 : static_cast<int>(decoder.info.output_scanline);
}

void discard(j_common_ptr) {}

void prepare(Decoder& decoder, const std::uint8_t* bytes, std::size_t length) {
  decoder.info.err = jpeg_std_error(&decoder.errors);
  decoder.errors.error_exit = fail;
  decoder.errors.emit_message = note;
  decoder.errors.output_message = discard;
  decoder.info.client_data = &decoder;
  decoder.begin = bytes;
  decoder.end = bytes + length;
  decoder.started = false;
  decoder.damaged = false;
  decoder.wholeRows = 0;
  decoder.message[0] = '\0';
  jpeg_create_decompress(&decoder.info);
  jpeg_mem_src(&decoder.info, bytes, length);
}

/** What has to be freed however decoding ends; nothing with a destructor may live across a longjmp. */
struct Guard {
  Decoder* decoder;
  ~Guard() {
    jpeg_destroy_decompress(&decoder->info);
    delete decoder;
  }
};

/** Null where it succeeded; else the reason. */
const char* readHeader(Decoder& decoder, const std::uint8_t* bytes, std::size_t length, const JpegRequest& request) {
  if (setjmp(decoder.failed)) return decoder.message;
  prepare(decoder, bytes, length);
  jpeg_read_header(&decoder.info, TRUE);
  const std::size_t pixels = static_cast<std::size_t>(decoder.info.image_width) * decoder.info.image_height;
  if (pixels > request.maxPixels) return "more pixels than are accepted";
  decoder.info.out_color_space = request.colour ? JCS_EXT_BGR : JCS_GRAYSCALE;
  // CMYK has no conversion to either; the caller converts it.
  const bool isCmyk = decoder.info.jpeg_color_space == JCS_CMYK || decoder.info.jpeg_color_space == JCS_YCCK;
  if (isCmyk) decoder.info.out_color_space = JCS_CMYK;
  decoder.info.scale_num = 1;
  decoder.info.scale_denom = static_cast<unsigned>(request.denominator);
  jpeg_calc_output_dimensions(&decoder.info);
  return nullptr;
}

const char* start(Decoder& decoder, const JpegRequest& request) {
  if (setjmp(decoder.failed)) return decoder.message;
  decoder.info.buffered_image = decoder.info.progressive_mode;
  decoder.started = true;
  jpeg_start_decompress(&decoder.info);
  if (!decoder.info.buffered_image) return nullptr;
  // All scans are read first, and counted; then the last state is put out once.
  while (!jpeg_input_complete(&decoder.info)) {
    if (decoder.info.input_scan_number > request.maxScans) return "more scans than are accepted";
    jpeg_consume_input(&decoder.info);
  }
  jpeg_start_output(&decoder.info, decoder.info.input_scan_number);
  return nullptr;
}

const char* readRows(Decoder& decoder, std::uint8_t* pixels, std::size_t stride) {
  if (setjmp(decoder.failed)) return decoder.message;
  while (decoder.info.output_scanline < decoder.info.output_height) {
    JSAMPROW row = pixels + decoder.info.output_scanline * stride;
    jpeg_read_scanlines(&decoder.info, &row, 1);
  }
  if (decoder.info.buffered_image) jpeg_finish_output(&decoder.info);
  jpeg_finish_decompress(&decoder.info);
  return nullptr;
}

/** CMYK as Adobe stores it, inverted, to grey or to blue, green and red: what OpenCV makes of it. */
void convertCmyk(std::vector<std::uint8_t>& data, bool colour) {
  const std::size_t pixels = data.size() / 4;
  std::uint8_t* to = data.data();
  const std::uint8_t* from = data.data();
  for (std::size_t i = 0; i < pixels; i++, from += 4) {
    const int k = from[3];
    const int red = k - ((255 - from[0]) * k >> 8), green = k - ((255 - from[1]) * k >> 8),
              blue = k - ((255 - from[2]) * k >> 8);
    if (colour) {
      *to++ = static_cast<std::uint8_t>(blue);
      *to++ = static_cast<std::uint8_t>(green);
      *to++ = static_cast<std::uint8_t>(red);
    } else {
      constexpr int shift = 14;
      *to++ = static_cast<std::uint8_t>((blue * 1868 + green * 9617 + red * 4899 + (1 << (shift - 1))) >> shift);
    }
  }
  data.resize(pixels * (colour ? 3 : 1));
}

}  // namespace

JpegPixels decodeJpeg(const std::uint8_t* bytes, std::size_t length, const JpegRequest& request) {
  Guard guard{new Decoder{}};
  Decoder& decoder = *guard.decoder;
  if (const char* reason = readHeader(decoder, bytes, length, request)) throw Undecodable(reason);
  const int channels = decoder.info.out_color_space == JCS_CMYK ? 4 : request.colour ? 3 : 1;
  JpegPixels result;
  result.width = static_cast<int>(decoder.info.output_width);
  result.height = static_cast<int>(decoder.info.output_height);
  const std::size_t stride = static_cast<std::size_t>(result.width) * channels;
  result.data.resize(stride * result.height);
  if (const char* reason = start(decoder, request)) throw Undecodable(reason);
  if (const char* reason = readRows(decoder, result.data.data(), stride)) throw Undecodable(reason);
  if (channels == 4) convertCmyk(result.data, request.colour);
  result.damaged = decoder.damaged;
  result.wholeRows = decoder.damaged ? decoder.wholeRows * request.denominator : decoder.info.image_height;
  result.reason = decoder.damaged ? decoder.message : "";
  return result;
}

}  // namespace siteglass
