{
  'targets': [
    {
      'target_name': 'identity',
      'sources': ['identity.cpp'],
      'cflags': ['-O2', '-Wall', '-Wextra', '-fvisibility=hidden'],
      'cflags_cc': ['-std=c++17'],
      'cflags_cc!': ['-std=gnu++17'],
      'defines': ['NAPI_VERSION=9'],
    },
  ],
}
