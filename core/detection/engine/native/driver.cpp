// The kernel as a program of its own, for tests of builds that the addon cannot load: other processors, sanitizers.
// Reads one search from standard input and writes its hits to standard output, as `test/support/driver-kernel.ts` says.
#include <cstdio>
#include <memory>
#include <stdexcept>

#include "engine.hpp"
#include "workspace.hpp"

namespace {

using namespace siteglass;

template <class Element>
std::vector<Element> read(std::size_t count) {
  std::vector<Element> elements(count);
  if (std::fread(elements.data(), sizeof(Element), count, stdin) != count) throw std::runtime_error("input ends");
  return elements;
}

std::vector<std::int32_t> readWords() { return read<std::int32_t>(read<std::int32_t>(1)[0]); }

template <class Element>
void write(const Element& element) {
  std::fwrite(&element, sizeof element, 1, stdout);
}

void run() {
  const std::vector<std::int32_t> header = read<std::int32_t>(4);
  const int width = header[0], height = header[1], cascadeCount = header[2];
  const Vectors vectors = header[3] ? Vectors::kAvx2 : Vectors::k128;
  const std::vector<std::uint8_t> pixels = read<std::uint8_t>(static_cast<std::size_t>(width) * height);
  const Image image{pixels.data(), width, height};

  std::vector<std::unique_ptr<Cascade>> owned;
  std::vector<Cascade*> cascades;
  for (int i = 0; i < cascadeCount; i++) {
    const std::vector<std::int32_t> tables = readWords();
    owned.push_back(std::make_unique<Cascade>(tables.data(), tables.size()));
    cascades.push_back(owned.back().get());
  }
  const std::vector<std::int32_t> plan = readWords();
  const std::vector<Level> levels = readPlan(plan.data(), plan.size(), image, cascades);

  Workspace space;
  Hits hits;
  search(image, levels, vectors, space, hits);
  for (const Hit& hit : hits.all()) {
    write(hit.job);
    write(hit.x);
    write(hit.y);
    write(hit.score);
  }
}

}  // namespace

int main() {
  try {
    run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
