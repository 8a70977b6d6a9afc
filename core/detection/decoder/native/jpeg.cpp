#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include <jpeglib.h>

#include <jerror.h>

#include "picture.hpp"

namespace siteglass {
namespace {

constexpr int kComponents = 4;

/** libjpeg's state with what its callbacks need. */
struct Decoder {
  jpeg_decompress_struct info;
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  std::jmp_buf failed;
  char message[JMSG_LENGTH_MAX];
  /** Of the first harmless warning. */
  char remark[JMSG_LENGTH_MAX];
  const std::uint8_t* begin;
  const std::uint8_t* end;
  int maxScans;
  /** A segment was read since the last scan. */
  bool betweenSegments;
  bool damaged;
  /** A limit was reached. */
  bool refused;
  /** Rows of the file that are whole in each scan so far. */
  JDIMENSION wholeRows;
  /** Where zeros begin that are not part of the picture, and whether the decoder has read them. */
  const std::uint8_t* hole;
  bool readHole;
  JDIMENSION rowsBeforeHole;
  /** Of a progressive file: the part of each coefficient that is whole. */
  float whole[kComponents][DCTSIZE2];
};

Decoder& decoderOf(j_common_ptr info) { return *static_cast<Decoder*>(info->client_data); }

void fail(j_common_ptr info) {
  Decoder& decoder = decoderOf(info);
  decoder.errors.format_message(info, decoder.message);
  std::longjmp(decoder.failed, 1);
}

/**
 * Whether the `count` bytes before `end` are what encoders and their users leave between the data and the next marker.
 * libjpeg counts a stuffed byte as one, so that there may be more of them.
 */
bool isPadding(const std::uint8_t* end, const std::uint8_t* begin, std::size_t count) {
  if (static_cast<std::size_t>(end - begin) < count) return false;
  for (std::size_t i = 1; i <= count; i++) {
    if (end[-static_cast<std::ptrdiff_t>(i)] != 0x00 && end[-static_cast<std::ptrdiff_t>(i)] != 0xff) return false;
  }
  return true;
}

/** What libjpeg reads next; at the end of the file it invents a marker outside of it. */
const std::uint8_t* nextByte(const Decoder& decoder) {
  const JOCTET* const next = decoder.info.src->next_input_byte;
  return next < decoder.begin || next > decoder.end ? decoder.end : next;
}

/**
 * Whether a warning means that pixels are missing or made up. A missing end marker, odd headers, and bytes between
 * segments do not. Bytes that are left over after the pixels of a scan do, unless they are padding: a decoder that lost
 * its place leaves them.
 */
bool meansDamage(const Decoder& decoder) {
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

/** The rows of the file before those that are being decoded. */
JDIMENSION rowsBefore(const jpeg_decompress_struct& info) {
  return info.input_iMCU_row * static_cast<JDIMENSION>(info.max_v_samp_factor * DCTSIZE);
}

/** Rows of the file that are certainly not damaged if the decoder has just found that it lost its place. */
JDIMENSION rowsBeforeRestart(const jpeg_decompress_struct& info) {
  if (info.restart_interval == 0 || info.MCUs_per_row == 0) return 0;
  const JDIMENSION rows = rowsBefore(info);
  const auto height = static_cast<JDIMENSION>(info.max_v_samp_factor * DCTSIZE);
  const JDIMENSION doubtful = (info.restart_interval / info.MCUs_per_row + 1) * height;
  return rows > doubtful ? rows - doubtful : 0;
}

/** Notes that of the present scan only so many rows are whole. */
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
void noteSegment(Decoder& decoder) {
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

void discard(j_common_ptr) {}

/** Called all the time, also while scans are read that cause no output. */
void limitScans(j_common_ptr common) {
  Decoder& decoder = decoderOf(common);
  if (decoder.info.input_scan_number <= decoder.maxScans) return;
  std::snprintf(decoder.message, sizeof decoder.message, "more than %d scans", decoder.maxScans);
  decoder.refused = true;
  std::longjmp(decoder.failed, 1);
}

void prepare(Decoder& decoder, Bytes bytes, const Request& request) {
  decoder.info.err = jpeg_std_error(&decoder.errors);
  decoder.errors.error_exit = fail;
  decoder.errors.emit_message = note;
  decoder.errors.output_message = discard;
  decoder.info.client_data = &decoder;
  decoder.begin = bytes.data;
  decoder.end = bytes.data + bytes.length;
  decoder.maxScans = request.maxScans;
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

bool setOutput(Decoder& decoder, const Request& request) {
  if (setjmp(decoder.failed)) return false;
  // Four components are CMYK, which libjpeg does not convert.
  const bool isCmyk = decoder.info.num_components == 4;
  decoder.info.out_color_space = isCmyk ? JCS_CMYK : request.colour ? JCS_EXT_BGR : JCS_GRAYSCALE;
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

/** Zeros that no scan has, unless a whole flat part of the picture is coded so. */
constexpr std::size_t kHole = 16;
/** Bytes that libjpeg reads ahead. */
constexpr std::size_t kAhead = 8;

/** Whether zeros are a flat part of the picture: in the first component a block without coefficients has the first code. */
bool isFlatCodedByZeros(const jpeg_decompress_struct& info) {
  const int number = info.comp_info[0].ac_tbl_no;
  const JHUFF_TBL* const table = number >= 0 && number < NUM_HUFF_TBLS ? info.ac_huff_tbl_ptrs[number] : nullptr;
  return table && table->huffval[0] == 0;
}

/**
 * Where zeros begin that are not part of the picture, if the decoder reads beyond them: a hole of a file that was
 * transferred in part, or the rest of one whose space was reserved. Null if there are none.
 */
const std::uint8_t* findHole(const Decoder& decoder) {
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

/** Notes the first rows that were decoded from a hole. */
void checkHole(Decoder& decoder) {
  if (!decoder.hole || decoder.readHole) return;
  const std::uint8_t* const next = nextByte(decoder);
  if (static_cast<std::size_t>(decoder.end - decoder.hole) < kHole + kAhead || next < decoder.hole + kHole + kAhead) return;
  decoder.readHole = true;
  decoder.rowsBeforeHole = rowsBefore(decoder.info);
}

/** After the last row: whether pixels come from a hole. */
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

/** Notes components and coefficients that no scan has brought, of a file with several scans. */
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
  if (!setOutput(decoder, request)) throw Undecodable(decoder.message);
  if (!start(decoder)) {
    if (decoder.refused) throw Undecodable(decoder.message);
    picture.reason = decoder.message;
    return beforeMarker(decoder);
  }
  if (jpeg_has_multiple_scans(&decoder.info)) noteMissing(decoder);
  decoder.hole = findHole(decoder);
  picture.width = static_cast<int>(decoder.info.output_width);
  picture.height = static_cast<int>(decoder.info.output_height);
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
