{
  'targets': [
    {
      'target_name': 'decoder',
      'sources': [
        'addon.cpp',
        'area.cpp',
        'bmp.cpp',
        'encode.cpp',
        'gif.cpp',
        'heif.cpp',
        'jpeg.cpp',
        'jxl.cpp',
        'picture.cpp',
        'png.cpp',
        'tiff.cpp',
        'turn.cpp',
        'webp.cpp',
      ],
      'cflags': ['-O3', '-Wall', '-Wextra', '-fno-math-errno', '-fwrapv', '-fvisibility=hidden'],
      'cflags_cc': ['-std=c++17'],
      'cflags!': ['-fno-exceptions'],
      'cflags_cc!': ['-fno-exceptions', '-fno-rtti', '-std=gnu++17'],
      'include_dirs': ["<!(node -p \"require('node-addon-api').include_dir\")"],
      'defines': ['NAPI_VERSION=9', 'NODE_ADDON_API_CPP_EXCEPTIONS', 'NODE_ADDON_API_DISABLE_DEPRECATED'],
      'libraries': ['-ljpeg', '-lpng16', '-lwebp', '-ldl'],
    },
  ],
}
