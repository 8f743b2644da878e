// Arrow keys move through the casebook: one cell is in the tab order, the keys take it along.
(() => {
  "use strict";

  const grid = document.querySelector("[data-matrix]");
  if (!grid) return;
  const rows = [...grid.tBodies[0].rows].map((row) => [...row.cells]);
  const cellsIn = (cell) => [...cell.querySelectorAll("[data-cell]")];

  function place(link) {
    const row = rows.findIndex((cells) => cells.some((cell) => cell.contains(link)));
    const column = rows[row].findIndex((cell) => cell.contains(link));
    return { row, column, part: cellsIn(rows[row][column]).indexOf(link) };
  }

  function enter(link) {
    grid.querySelector("[data-cell][tabindex='0']")?.setAttribute("tabindex", "-1");
    link.setAttribute("tabindex", "0");
    link.focus();
    link.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // The next cell with a link, going along `step` from (row, column).
  function search(row, column, rowStep, columnStep) {
    for (let r = row, c = column; rows[r]?.[c]; r += rowStep, c += columnStep) {
      const links = cellsIn(rows[r][c]);
      if (links.length) return columnStep < 0 ? links.at(-1) : links[0];
    }
    return null;
  }

  function target(link, key, wide) {
    const { row, column, part } = place(link);
    const here = cellsIn(rows[row][column]);
    switch (key) {
      case "ArrowRight": return here[part + 1] || search(row, column + 1, 0, 1);
      case "ArrowLeft": return here[part - 1] || search(row, column - 1, 0, -1);
      case "ArrowDown": return search(row + 1, column, 1, 0);
      case "ArrowUp": return search(row - 1, column, -1, 0);
      case "Home": return search(wide ? 0 : row, 0, 0, 1);
      case "End": return search(wide ? rows.length - 1 : row, rows[row].length - 1, 0, -1);
      case "PageDown": return search(Math.min(row + 10, rows.length - 1), column, -1, 0);
      case "PageUp": return search(Math.max(row - 10, 0), column, 1, 0);
      default: return undefined;
    }
  }

  grid.addEventListener("keydown", (event) => {
    const link = event.target.closest("[data-cell]");
    if (!link || event.altKey || event.metaKey) return;
    const next = target(link, event.key, event.ctrlKey);
    if (next === undefined) return;
    event.preventDefault();
    if (next) enter(next);
  });
  grid.addEventListener("focusin", (event) => {
    const link = event.target.closest("[data-cell]");
    if (link && link.tabIndex !== 0) enter(link);
  });
  // Without this script every cell stays in the tab order.
  grid.querySelectorAll("[data-cell]").forEach((link, i) => link.setAttribute("tabindex", i ? "-1" : "0"));
})();
