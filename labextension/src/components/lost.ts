// How a page tells a summary that its kernel is gone; apart, so that both bundles can name it.

/** An event at the summary's own element (`.jtr-transaction`). */
export const LOST = 'jtr-lost';
