#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include <jpeglib.h>

#include "jpeg-damage.hpp"
#include "jpeg-scans.hpp"
#include "picture.hpp"

namespace siteglass {
namespace {

using namespace jpeg;

void fail(j_common_ptr info) {
  Decoder& decoder = decoderOf(info);
  decoder.errors.format_message(info, decoder.message);
  std::longjmp(decoder.failed, 1);
}

void discard(j_common_ptr) {}

void prepare(Decoder& decoder, Bytes bytes, const Request& request) {
  decoder.info.err = jpeg_std_error(&decoder.errors);
  decoder.errors.error_exit = fail;
  decoder.errors.emit_message = note;
  decoder.errors.output_message = discard;
  decoder.info.client_data = &decoder;
  decoder.begin = bytes.data;
  decoder.end = bytes.data + bytes.length;
  decoder.maxScans = request.maxScans;
  decoder.maxScanned = request.maxScanned;
  decoder.betweenSegments = true;
  for (auto& component : decoder.whole) {
    for (float& part : component) part = 1;
  }
  jpeg_create_decompress(&decoder.info);
  decoder.progress.progress_monitor = limitScans;
  decoder.info.progress = &decoder.progress;
  jpeg_mem_src(&decoder.info, bytes.data, bytes.length);
}

/** What has to be freed however decoding ends: nothing with a destructor may live across a longjmp. */
struct Guard {
  Decoder* decoder;
  ~Guard() {
    jpeg_destroy_decompress(&decoder->info);
    delete decoder;
  }
};

/** Whether it succeeded; otherwise `message` is the reason. As for all that follow. */
bool readHeader(Decoder& decoder, Bytes bytes, const Request& request) {
  if (setjmp(decoder.failed)) return false;
  prepare(decoder, bytes, request);
  jpeg_read_header(&decoder.info, TRUE);
  decoder.wholeRows = decoder.info.image_height;
  return true;
}

J_COLOR_SPACE colourSpaceOf(const Decoder& decoder, const Request& request) {
  return request.ycc && decoder.info.jpeg_color_space == JCS_YCbCr ? JCS_YCbCr : JCS_EXT_BGR;
}

bool setOutput(Decoder& decoder, const Request& request) {
  if (setjmp(decoder.failed)) return false;
  // Four components are CMYK, which libjpeg does not convert.
  const bool isCmyk = decoder.info.num_components == 4;
  decoder.info.out_color_space = isCmyk ? JCS_CMYK : request.colour ? colourSpaceOf(decoder, request) : JCS_GRAYSCALE;
  decoder.info.scale_num = 1;
  decoder.info.scale_denom = static_cast<unsigned>(request.denominator);
  jpeg_calc_output_dimensions(&decoder.info);
  return true;
}

/** Of a file with several scans this reads them all. */
bool start(Decoder& decoder) {
  if (setjmp(decoder.failed)) return false;
  jpeg_start_decompress(&decoder.info);
  return true;
}

/** CMYK as Adobe stores it, inverted, as OpenCV converts it. */
void convertCmyk(const std::uint8_t* from, std::uint8_t* to, JDIMENSION width, bool colour) {
  for (JDIMENSION i = 0; i < width; i++, from += 4) {
    const int k = from[3];
    const int red = k - ((255 - from[0]) * k >> 8), green = k - ((255 - from[1]) * k >> 8),
              blue = k - ((255 - from[2]) * k >> 8);
    if (colour) {
      *to++ = static_cast<std::uint8_t>(blue);
      *to++ = static_cast<std::uint8_t>(green);
      *to++ = static_cast<std::uint8_t>(red);
    } else {
      *to++ = static_cast<std::uint8_t>((blue * 1868 + green * 9617 + red * 4899 + (1 << 13)) >> 14);
    }
  }
}

/** `cmyk` has space for one row, or is null if libjpeg converts. */
bool readRows(Decoder& decoder, std::uint8_t* pixels, std::size_t stride, std::uint8_t* cmyk, const Request& request) {
  jpeg_decompress_struct& info = decoder.info;
  if (setjmp(decoder.failed)) return false;
  while (info.output_scanline < info.output_height) {
    std::uint8_t* const to = pixels + info.output_scanline * stride;
    JSAMPROW row = cmyk ? cmyk : to;
    jpeg_read_scanlines(&info, &row, 1);
    if (cmyk) convertCmyk(cmyk, to, info.output_width, request.colour);
    checkHole(decoder);
  }
  noteHole(decoder);
  jpeg_finish_decompress(&info);
  return true;
}

/** How many bytes stand before the last marker that was read. */
std::size_t beforeMarker(const Decoder& decoder) {
  for (const std::uint8_t* at = nextByte(decoder) - 2; at > decoder.begin; at--) {
    const bool isInScan = at[1] == 0 || at[1] == 0xff || (at[1] >= JPEG_RST0 && at[1] < JPEG_RST0 + 8);
    if (at[0] == 0xff && !isInScan) return static_cast<std::size_t>(at - decoder.begin);
  }
  return 0;
}

/** Memory of the picture: of two attempts the second one uses that of the first. */
struct Target {
  const Allocate& allocate;
  std::uint8_t* pixels = nullptr;
};

/** Decodes, or returns how many bytes were read before the scans could not be read any more. */
std::size_t attempt(Bytes bytes, const Request& request, Target& target, Picture& picture) {
  // Zero everywhere, so that it can be destroyed whatever happens.
  Guard guard{new Decoder{}};
  Decoder& decoder = *guard.decoder;
  if (!readHeader(decoder, bytes, request)) throw Undecodable(decoder.message);
  checkSize(decoder.info.image_width, decoder.info.image_height, request);
  checkScans(decoder, bytes, request);
  if (!setOutput(decoder, request)) throw Undecodable(decoder.message);
  if (!start(decoder)) {
    if (decoder.refused) throw TooCostly(decoder.message);
    picture.reason = decoder.message;
    return beforeMarker(decoder);
  }
  if (jpeg_has_multiple_scans(&decoder.info)) noteMissing(decoder);
  findHole(decoder);
  picture.width = static_cast<int>(decoder.info.output_width);
  picture.height = static_cast<int>(decoder.info.output_height);
  picture.ycc = decoder.info.out_color_space == JCS_YCbCr;
  // libjpeg computes the grey of other colour spaces with weights of its own.
  picture.holdsGrey = picture.ycc || decoder.info.jpeg_color_space == JCS_GRAYSCALE;
  if (!target.pixels) target.pixels = target.allocate(picture.width, picture.height, request.channels());
  const std::size_t size = static_cast<std::size_t>(picture.width) * picture.height * request.channels();
  std::vector<std::uint8_t> row(decoder.info.out_color_space == JCS_CMYK ? decoder.info.output_width * 4 : 0);
  const bool isComplete = readRows(decoder, target.pixels, size / picture.height, row.empty() ? nullptr : row.data(), request);
  if (!isComplete) {
    const std::size_t done = size / picture.height * decoder.info.output_scanline;
    std::memset(target.pixels + done, kMissing, size - done);
    noteDamage(decoder, rowsBefore(decoder.info));
  }
  picture.damaged = decoder.damaged || !isComplete;
  picture.whole = picture.damaged ? wholeOf(decoder) : 1;
  picture.reason = picture.damaged ? decoder.message : decoder.remark;
  return bytes.length;
}

}  // namespace

Picture decodeJpeg(Bytes bytes, const Request& request, const Allocate& allocate) {
  Picture picture;
  Target target{allocate};
  const std::size_t read = attempt(bytes, request, target, picture);
  if (picture.width > 0) return picture;
  // One of several scans is not as it should be. Those before it may give a picture.
  const std::string reason = picture.reason;
  if (read > 0 && read < bytes.length) attempt({bytes.data, read}, request, target, picture);
  if (picture.width == 0) throw Undecodable(reason);
  picture.damaged = true;
  picture.reason = reason;
  return picture;
}

}  // namespace siteglass
