{
  'targets': [
    {
      'target_name': 'decoder',
      'sources': ['addon.cpp', 'jpeg.cpp'],
      'cflags': ['-O2', '-Wall', '-Wextra', '-fvisibility=hidden'],
      'cflags_cc': ['-std=c++17'],
      'cflags!': ['-fno-exceptions'],
      'cflags_cc!': ['-fno-exceptions', '-fno-rtti', '-std=gnu++17'],
      'include_dirs': ["<!(node -p \"require('node-addon-api').include_dir\")"],
      'defines': ['NAPI_VERSION=9', 'NODE_ADDON_API_CPP_EXCEPTIONS', 'NODE_ADDON_API_DISABLE_DEPRECATED'],
      'libraries': ['-ljpeg'],
    },
  ],
}
