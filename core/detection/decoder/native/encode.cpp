#include "encode.hpp"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <jpeglib.h>

namespace siteglass {
namespace {

struct Encoder {
  jpeg_compress_struct info;
  jpeg_error_mgr errors;
  std::jmp_buf failed;
  char message[JMSG_LENGTH_MAX];
  unsigned char* output;
  unsigned long length;
};

void fail(j_common_ptr info) {
  Encoder& encoder = *static_cast<Encoder*>(info->client_data);
  encoder.errors.format_message(info, encoder.message);
  std::longjmp(encoder.failed, 1);
}

/** False with a message if it fails. No object with a destructor lives here: `fail` jumps out of libjpeg. */
bool encode(Encoder& encoder, const std::uint8_t* pixels, int width, int height, int quality) {
  jpeg_compress_struct& info = encoder.info;
  info.err = jpeg_std_error(&encoder.errors);
  info.client_data = &encoder;
  encoder.errors.error_exit = fail;
  if (setjmp(encoder.failed)) return false;
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, &encoder.output, &encoder.length);
  info.image_width = static_cast<JDIMENSION>(width);
  info.image_height = static_cast<JDIMENSION>(height);
  info.input_components = 3;
  info.in_color_space = JCS_EXT_BGR;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    auto* row = const_cast<JSAMPROW>(pixels + static_cast<std::size_t>(info.next_scanline) * width * 3);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  return true;
}

}  // namespace

std::vector<std::uint8_t> encodeJpeg(const std::uint8_t* pixels, int width, int height, int quality) {
  Encoder encoder{};
  const bool encoded = encode(encoder, pixels, width, height, quality);
  jpeg_destroy_compress(&encoder.info);
  std::vector<std::uint8_t> bytes;
  if (encoded) bytes.assign(encoder.output, encoder.output + encoder.length);
  std::free(encoder.output);
  if (!encoded) throw std::runtime_error(encoder.message);
  return bytes;
}

}  // namespace siteglass
