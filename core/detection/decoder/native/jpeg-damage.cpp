#include "jpeg-damage.hpp"

#include <cstring>

#include <jerror.h>

namespace siteglass::jpeg {

Decoder& decoderOf(j_common_ptr info) { return *static_cast<Decoder*>(info->client_data); }

/**
 * Whether the `count` bytes before `end` are what encoders and their users leave between the data and the next marker.
 * libjpeg counts a stuffed byte as one, so that there may be more of them.
 */
static bool isPadding(const std::uint8_t* end, const std::uint8_t* begin, std::size_t count) {
  if (static_cast<std::size_t>(end - begin) < count) return false;
  for (std::size_t i = 1; i <= count; i++) {
    if (end[-static_cast<std::ptrdiff_t>(i)] != 0x00 && end[-static_cast<std::ptrdiff_t>(i)] != 0xff) return false;
  }
  return true;
}

const std::uint8_t* nextByte(const Decoder& decoder) {
  const JOCTET* const next = decoder.info.src->next_input_byte;
  return next < decoder.begin || next > decoder.end ? decoder.end : next;
}

/**
 * Whether a warning means that pixels are missing or made up. A missing end marker, odd headers, and bytes between
 * segments do not. Bytes that are left over after the pixels of a scan do, unless they are padding: a decoder that lost
 * its place leaves them.
 */
static bool meansDamage(const Decoder& decoder) {
  switch (decoder.errors.msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
    // A scan refines what no scan before it has brought.
    case JWRN_BOGUS_PROGRESSION:
      return true;
    case JWRN_EXTRANEOUS_DATA: {
      const auto count = static_cast<std::size_t>(decoder.errors.msg_parm.i[0]);
      return !decoder.betweenSegments && !isPadding(nextByte(decoder), decoder.begin, count);
    }
    // Cameras write zeros in place of the spectral selection of a sequential scan (JWRN_NOT_SEQUENTIAL).
    default:
      return false;
  }
}

JDIMENSION rowsBefore(const jpeg_decompress_struct& info) {
  return info.input_iMCU_row * static_cast<JDIMENSION>(info.max_v_samp_factor * DCTSIZE);
}

/** Rows of the file that are certainly not damaged if the decoder has just found that it lost its place. */
static JDIMENSION rowsBeforeRestart(const jpeg_decompress_struct& info) {
  if (info.restart_interval == 0 || info.MCUs_per_row == 0) return 0;
  const JDIMENSION rows = rowsBefore(info);
  const auto height = static_cast<JDIMENSION>(info.max_v_samp_factor * DCTSIZE);
  const JDIMENSION doubtful = (info.restart_interval / info.MCUs_per_row + 1) * height;
  return rows > doubtful ? rows - doubtful : 0;
}

void noteDamage(Decoder& decoder, JDIMENSION rows) {
  const jpeg_decompress_struct& info = decoder.info;
  if (rows < decoder.wholeRows) decoder.wholeRows = rows;
  if (!info.progressive_mode) return;
  const float part = static_cast<float>(rows) / static_cast<float>(info.image_height);
  for (int i = 0; i < info.comps_in_scan && i < MAX_COMPS_IN_SCAN; i++) {
    const int component = info.cur_comp_info[i]->component_index;
    if (component >= kComponents) continue;
    for (int k = info.Ss; k <= info.Se && k < DCTSIZE2; k++) {
      if (part < decoder.whole[component][k]) decoder.whole[component][k] = part;
    }
  }
}

/** libjpeg reports each segment that it reads. */
static void noteSegment(Decoder& decoder) {
  switch (decoder.errors.msg_code) {
    case JTRC_SOS:
      decoder.betweenSegments = false;
      break;
    case JTRC_DAC:
    case JTRC_DHT:
    case JTRC_DQT:
    case JTRC_DRI:
    case JTRC_MISC_MARKER:
      decoder.betweenSegments = true;
      break;
  }
}

void note(j_common_ptr common, int level) {
  Decoder& decoder = decoderOf(common);
  if (level >= 0) return noteSegment(decoder);
  common->err->num_warnings++;
  if (!meansDamage(decoder)) {
    if (decoder.remark[0] == '\0') decoder.errors.format_message(common, decoder.remark);
    return;
  }
  const bool lostItsPlace = decoder.errors.msg_code == JWRN_EXTRANEOUS_DATA;
  noteDamage(decoder, lostItsPlace ? rowsBeforeRestart(decoder.info) : rowsBefore(decoder.info));
  if (decoder.damaged) return;
  decoder.damaged = true;
  decoder.errors.format_message(common, decoder.message);
}

/** Zeros that no scan has, unless a whole flat part of the picture is coded so. */
constexpr std::size_t kHole = 16;
/** Bytes that libjpeg reads ahead. */
constexpr std::size_t kAhead = 8;

/** Whether zeros are a flat part of the picture: in the first component a block without coefficients has the first code. */
static bool isFlatCodedByZeros(const jpeg_decompress_struct& info) {
  const int number = info.comp_info[0].ac_tbl_no;
  const JHUFF_TBL* const table = number >= 0 && number < NUM_HUFF_TBLS ? info.ac_huff_tbl_ptrs[number] : nullptr;
  return table && table->huffval[0] == 0;
}

/**
 * Where zeros begin that are not part of the picture, if the decoder reads beyond them: a hole of a file that was
 * transferred in part, or the rest of one whose space was reserved. Null if there are none.
 */
static const std::uint8_t* holeIn(const Decoder& decoder) {
  const jpeg_decompress_struct& info = decoder.info;
  if (info.progressive_mode || info.arith_code || jpeg_has_multiple_scans(const_cast<j_decompress_ptr>(&info))) return nullptr;
  static constexpr std::uint8_t kZeros[kHole] = {};
  const std::uint8_t* const from = nextByte(decoder);
  if (!isFlatCodedByZeros(info)) {
    return static_cast<const std::uint8_t*>(memmem(from, static_cast<std::size_t>(decoder.end - from), kZeros, kHole));
  }
  // The end of the picture may be flat, but then nothing follows it but the end marker.
  const std::uint8_t* end = decoder.end;
  if (end - from >= 2 && end[-2] == 0xff && end[-1] == JPEG_EOI) end -= 2;
  const std::uint8_t* begin = end;
  while (begin > from && begin[-1] == 0) begin--;
  return begin;
}

void checkHole(Decoder& decoder) {
  if (!decoder.hole || decoder.readHole) return;
  const std::uint8_t* const next = nextByte(decoder);
  if (static_cast<std::size_t>(decoder.end - decoder.hole) < kHole + kAhead || next < decoder.hole + kHole + kAhead) return;
  decoder.readHole = true;
  decoder.rowsBeforeHole = rowsBefore(decoder.info);
}

void noteHole(Decoder& decoder) {
  if (!decoder.readHole || decoder.damaged) return;
  const std::uint8_t* const next = nextByte(decoder);
  // A flat end of the picture uses up all zeros.
  const bool isLeft = static_cast<std::size_t>(decoder.end - next) > kAhead && next[kAhead - 1] == 0 && next[0] == 0;
  if (isFlatCodedByZeros(decoder.info) && !isLeft) return;
  noteDamage(decoder, decoder.rowsBeforeHole);
  decoder.damaged = true;
  std::snprintf(decoder.message, sizeof decoder.message, "zeros in place of data");
}

void noteMissing(Decoder& decoder) {
  const jpeg_decompress_struct& info = decoder.info;
  bool missing = false;
  for (int i = 0; i < info.num_components && i < kComponents; i++) {
    // A component gets its table with its first scan.
    if (!info.comp_info[i].quant_table) {
      missing = true;
      decoder.wholeRows = 0;
      for (float& part : decoder.whole[i]) part = 0;
    } else if (info.coef_bits) {
      for (int k = 0; k < DCTSIZE2; k++) {
        if (info.coef_bits[i][k] == 0) continue;
        missing = true;
        decoder.whole[i][k] = 0;
      }
    }
  }
  if (!missing || decoder.damaged) return;
  decoder.damaged = true;
  std::snprintf(decoder.message, sizeof decoder.message, "scans are missing");
}

double wholeOf(const Decoder& decoder) {
  const jpeg_decompress_struct& info = decoder.info;
  if (!info.progressive_mode) return static_cast<double>(decoder.wholeRows) / info.image_height;
  double sum = 0;
  const int components = info.num_components < kComponents ? info.num_components : kComponents;
  for (int i = 0; i < components; i++) {
    for (const float part : decoder.whole[i]) sum += part;
  }
  return sum / (components * DCTSIZE2);
}

void findHole(Decoder& decoder) { decoder.hole = holeIn(decoder); }

}  // namespace siteglass::jpeg
