// Compiled with AVX2. It must not share inline functions with the rest of the program, or a machine without
// AVX2 might be given this file's copy of them.
#if defined(__AVX2__)
#define ENGINE_VECTOR_BYTES 32
#include "engine.hpp"
#include "search.hpp"

namespace siteglass {

void searchAvx2(const Image& image, const std::vector<Level>& levels, Workspace& space, Hits& hits) {
  searchLevels(image, levels, space, hits);
}

}  // namespace siteglass
#endif
