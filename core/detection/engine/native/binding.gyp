{
  'target_defaults': {
    'cflags': ['-O3', '-Wall', '-Wextra', '-fno-math-errno', '-ffp-contract=off', '-fwrapv', '-fvisibility=hidden'],
    'cflags_cc': ['-std=c++17'],
    'cflags!': ['-fno-exceptions'],
    'cflags_cc!': ['-fno-exceptions', '-fno-rtti', '-std=gnu++17'],
    'conditions': [['target_arch=="x64"', {'cflags': ['-msse4.1']}]],
  },
  'targets': [
    {
      # The kernel once more, for processors with AVX2; which copy runs is decided at run time.
      'target_name': 'search_avx2',
      'type': 'static_library',
      'sources': ['search-avx2.cpp'],
      'conditions': [['target_arch=="x64"', {'cflags': ['-mavx2']}]],
    },
    {
      'target_name': 'engine',
      'dependencies': ['search_avx2'],
      'sources': [
        'addon.cpp',
        'cascade.cpp',
        'engine.cpp',
        'plan.cpp',
        'resize-weights.cpp',
        'search-128.cpp',
        'workspace.cpp',
      ],
      'include_dirs': ["<!(node -p \"require('node-addon-api').include_dir\")"],
      'defines': ['NAPI_VERSION=9', 'NODE_ADDON_API_CPP_EXCEPTIONS', 'NODE_ADDON_API_DISABLE_DEPRECATED'],
    },
  ],
}
