// Once for each addon: two targets of gyp cannot compile a file that lies outside their folder differently.
#include "opencv4nodejs.cc"
