#pragma once

#include <vector>

#include "plan.hpp"

namespace siteglass {

struct Workspace;

enum class Vectors { k128, kAvx2 };

/** Whether this machine can run at that width. */
bool supports(Vectors vectors);

/** Searches every level of a plan. `image` is at least two pixels wide and high; hits come in the plan's order. */
void search(const Image& image, const std::vector<Level>& levels, Vectors vectors, Workspace& space, Hits& hits);

/** The same source, compiled for each width. */
void search128(const Image& image, const std::vector<Level>& levels, Workspace& space, Hits& hits);
void searchAvx2(const Image& image, const std::vector<Level>& levels, Workspace& space, Hits& hits);

}  // namespace siteglass
