// The transaction summary: headline, progress, counts, files and buttons, for whatever host holds the transaction.

import type { ProgressMessage, RowsMessage, TransactionRequest, TransactionView } from '../generated/api';
import { Actions } from './actions';
import { Chips } from './chips';
import { Columns } from './columns';
import { make, say } from './dom';
import { LOST } from './lost';
import { EVERYTHING, isEverything, select, turned, type Query } from './order';
import { type Shown, Table } from './table';
import { files, number } from './words';

/** Where the transaction is: a kernel behind a widget, or a server. */
export interface Host {
  view: () => TransactionView;
  progress: () => Partial<ProgressMessage>;
  /** The first rows, which are there at once. */
  first: () => DataView | null;
  ask: (request: TransactionRequest) => void;
}

/** What a view made anew goes on with: the rows that were fetched, and what the user was looking at. */
export interface Memory {
  columns: Columns | null;
  version: number;
  query: Query;
  /** Whether there is no kernel any more that knows of this transaction. */
  gone: boolean;
  /** The class of what had the focus; null when it was elsewhere. */
  focused: string | null;
}

/** Nothing fetched yet, nothing asked. */
export function nothingYet(): Memory {
  return { columns: null, version: 0, query: EVERYTHING, gone: false, focused: null };
}

/** What is left to say of a transaction whose kernel is gone. */
const GONE: Partial<TransactionView> = {
  phase: 'done',
  problem: 'The kernel is gone',
  hint: 'run the cell again',
  can_apply: false,
  can_force: false
};
const SAID_EVERY_MS = 4000;
/** What every view has, whatever the transaction's phase: classes of what can have the focus. */
const LASTING: readonly string[] = ['jtr-search', 'jtr-frame'];
/** A host attaches a new view a moment after it is made. */
const SETTLED_MS = 50;

/** The summary in `parent`. The host calls `changed`, `progressed` and `arrived`; `memory` keeps what the user saw. */
export class Transaction {
  readonly node: HTMLElement;
  private readonly headline: HTMLElement;
  private readonly bar: HTMLElement;
  private readonly meter: HTMLProgressElement;
  private readonly words: HTMLElement;
  private readonly status: HTMLElement;
  private readonly problem: HTMLElement;
  private readonly chips: Chips;
  private readonly search: HTMLInputElement;
  private readonly found: HTMLElement;
  private readonly table: Table;
  private readonly notes: HTMLElement;
  private readonly actions: Actions;
  private query: Query;
  private order: Uint32Array | null = null;
  private asked = -1;
  private version = 0;
  private saidAt = 0;

  constructor(
    parent: Node,
    private readonly host: Host,
    private readonly memory: Memory
  ) {
    this.query = memory.query;
    const attributes = { role: 'group', 'aria-label': 'Transaction summary' };
    this.node = make(parent, 'div', { class: 'jtr-transaction', attributes });
    // Plain keys are meant for us: Lab would walk to other cells with them, or delete this one; Ctrl+S still saves.
    // Lumino's attribute for that is no help: shortcuts for whatever has the focus don't look for it further up.
    this.node.addEventListener('keydown', event => {
      if (!event.ctrlKey && !event.metaKey) {
        event.stopPropagation();
      }
    });
    this.node.addEventListener(LOST, () => this.lost());
    this.headline = make(this.node, 'div', { class: 'jtr-headline', attributes: { tabindex: '-1' } });
    this.bar = make(this.node, 'div', { class: 'jtr-bar' });
    this.meter = make(this.bar, 'progress', { attributes: { max: '1', 'aria-label': 'Progress' } });
    this.words = make(this.bar, 'span', { class: 'jtr-words' });
    this.problem = make(this.node, 'div', { class: 'jtr-problem', attributes: { role: 'alert' } });
    const tools = make(this.node, 'div', { class: 'jtr-tools' });
    this.chips = new Chips(tools, state => this.ask({ ...this.query, states: toggled(this.query.states, state) }));
    this.found = make(tools, 'span', { class: 'jtr-found' });
    const search = { type: 'search', placeholder: 'Filter files', 'aria-label': 'Filter files', spellcheck: 'false' };
    this.search = make(tools, 'input', { class: 'jtr-search', attributes: search });
    this.search.value = memory.query.text;
    this.search.addEventListener('input', () => this.ask({ ...this.query, text: this.search.value }));
    this.table = new Table(this.node, {
      rows: () => this.rows(),
      row: index => this.row(index),
      sort: key => this.ask(turned(this.query, key)),
      wanted: end => {
        if (end > (this.memory.columns?.length ?? 0)) {
          this.fetch();
        }
      }
    });
    const foot = make(this.node, 'div', { class: 'jtr-foot' });
    this.notes = make(foot, 'div', { class: 'jtr-notes' });
    this.actions = new Actions(
      foot,
      kind => host.ask({ kind }),
      words => this.announce(words, true)
    );
    this.status = make(this.node, 'div', { class: 'jtr-status', attributes: { role: 'status', 'aria-live': 'polite' } });
    // Whoever comes near will scroll or filter soon.
    this.node.addEventListener('pointerenter', () => this.fetch());
    this.node.addEventListener('focusin', () => this.fetch());
    this.changed();
    this.node.addEventListener('focusin', event => {
      memory.focused = (event.target as Element).className;
    });
    this.node.addEventListener('focusout', event => {
      if (event.relatedTarget) {
        memory.focused = null;
        return;
      }
      // When the host takes the view away, the focus goes nowhere: then the next view takes it.
      queueMicrotask(() => {
        if (this.node.isConnected && !this.node.contains(document.activeElement)) {
          memory.focused = null;
        }
      });
    });
    setTimeout(() => {
      if (memory.focused !== null && document.activeElement === document.body) {
        this.focus(memory.focused);
      }
    }, SETTLED_MS);
  }

  /** The host knows something new. */
  changed(): void {
    const view = this.view();
    const focused = this.node.contains(document.activeElement);
    if (view.version !== this.memory.version) {
      this.memory.version = view.version;
      this.memory.columns = new Columns();
      const first = this.host.first();
      if (first?.byteLength) {
        this.memory.columns.append(first);
      }
    }
    if (view.version !== this.version) {
      // The files are in other states now: a chip that is gone can't be unpicked.
      const states = new Set(view.chips.map(chip => chip.state).filter(state => this.query.states.has(state)));
      this.query = this.memory.query = { ...this.query, states };
      this.version = view.version;
      this.asked = -1;
      this.order = null;
      this.table.restart();
    }
    const running = view.phase === 'running' || view.phase === 'stopping';
    const turned = this.node.dataset.phase !== view.phase;
    this.node.dataset.phase = view.phase;
    this.node.setAttribute('aria-busy', String(running));
    say(this.headline, view.headline);
    this.problem.hidden = !view.problem;
    say(this.problem, view.hint ? `${view.problem} → ${view.hint}` : view.problem);
    this.notes.replaceChildren();
    for (const note of running ? [] : view.notes) {
      make(this.notes, 'div', { text: note });
    }
    this.actions.draw(view);
    this.bar.hidden = !running;
    if (running) {
      this.progressed(turned);
    } else {
      this.announce(view.phase === 'done' && !view.problem ? view.headline : '', true);
    }
    this.reorder();
    if (focused && (!this.node.contains(document.activeElement) || document.activeElement?.closest('[hidden]'))) {
      // The button that was pressed is gone; whoever pressed it by keyboard must not start over at the page's top.
      this.focus();
    }
  }

  /** Only the progress is new; it is said aloud now and then, and `now` if it has just begun. */
  progressed(now = false): void {
    const { words = [], fraction = null } = this.host.progress();
    if (fraction === null) {
      this.meter.removeAttribute('value');
    } else {
      this.meter.value = fraction;
    }
    say(this.words, words.join(' · '));
    this.announce(words.join(', '), now);
  }

  /** Rows that were asked for. */
  arrived(message: RowsMessage, block: DataView): void {
    const columns = this.memory.columns;
    if (!columns || message.version !== this.memory.version) {
      return;
    }
    // Another view of the same transaction may have asked, or have taken it already.
    if (message.start === columns.length) {
      columns.append(block);
    }
    this.fetch();
    this.reorder();
  }

  /** The kernel is gone, or knows nothing of this any more. */
  lost(): void {
    this.memory.gone = true;
    this.changed();
  }

  private view(): TransactionView {
    const told = this.host.view();
    return this.memory.gone && told.phase !== 'done' ? { ...told, ...GONE } : told;
  }

  /** What comes next takes the focus: what had it `before`, the button that stops, or the words that say how it is. */
  private focus(before = ''): void {
    const kept = LASTING.includes(before) ? this.node.querySelector<HTMLElement>(`.${before}`) : null;
    (kept ?? this.actions.cancel ?? this.headline).focus({ preventScroll: true });
  }

  private ask(query: Query): void {
    this.query = this.memory.query = query;
    this.reorder();
    this.table.restart();
  }

  /** Ask for the rows that aren't there yet, a block after the other. */
  private fetch(): void {
    const there = this.memory.columns?.length ?? 0;
    if (there < this.view().rows && this.asked !== there && !this.memory.gone) {
      this.asked = there;
      this.host.ask({ kind: 'rows', version: this.memory.version, start: there });
    }
  }

  private reorder(): void {
    const view = this.view();
    const columns = this.memory.columns ?? new Columns();
    const all = isEverything(this.query);
    this.order = all ? null : select(columns, this.query);
    this.chips.draw(view.chips, this.query.states);
    this.table.sorted(this.query.key, this.query.descending);
    const missing = columns.length < view.rows;
    const { gone } = this.memory;
    const note = missing && gone ? ', the others went with the kernel' : missing && !all ? ', loading…' : '';
    say(this.found, note || !all ? `${number(this.rows())} of ${files(view.rows)}${note}` : '');
    if (missing && !all) {
      this.fetch();
    }
    this.table.draw();
  }

  private rows(): number {
    const { columns, gone } = this.memory;
    return this.order ? this.order.length : gone ? (columns?.length ?? 0) : this.host.view().rows;
  }

  private row(index: number): Shown | null {
    const columns = this.memory.columns;
    const at = this.order ? (this.order[index] ?? -1) : index;
    if (!columns || at < 0 || at >= columns.length) {
      return null;
    }
    const { name, state, size, reason } = columns.row(at);
    const chip = this.host.view().chips.find(each => each.state === state);
    return { name, bytes: size, reason, label: chip?.label ?? '', tone: chip?.tone ?? 'calm' };
  }

  /** Say it to a screen reader, progress not more often than one can listen. */
  private announce(text: string, now = false): void {
    if (now || Date.now() - this.saidAt >= SAID_EVERY_MS) {
      this.saidAt = Date.now();
      say(this.status, text);
    }
  }
}

function toggled(states: ReadonlySet<number>, state: number): ReadonlySet<number> {
  const next = new Set(states);
  if (!next.delete(state)) {
    next.add(state);
  }
  return next;
}
