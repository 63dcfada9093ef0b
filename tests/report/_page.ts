import { DOMParser } from "linkedom";

/** Elements of a page, as far as the tests look at them. */
export interface PageElement {
  readonly tagName: string;
  readonly textContent: string;
  getAttribute(name: string): string | null;
  getAttributeNames(): string[];
  querySelector(selector: string): PageElement | null;
  querySelectorAll(selector: string): Iterable<PageElement>;
}

/** A page as a browser would read it. */
export function parsePage(html: string): PageElement {
  const document = new DOMParser().parseFromString(html, "text/html");
  return document.documentElement as unknown as PageElement;
}

/** Texts of a table's cells, row by row, the head first. */
export function tableTexts(page: PageElement, id: string): readonly (readonly string[])[] {
  const table = page.querySelector(`[id="${id}"]`);
  if (table === null) throw new Error(`no table "${id}"`);
  return [...table.querySelectorAll("tr")].map((row) =>
    [...row.querySelectorAll("th, td")].map((cell) => cell.textContent)
  );
}
