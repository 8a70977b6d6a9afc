// Windows, for an addon that is built without them: a box has no screen. Declared are the calls that the addon names.
#pragma once

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/videoio.hpp>

namespace cv {

[[noreturn]] inline void refuseWindow() { CV_Error(Error::StsNotImplemented, "this build has no windows"); }

inline void imshow(const String&, InputArray) { refuseWindow(); }
inline int waitKey(int = 0) { refuseWindow(); }
inline int waitKeyEx(int = 0) { refuseWindow(); }
inline void destroyWindow(const String&) { refuseWindow(); }
inline void destroyAllWindows() { refuseWindow(); }

}  // namespace cv
