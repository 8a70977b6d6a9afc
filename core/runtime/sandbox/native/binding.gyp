{
  'targets': [
    {
      'target_name': 'worker-launcher',
      'type': 'executable',
      'sources': ['launcher.cpp'],
      'cflags': ['-O2', '-Wall', '-Wextra', '-fPIE'],
      'cflags_cc': ['-std=c++17'],
      'cflags_cc!': ['-std=gnu++17'],
      'ldflags': ['-pie'],
      'ldflags!': ['-rdynamic'],
    },
  ],
}
