#include "pipelines/grid.hpp"

namespace rtc {

Cell grid_cell(guint index, guint count, int width, int height) {
    guint columns = 1;
    while (columns * columns < count)
        columns++;
    guint rows = (count + columns - 1) / columns;
    guint row = index / columns;
    guint in_row = row + 1 < rows ? columns : count - row * columns;
    Cell cell;
    cell.width = width / int(columns);
    cell.height = height / int(rows);
    int margin = (width - cell.width * int(in_row)) / 2;
    cell.x = margin + cell.width * int(index % columns);
    cell.y = cell.height * int(row);
    return cell;
}

} // namespace rtc
