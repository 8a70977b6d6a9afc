// The parts of OpenCV that its addons are built with, in place of Debian's list of all of them. It is found first, so they
// leave everything else out, and with it Qt, contrib and their libraries.
#pragma once

// core/opencv/native/binding.gyp names those of each packaged addon. The one addon of a checkout has them all.
#ifndef SITEGLASS_OPENCV_PART
#define HAVE_OPENCV_CORE
#define HAVE_OPENCV_IMGPROC
#define HAVE_OPENCV_IMGCODECS
#define HAVE_OPENCV_OBJDETECT
#define HAVE_OPENCV_VIDEOIO
// The addon's own name for reading and writing pictures and video; it would ask for windows (highgui) as well.
#define HAVE_IO
#endif
