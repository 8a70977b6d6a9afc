// What a decoder of a JPEG knows of its file, and how damage is told from what encoders do.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>

#include <jpeglib.h>

namespace siteglass::jpeg {

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
  std::uint64_t maxScanned;
  /** Number of the last scan that was begun, and the samples of all of them. */
  int lastScan;
  std::uint64_t scanned;
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

Decoder& decoderOf(j_common_ptr info);

/** What libjpeg reads next; at the end of the file it invents a marker outside of it. */
const std::uint8_t* nextByte(const Decoder& decoder);

/** The rows of the file before those that are being decoded. */
JDIMENSION rowsBefore(const jpeg_decompress_struct& info);

/** Notes that of the present scan only so many rows are whole. */
void noteDamage(Decoder& decoder, JDIMENSION rows);

/** libjpeg's `emit_message`: its warnings, and the segments that it reads. */
void note(j_common_ptr common, int level);

/** Looks for zeros that are not part of the picture. Call it before the first row. */
void findHole(Decoder& decoder);

/** Notes the first rows that were decoded from a hole. Call it after each row. */
void checkHole(Decoder& decoder);

/** After the last row: whether pixels come from a hole. */
void noteHole(Decoder& decoder);

/** Notes components and coefficients that no scan has brought, of a file with several scans. */
void noteMissing(Decoder& decoder);

/** The part of the picture that is certainly not damaged, 0 to 1. */
double wholeOf(const Decoder& decoder);

}  // namespace siteglass::jpeg
