/**
 * What the script uses of a browser. The types of TypeScript's library for browsers are global and would change those of
 * Node.js in the whole project.
 */
export interface PageElement {
  hidden: boolean;
  textContent: string | null;
  append(...children: unknown[]): void;
  replaceChildren(...children: PageElement[]): void;
  addEventListener(event: string, listener: (event: { preventDefault(): void }) => void): void;
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  focus(): void;
  /** Of fields and buttons. */
  disabled: boolean;
  required: boolean;
  value: string;
  files: ArrayLike<Blob> | null;
  /** Of links. */
  href: string;
  /** Of images. */
  src: string;
  alt: string;
}

export interface Page {
  getElementById(id: string): PageElement | null;
  createElement(name: string): PageElement;
}

export interface PageLocation {
  hash: string;
  hostname: string;
}

/** The constructor of an option of a list. */
export type PageOption = new (text: string, value: string) => unknown;
