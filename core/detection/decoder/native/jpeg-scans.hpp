// What the scans of a JPEG cost: each goes over all samples of its components.
#pragma once

#include "jpeg-damage.hpp"
#include "picture.hpp"

namespace siteglass::jpeg {

/** Counts the scans of a file before they are decoded. Throws `TooCostly`. Call it after `jpeg_read_header`. */
void checkScans(const Decoder& decoder, Bytes bytes, const Request& request);

/** libjpeg's progress monitor: the same for the scans that it has in fact begun. Ends decoding by a longjmp. */
void limitScans(j_common_ptr common);

}  // namespace siteglass::jpeg
