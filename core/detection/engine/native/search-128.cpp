#define ENGINE_VECTOR_BYTES 16
#include "engine.hpp"
#include "search.hpp"

namespace siteglass {

void search128(const Image& image, const std::vector<Level>& levels, Workspace& space, Hits& hits) {
  searchLevels(image, levels, space, hits);
}

}  // namespace siteglass
