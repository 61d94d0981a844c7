// Rows as columns: blocks of bytes from the kernel (jupyter_resources/widgets/rows.py says how they are laid out).

/** One file of a transfer, as the table shows it. `size` is -1 where it isn't known. */
export interface Row {
  name: string;
  state: number;
  size: number;
  reason: string;
}

const HEAD_BYTES = 16;
const text = new TextDecoder();

/** All rows that have arrived, in the kernel's order. */
export class Columns {
  readonly names: string[] = [];
  readonly states: number[] = [];
  readonly sizes: number[] = [];
  readonly reasons: string[] = [];

  /** How many rows there are. */
  get length(): number {
    return this.names.length;
  }

  /** The row at `index`, which must be one that is there. */
  row(index: number): Row {
    return {
      name: this.names[index] ?? '',
      state: this.states[index] ?? 0,
      size: this.sizes[index] ?? -1,
      reason: this.reasons[index] ?? ''
    };
  }

  /** Add a block behind the last row. RangeError for one that is cut off. */
  append(block: DataView): void {
    // A copy: what arrives need not be aligned, and typed arrays must be.
    const bytes = block.buffer.slice(block.byteOffset, block.byteOffset + block.byteLength) as ArrayBuffer;
    const [rows = 0, nameBytes = 0, reasonBytes = 0] = new Uint32Array(bytes, 0, 3);
    let at = HEAD_BYTES;
    const sizes = new Float64Array(bytes, at, rows);
    at += sizes.byteLength;
    const ends = new Uint32Array(bytes, at, rows);
    at += ends.byteLength;
    const why = new Uint16Array(bytes, at, rows);
    at += why.byteLength;
    const states = new Uint8Array(bytes, at, rows);
    at += states.byteLength;
    const names = new Uint8Array(bytes, at, nameBytes);
    const reasons = JSON.parse(text.decode(new Uint8Array(bytes, at + nameBytes, reasonBytes))) as string[];
    let begin = 0;
    for (let index = 0; index < rows; index++) {
      const end = ends[index] ?? begin;
      this.names.push(text.decode(names.subarray(begin, end)));
      this.states.push(states[index] ?? 0);
      this.sizes.push(sizes[index] ?? -1);
      this.reasons.push(reasons[why[index] ?? 0] ?? '');
      begin = end;
    }
  }
}
