// Where pictures stand that share a screen. Pure.
#pragma once

#include <glib.h>

namespace rtc {

struct Cell {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
};

// The cell of picture `index` of `count` on a screen: rows of equal cells, as near to a square as
// can be, the last row in the middle. count > index >= 0.
Cell grid_cell(guint index, guint count, int width, int height);

} // namespace rtc
