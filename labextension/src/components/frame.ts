// Which rows of a long list are in the page: arithmetic for a scrolled frame.

export const ROW_PIXELS = 28;
/** Browsers stop at about 17 million pixels; a longer list scrolls in proportion. */
export const MOST_PIXELS = 12_000_000;
const SPARE_ROWS = 8;

/** The rows from `start` to before `end` are in the page, the first of them `top` pixels below the list's beginning. */
export interface Frame {
  start: number;
  end: number;
  top: number;
}

/** How high the list is in the page. */
export function height(rows: number): number {
  return Math.min(rows * ROW_PIXELS, MOST_PIXELS);
}

/** What is seen of `rows` when the list is scrolled by `scrolled` in a window of `visible` pixels. */
export function frame(rows: number, scrolled: number, visible: number): Frame {
  const travel = Math.max(height(rows) - visible, 0);
  const at = Math.min(Math.max(scrolled, 0), travel);
  const whole = Math.max(rows * ROW_PIXELS - visible, 0);
  const real = travel > 0 ? (at / travel) * whole : 0;
  const start = Math.max(Math.floor(real / ROW_PIXELS) - SPARE_ROWS, 0);
  const end = Math.min(Math.ceil((real + visible) / ROW_PIXELS) + SPARE_ROWS, rows);
  return { start, end, top: at - real + start * ROW_PIXELS };
}

/** How far to scroll so that `row` is seen, moving no more than needed. */
export function reveal(row: number, rows: number, scrolled: number, visible: number): number {
  const travel = Math.max(height(rows) - visible, 0);
  const whole = Math.max(rows * ROW_PIXELS - visible, 0);
  if (!travel || !whole) {
    return 0;
  }
  const real = (Math.min(scrolled, travel) / travel) * whole;
  const low = (row + 1) * ROW_PIXELS - visible;
  const wanted = Math.min(Math.max(real, low), row * ROW_PIXELS);
  return (wanted / whole) * travel;
}
