#include "jpeg-scans.hpp"

#include <algorithm>
#include <cstring>

namespace siteglass::jpeg {

/**
 * Scans go over each sample five or six times as the standard's own example has it, and seven or eight times as the most
 * thorough encoders do; those of four components need no more.
 */
constexpr std::uint64_t kAlwaysAccepted = 10;

static std::uint64_t samplesOf(const jpeg_decompress_struct& info, const jpeg_component_info& component) {
  const std::uint64_t pixels = static_cast<std::uint64_t>(info.image_width) * info.image_height;
  int horizontal = 1, vertical = 1;
  for (int i = 0; i < info.num_components; i++) {
    horizontal = std::max(horizontal, info.comp_info[i].h_samp_factor);
    vertical = std::max(vertical, info.comp_info[i].v_samp_factor);
  }
  const auto part = static_cast<std::uint64_t>(component.h_samp_factor * component.v_samp_factor);
  return pixels * part / static_cast<std::uint64_t>(horizontal * vertical);
}

/** How many samples scans may go over in all. */
static std::uint64_t limitOf(const jpeg_decompress_struct& info, std::uint64_t maxScanned) {
  std::uint64_t samples = 0;
  for (int i = 0; i < info.num_components; i++) samples += samplesOf(info, info.comp_info[i]);
  return std::max(maxScanned, kAlwaysAccepted * samples);
}

/** The samples of the components that a scan header names (ITU-T T.81, B.2.3). */
static std::uint64_t samplesIn(const jpeg_decompress_struct& info, const std::uint8_t* header, std::size_t length) {
  std::uint64_t samples = 0;
  const std::size_t count = length > 0 ? header[0] : 0;
  for (std::size_t i = 0; i < count && 1 + 2 * i < length; i++) {
    for (int k = 0; k < info.num_components; k++) {
      if (info.comp_info[k].component_id == header[1 + 2 * i]) samples += samplesOf(info, info.comp_info[k]);
    }
  }
  return samples;
}

void checkScans(const Decoder& decoder, Bytes bytes, const Request& request) {
  const jpeg_decompress_struct& info = decoder.info;
  const std::uint64_t limit = limitOf(info, request.maxScanned);
  const std::uint8_t* const end = bytes.data + bytes.length;
  const std::uint8_t* at = bytes.data + 2;
  std::uint64_t scanned = 0;
  int scans = 0;
  while (end - at >= 4) {
    at = static_cast<const std::uint8_t*>(std::memchr(at, 0xff, static_cast<std::size_t>(end - at)));
    if (!at || end - at < 4) break;
    const std::uint8_t marker = at[1];
    // Another picture may follow the end of this one.
    if (marker == JPEG_EOI || marker == 0xd8) break;
    // A byte of data, a fill byte, or a marker without a length.
    if (marker < 0xc0 || marker == 0xff || (marker >= JPEG_RST0 && marker < JPEG_RST0 + 8)) {
      at += marker == 0xff ? 1 : 2;
      continue;
    }
    const std::size_t length = static_cast<std::size_t>(at[2] << 8 | at[3]);
    const std::uint8_t* const content = at + 4;
    if (length < 2 || static_cast<std::size_t>(end - content) < length - 2) break;
    if (marker == 0xda) {
      scans++;
      scanned += samplesIn(info, content, length - 2);
    }
    at = content + length - 2;
  }
  if (scans > request.maxScans) {
    throw TooCostly("it has " + std::to_string(scans) + " scans; " + std::to_string(request.maxScans) + " are accepted");
  }
  if (scans <= 1 || scanned <= limit) return;
  const std::uint64_t pixels = static_cast<std::uint64_t>(info.image_width) * info.image_height;
  throw TooCostly("its " + std::to_string(scans) + " scans go over " + std::to_string(scanned / 1'000'000) +
                  " million samples; for " + std::to_string(pixels) + " pixels " + std::to_string(limit / 1'000'000) +
                  " million are accepted");
}

/** Called all the time, also while scans are read that cause no output. */
void limitScans(j_common_ptr common) {
  Decoder& decoder = decoderOf(common);
  const jpeg_decompress_struct& info = decoder.info;
  if (info.input_scan_number == decoder.lastScan) return;
  decoder.lastScan = info.input_scan_number;
  for (int i = 0; i < info.comps_in_scan && i < MAX_COMPS_IN_SCAN; i++) {
    decoder.scanned += samplesOf(info, *info.cur_comp_info[i]);
  }
  const bool isFirst = info.input_scan_number <= 1;
  if (isFirst || (info.input_scan_number <= decoder.maxScans && decoder.scanned <= limitOf(info, decoder.maxScanned))) return;
  std::snprintf(decoder.message, sizeof decoder.message, "it has more scans than are accepted");
  decoder.refused = true;
  std::longjmp(decoder.failed, 1);
}

}  // namespace siteglass::jpeg
