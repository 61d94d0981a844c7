// Elements without markup: text is only ever set as text.

/** What an element is made with: properties that are attributes, a class, and text. */
export interface Made {
  class?: string;
  text?: string;
  attributes?: Record<string, string>;
}

/** A new element below `parent`. */
export function make<K extends keyof HTMLElementTagNameMap>(
  parent: Node,
  tag: K,
  made: Made = {}
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (made.class) {
    element.className = made.class;
  }
  if (made.text !== undefined) {
    element.textContent = made.text;
  }
  for (const [name, value] of Object.entries(made.attributes ?? {})) {
    element.setAttribute(name, value);
  }
  parent.appendChild(element);
  return element;
}

/** Set the text of `element` only where it differs, so that nothing is drawn or announced twice. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/** A button that does `act`. */
export function button(parent: Node, text: string, className: string, act: () => void): HTMLButtonElement {
  const made = make(parent, 'button', { class: className, text, attributes: { type: 'button' } });
  made.addEventListener('click', act);
  return made;
}
