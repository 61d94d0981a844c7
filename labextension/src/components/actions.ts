// The buttons below a plan: apply, force, cancel; what can't be taken back is asked once more, in place.

import type { TransactionView } from '../generated/api';
import { button, make, say } from './dom';

/** So long an answer may take before it is said that we wait for it: a kernel may be busy with another cell. */
export const PATIENCE_MS = 400;
const WAITING = 'Waiting for the kernel…';

/** What a button asks for. */
export type Wish = 'apply' | 'force' | 'cancel';

/** The buttons in `parent`; `ask` is told what was pressed, and confirmed where there is a question; `tell` says aloud. */
export class Actions {
  readonly node: HTMLElement;
  private readonly question: HTMLElement;
  private readonly buttons: Record<Wish | 'yes' | 'no', HTMLButtonElement>;
  private readonly waiting: HTMLElement;
  private asking: Wish | null = null;
  private patience: ReturnType<typeof setTimeout> | undefined;
  private view: TransactionView | null = null;

  constructor(
    parent: Node,
    private readonly ask: (wish: Wish) => void,
    private readonly tell: (words: string) => void
  ) {
    this.node = make(parent, 'div', { class: 'jtr-actions' });
    this.question = make(this.node, 'span', { class: 'jtr-question', attributes: { role: 'alert' } });
    this.buttons = {
      yes: button(this.node, 'Yes', 'jtr-button jtr-danger', () => this.answer(true)),
      no: button(this.node, 'No', 'jtr-button', () => this.answer(false)),
      apply: button(this.node, 'Apply', 'jtr-button jtr-primary', () => this.press('apply')),
      force: button(this.node, 'Force…', 'jtr-button jtr-danger', () => this.press('force')),
      cancel: button(this.node, 'Cancel', 'jtr-button', () => this.press('cancel'))
    };
    this.waiting = make(this.node, 'span', { class: 'jtr-waiting' });
  }

  /** The button that stops, while there is something to stop. */
  get cancel(): HTMLButtonElement | null {
    return this.buttons.cancel.hidden ? null : this.buttons.cancel;
  }

  /** What `view` allows: the answer to whatever was pressed. */
  draw(view: TransactionView): void {
    clearTimeout(this.patience);
    this.patience = undefined;
    say(this.waiting, '');
    if (view.phase !== 'planned' || view.version !== this.view?.version) {
      this.asking = null;
    }
    this.view = view;
    this.redraw(view);
  }

  private redraw(view: TransactionView): void {
    const { yes, no, apply, force, cancel } = this.buttons;
    const asks = this.asking !== null;
    say(this.question, asks ? this.words(view) : '');
    yes.hidden = no.hidden = !asks;
    say(yes, `Yes, ${this.words(view).replace(/\?$/, '').toLowerCase()}`);
    apply.hidden = !view.can_apply || asks;
    say(apply, view.apply_question ? 'Apply…' : 'Apply');
    force.hidden = !view.can_force || asks;
    cancel.hidden = view.phase !== 'running' && view.phase !== 'stopping';
    for (const each of [apply, force, cancel]) {
      // Not `disabled`: it would lose the focus.
      each.setAttribute('aria-disabled', String(view.phase === 'stopping' || this.patience !== undefined));
    }
    say(cancel, view.phase === 'stopping' ? 'Stopping…' : 'Cancel');
    this.node.hidden = [yes, no, apply, force, cancel].every(each => each.hidden);
  }

  private words(view: TransactionView): string {
    return this.asking === 'force' ? view.force_question : view.apply_question;
  }

  private press(wish: Wish): void {
    const view = this.view;
    if (!view || view.phase === 'stopping' || this.patience !== undefined) {
      return;
    }
    const question = wish === 'force' ? view.force_question : wish === 'apply' ? view.apply_question : '';
    if (!question) {
      this.send(wish, view);
      return;
    }
    this.asking = wish;
    this.redraw(view);
    // Not on "yes": whoever pressed Enter twice has not answered.
    this.buttons.no.focus();
  }

  private answer(yes: boolean): void {
    const { asking: wish, view } = this;
    if (!wish || !view) {
      return;
    }
    this.asking = null;
    this.redraw(view);
    if (yes) {
      // The pressed button is gone; what was asked for goes on in the whole.
      this.node.closest('.jtr-transaction')?.querySelector<HTMLElement>('.jtr-headline')?.focus({ preventScroll: true });
      this.send(wish, view);
    } else {
      this.buttons[wish].focus();
    }
  }

  private send(wish: Wish, view: TransactionView): void {
    this.patience = setTimeout(() => {
      say(this.waiting, WAITING);
      this.tell(WAITING);
    }, PATIENCE_MS);
    this.redraw(view);
    this.ask(wish);
  }
}
