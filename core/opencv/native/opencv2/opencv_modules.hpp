// In place of Debian's list of all modules of OpenCV: binding.gyp defines those of each addon. It is found first, so the
// addons leave everything else out, and with it Qt, contrib and their libraries.
#pragma once
