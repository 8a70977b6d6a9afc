// Decodes mutated pictures: fuzzer FOLDER FILES SECONDS SEED. A finding of a sanitizer ends it; the input is in `last-input`.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "area.hpp"
#include "letterbox.hpp"
#include "picture.hpp"
#include "turn.hpp"

namespace {

using Input = std::vector<std::uint8_t>;

constexpr std::size_t kMaxPixels = 200'000;
constexpr std::size_t kMaxLength = 60'000;
constexpr std::size_t kPlaces = 1 << 16;

/** Places in the decoders that some input reached, and those that this one reached. */
bool reached[kPlaces];
bool reachedNow[kPlaces];

}  // namespace

/** Called by the instrumented decoders at each branch (`-fsanitize-coverage=trace-pc`). */
extern "C" void __sanitizer_cov_trace_pc() {
  const auto place = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  reachedNow[(place ^ place >> 16) % kPlaces] = true;
}

namespace {

bool reachesNewPlaces() {
  bool isNew = false;
  for (std::size_t i = 0; i < kPlaces; i++) {
    isNew |= reachedNow[i] && !reached[i];
    reached[i] |= reachedNow[i];
  }
  return isNew;
}

using Decode = siteglass::Picture (*)(siteglass::Bytes, const siteglass::Request&, const siteglass::Allocate&);

/** By what a file begins with; the fuzzer keeps the first bytes so that a decoder is reached. */
Decode decoderOf(const Input& input) {
  const auto begins = [&](const char* with, std::size_t length) {
    return input.size() >= length && std::memcmp(input.data(), with, length) == 0;
  };
  if (begins("\xff\xd8", 2)) return siteglass::decodeJpeg;
  if (begins("\x89PNG", 4)) return siteglass::decodePng;
  if (begins("RIFF", 4)) return siteglass::decodeWebp;
  if (begins("GIF8", 4)) return siteglass::decodeGif;
  if (begins("BM", 2)) return siteglass::decodeBmp;
  if (begins("II*", 4) || begins("MM\0*", 4)) return siteglass::decodeTiff;
  if (begins("\xff\x0a", 2) || (input.size() > 8 && std::memcmp(&input[4], "JXL ", 4) == 0)) return siteglass::decodeJxl;
  if (input.size() > 8 && std::memcmp(&input[4], "ftyp", 4) == 0) return siteglass::decodeHeif;
  return nullptr;
}

enum class Outcome { kWhole, kDamaged, kRefused };

/** What the worker does with a picture that a model searches: the input of a part of it, a smaller copy, and its grey. */
void prepareInput(const siteglass::ColourPicture& picture, std::mt19937& random) {
  const auto side = [&](int limit) { return 1 + static_cast<int>(random() % static_cast<unsigned>(limit)); };
  const int x = side(picture.width) - 1, y = side(picture.height) - 1;
  const siteglass::Part part{static_cast<double>(x), static_cast<double>(y), static_cast<double>(side(picture.width - x)),
                             static_cast<double>(side(picture.height - y))};
  siteglass::InputLayout layout{};
  layout.width = side(64);
  layout.height = side(64);
  layout.partWidth = side(layout.width);
  layout.partHeight = side(layout.height);
  layout.left = side(layout.width - layout.partWidth + 1) - 1;
  layout.top = side(layout.height - layout.partHeight + 1) - 1;
  std::vector<float> input(static_cast<std::size_t>(layout.width) * layout.height * 3);
  siteglass::letterbox(picture, part, layout, input.data());
  const int width = side(picture.width), height = side(picture.height);
  std::vector<std::uint8_t> small(static_cast<std::size_t>(width) * height * 3);
  siteglass::reduceColour(picture, small.data(), width, height);
  std::vector<std::uint8_t> grey(static_cast<std::size_t>(picture.width) * picture.height);
  siteglass::copyGrey(picture, grey.data());
}

/** What the worker does with a picture: decode, reduce, turn. */
Outcome decode(const Input& input, std::mt19937& random) {
  const Decode decoder = decoderOf(input);
  if (!decoder) return Outcome::kRefused;
  siteglass::Request request;
  request.colour = random() % 2 == 0;
  request.ycc = random() % 2 == 0;
  request.denominator = 1 << random() % 4;
  request.maxPixels = kMaxPixels;
  request.maxScans = 64;
  request.maxScanned = 10000000;
  // Of the exact size, so that a write beyond it is seen; and the input in memory of its own for reads.
  std::vector<std::uint8_t> pixels;
  const Input copy(input);
  try {
    const siteglass::Picture picture = decoder({copy.data(), copy.size()}, request, [&](int width, int height, int channels) {
      pixels = std::vector<std::uint8_t>(static_cast<std::size_t>(width) * height * channels);
      return pixels.data();
    });
    if (picture.width < 1 || picture.height < 1 || picture.whole < 0 || picture.whole > 1) std::abort();
    if (picture.damaged && picture.reason.empty()) std::abort();
    std::vector<std::uint8_t> other(pixels.size());
    siteglass::turn(pixels.data(), picture.width, picture.height, request.channels(), 1 + random() % 8, other.data());
    if (!request.colour) {
      const siteglass::Size to{1 + static_cast<int>(random() % picture.width), 1 + static_cast<int>(random() % picture.height)};
      std::vector<std::uint8_t> small(static_cast<std::size_t>(to.width) * to.height);
      siteglass::reduce(pixels.data(), {picture.width, picture.height}, small.data(), to);
    }
    if (request.colour) prepareInput({pixels.data(), picture.width, picture.height, picture.ycc}, random);
    return picture.damaged ? Outcome::kDamaged : Outcome::kWhole;
  } catch (const siteglass::Undecodable&) {
    return Outcome::kRefused;
  } catch (const siteglass::TooCostly&) {
    return Outcome::kRefused;
  } catch (const siteglass::TooManyPixels&) {
    return Outcome::kRefused;
  } catch (const siteglass::MissingLibrary&) {
    return Outcome::kRefused;
  }
}

std::size_t below(std::size_t limit, std::mt19937& random) { return limit == 0 ? 0 : random() % limit; }

void mutateOnce(Input& input, const Input& other, std::mt19937& random) {
  const std::size_t at = below(input.size(), random), count = below(64, random);
  const auto from = input.begin() + static_cast<std::ptrdiff_t>(at);
  const auto until = input.begin() + static_cast<std::ptrdiff_t>(std::min(input.size(), at + count));
  switch (random() % 10) {
    case 0:
      input.resize(std::max<std::size_t>(1, at));
      break;
    case 1:
    case 2:
      if (!input.empty()) input[at] ^= static_cast<std::uint8_t>(1 << random() % 8);
      break;
    case 3:
      if (!input.empty()) input[at] = static_cast<std::uint8_t>(random());
      break;
    case 4: {
      constexpr std::uint8_t kValues[] = {0, 1, 0x7f, 0x80, 0xff, 0xd8, 0xd9, 0xda};
      if (!input.empty()) input[at] = kValues[random() % sizeof kValues];
      break;
    }
    case 5:
      input.erase(from, until);
      break;
    case 6:
      input.insert(from, count, static_cast<std::uint8_t>(random() % 2 == 0 ? 0 : 0xff));
      break;
    case 7: {
      const Input part(from, until);
      input.insert(input.begin() + static_cast<std::ptrdiff_t>(below(input.size(), random)), part.begin(), part.end());
      break;
    }
    case 8: {
      const std::size_t begin = below(other.size(), random), end = std::min(other.size(), begin + count * 8);
      input.insert(from, other.begin() + static_cast<std::ptrdiff_t>(begin), other.begin() + static_cast<std::ptrdiff_t>(end));
      break;
    }
    default:
      // Sizes in headers stand near the beginning.
      if (input.size() > 40) input[2 + below(38, random)] = static_cast<std::uint8_t>(random());
      break;
  }
}

Input mutated(const std::vector<Input>& corpus, std::mt19937& random) {
  Input input = corpus[below(corpus.size(), random)];
  const Input beginning(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(4, input.size())));
  const Input& other = corpus[below(corpus.size(), random)];
  for (std::size_t times = 1 + below(6, random); times > 0; times--) mutateOnce(input, other, random);
  if (input.size() > kMaxLength) input.resize(kMaxLength);
  if (input.size() >= beginning.size()) std::copy(beginning.begin(), beginning.end(), input.begin());
  return input;
}

std::vector<Input> readFolder(const char* folder) {
  std::vector<Input> inputs;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    Input input((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (decoderOf(input)) inputs.push_back(std::move(input));
  }
  return inputs;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) return 2;
  std::vector<Input> corpus = readFolder(arguments[1]);
  const std::size_t files = std::strtoul(arguments[2], nullptr, 10);
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(std::strtol(arguments[3], nullptr, 10));
  std::mt19937 random(static_cast<unsigned>(std::strtoul(arguments[4], nullptr, 10)));
  std::map<Outcome, std::size_t> outcomes;
  const std::size_t seeds = corpus.size();
  if (seeds == 0) return 2;
  for (std::size_t i = 0; i < seeds + files || std::chrono::steady_clock::now() < until; i++) {
    const Input input = i < seeds ? corpus[i] : mutated(corpus, random);
    std::ofstream("last-input", std::ios::binary)
        .write(reinterpret_cast<const char*>(input.data()), static_cast<std::streamsize>(input.size()));
    std::memset(reachedNow, 0, sizeof reachedNow);
    outcomes[decode(input, random)]++;
    if (reachesNewPlaces() && i >= seeds) corpus.push_back(input);
  }
  std::printf("%zu whole, %zu damaged, %zu refused; %zu inputs of %zu reach new places\n", outcomes[Outcome::kWhole],
              outcomes[Outcome::kDamaged], outcomes[Outcome::kRefused], corpus.size() - seeds,
              outcomes[Outcome::kWhole] + outcomes[Outcome::kDamaged] + outcomes[Outcome::kRefused]);
  return 0;
}
