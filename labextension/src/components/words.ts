// Numbers in the words of the Python side (report/words.py): a view mustn't say 1.5 MB where the html says 1,5 MiB.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;

/** Bytes by thousands: `999 B`, `1.2 kB`, `34.5 MB`, `678 GB`. */
export function size(bytes: number): string {
  let value = bytes;
  for (const unit of UNITS) {
    const digits = unit === 'B' || Math.abs(value) >= 99.95 ? 0 : 1;
    if (Math.abs(Number(value.toFixed(digits))) < 1000 || unit === 'EB') {
      return `${value.toFixed(digits)} ${unit}`;
    }
    value /= 1000;
  }
  return '';
}

/** `2,000`. */
export function number(value: number): string {
  return value.toLocaleString('en-US');
}

/** `1 file`, `2,000 files`. */
export function files(value: number): string {
  return `${number(value)} ${value === 1 ? 'file' : 'files'}`;
}
