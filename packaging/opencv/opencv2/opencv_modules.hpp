// The parts of OpenCV that the packaged addon is built with, in place of Debian's list of all of them. It is found first
// (packaging/tree/addons.ts), so the addon leaves everything else out, and with it Qt, contrib and their libraries.
#define HAVE_OPENCV_CORE
#define HAVE_OPENCV_IMGPROC
#define HAVE_OPENCV_IMGCODECS
#define HAVE_OPENCV_OBJDETECT
#define HAVE_OPENCV_VIDEOIO
// The addon's own name for reading and writing pictures and video; it would ask for windows (highgui) as well.
#define HAVE_IO
