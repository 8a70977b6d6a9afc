{
  # Two addons of opencv4nodejs' sources, so that a process maps only what it uses: `engine` searches with cascades and
  # reads no file format; `capture` reads streams, devices and video files, and encodes their frames.
  'variables': {
    'opencv4nodejs': '../../../node_modules/@u4/opencv4nodejs/cc',
    'opencv_include%': '/usr/include/opencv4',
  },
  'target_defaults': {
    'include_dirs': [
      # First: it has headers in place of OpenCV's.
      '../../../packaging/opencv',
      '<(opencv4nodejs)',
      '<(opencv4nodejs)/core',
      '<(opencv4nodejs)/native-node-utils',
      "<!(node -e \"require('nan')\")",
    ],
    'defines': ['SITEGLASS_OPENCV_PART'],
    # The expensive code is in OpenCV's own libraries. Warnings of sources that are not ours say nothing to us.
    'cflags': ['-O1', '-w', '-isystem <(opencv_include)', '-fvisibility=hidden'],
    'cflags_cc': ['-std=c++17'],
    'cflags!': ['-fno-exceptions', '-O3'],
    'cflags_cc!': ['-fno-exceptions', '-fno-rtti', '-std=gnu++17'],
    'ldflags': ['-Wl,--as-needed'],
  },
  'targets': [
    {
      'target_name': 'core',
      'type': 'static_library',
      'sources': [
        '<(opencv4nodejs)/CustomMatAllocator.cc',
        '<(opencv4nodejs)/ExternalMemTracking.cc',
        '<(opencv4nodejs)/core/HistAxes.cc',
        '<(opencv4nodejs)/core/Mat.cc',
        '<(opencv4nodejs)/core/Point.cc',
        '<(opencv4nodejs)/core/Rect.cc',
        '<(opencv4nodejs)/core/RotatedRect.cc',
        '<(opencv4nodejs)/core/Size.cc',
        '<(opencv4nodejs)/core/TermCriteria.cc',
        '<(opencv4nodejs)/core/Vec.cc',
        '<(opencv4nodejs)/core/core.cc',
        '<(opencv4nodejs)/core/coreConstants.cc',
      ],
    },
    {
      'target_name': 'engine',
      'dependencies': ['core'],
      'defines': ['HAVE_OPENCV_OBJDETECT'],
      'sources': [
        'engine.cpp',
        '<(opencv4nodejs)/objdetect/CascadeClassifier.cc',
        '<(opencv4nodejs)/objdetect/DetectionROI.cc',
        '<(opencv4nodejs)/objdetect/HOGDescriptor.cc',
        '<(opencv4nodejs)/objdetect/objdetect.cc',
      ],
      'libraries': ['-lopencv_objdetect', '-lopencv_core'],
    },
    {
      'target_name': 'capture',
      'dependencies': ['core'],
      # Reading and writing of pictures and video, by opencv4nodejs' name; it would ask for windows (highgui) as well.
      'defines': ['HAVE_IO'],
      'sources': [
        'capture.cpp',
        '<(opencv4nodejs)/io/VideoCapture.cc',
        '<(opencv4nodejs)/io/VideoWriter.cc',
        '<(opencv4nodejs)/io/io.cc',
        '<(opencv4nodejs)/io/ioConstants.cc',
      ],
      'libraries': ['-lopencv_videoio', '-lopencv_imgcodecs', '-lopencv_core'],
    },
  ],
}
