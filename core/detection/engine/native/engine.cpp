#include "engine.hpp"

#include <stdexcept>

#include "workspace.hpp"

namespace siteglass {

bool supports(Vectors vectors) {
#if defined(__x86_64__)
  return vectors == Vectors::kAvx2 ? __builtin_cpu_supports("avx2") : __builtin_cpu_supports("sse4.1");
#else
  return vectors == Vectors::k128;
#endif
}

void search(const Image& image, const std::vector<Level>& levels, Vectors vectors, Workspace& space, Hits& hits) {
  if (!supports(vectors)) throw std::runtime_error("this processor lacks the vector instructions asked for");
  space.prepareFor(levels);
#if defined(__x86_64__)
  if (vectors == Vectors::kAvx2) return searchAvx2(image, levels, space, hits);
#endif
  search128(image, levels, space, hits);
}

}  // namespace siteglass
