// Counts by state, each a button that filters.

import type { ChipMessage } from '../generated/api';
import { make, say } from './dom';
import { files, number, size } from './words';

/** The chips in `parent`; `pick` is told which state's chip was pressed. */
export class Chips {
  private readonly node: HTMLElement;
  private readonly made = new Map<number, HTMLButtonElement>();

  constructor(
    parent: Node,
    private readonly pick: (state: number) => void
  ) {
    const attributes = { role: 'group', 'aria-label': 'Show only files in these states' };
    this.node = make(parent, 'div', { class: 'jtr-chips', attributes });
  }

  /** Show `chips`, pressed where their state is in `picked`. A chip keeps its element, and so the focus. */
  draw(chips: readonly ChipMessage[], picked: ReadonlySet<number>): void {
    const wanted = new Set(chips.map(chip => chip.state));
    for (const [state, element] of this.made) {
      if (!wanted.has(state)) {
        element.remove();
        this.made.delete(state);
      }
    }
    let before: Element | null = null;
    for (const chip of chips) {
      let element = this.made.get(chip.state);
      if (!element) {
        element = make(this.node, 'button', { class: 'jtr-chip', attributes: { type: 'button' } });
        make(element, 'span', { class: 'jtr-chip-label' });
        make(element, 'b');
        make(element, 'span', { class: 'jtr-chip-bytes' });
        this.node.insertBefore(element, before ? before.nextSibling : this.node.firstChild);
        element.addEventListener('click', () => this.pick(chip.state));
        this.made.set(chip.state, element);
      }
      before = element;
      const [label, count, bytes] = [...element.children] as HTMLElement[];
      if (label && count && bytes) {
        say(label, chip.label);
        say(count, number(chip.files));
        say(bytes, chip.bytes ? size(chip.bytes) : '');
      }
      element.dataset.tone = chip.tone;
      element.setAttribute('aria-pressed', String(picked.has(chip.state)));
      element.title = `${chip.label}: ${files(chip.files)}, ${size(chip.bytes)}`;
    }
  }
}
