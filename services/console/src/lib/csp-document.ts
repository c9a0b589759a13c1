/**
 * Lets xterm.js draw under a Content-Security-Policy that forbids inline styles.
 *
 * The terminal writes rules into <style> elements and true colours into style attributes, and both count as inline.
 * Here the rules go to constructed style sheets and the attributes through the object model, which the policy allows.
 */

type Create = (name: string) => HTMLElement;

function setStyleByModel(this: HTMLElement, name: string, value: string): void {
  if (name === "style") this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}

/** A <style> element that stays empty; what is written into it goes to a sheet of the document. */
function makeSheetElement(create: Create, sheets: CSSStyleSheet[]): HTMLElement {
  const element = create("style");
  const sheet = new CSSStyleSheet();
  sheets.push(sheet);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  Object.defineProperty(element, "textContent", {
    get: () => "",
    set: (rules: string) => sheet.replaceSync(rules),
  });
  return element;
}

export interface CspDocument {
  /** To be given to the terminal as its document. */
  document: Document;
  /** Runs work that reaches for the page's own document as well. */
  during: (work: () => void) => void;
  /** Takes the sheets away again. */
  dispose: () => void;
}

export function makeCspDocument(): CspDocument {
  const sheets: CSSStyleSheet[] = [];
  const native: Create = document.createElement.bind(document);
  const create: Create = (name) => {
    if (name === "style") return makeSheetElement(native, sheets);
    const element = native(name);
    if (name === "span") element.setAttribute = setStyleByModel;
    return element;
  };
  const proxy = new Proxy(document, {
    get(target, key) {
      if (key === "createElement") return create;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? (value as (...given: unknown[]) => unknown).bind(target) : value;
    },
  });
  return {
    document: proxy,
    during: (work) => {
      document.createElement = create as typeof document.createElement;
      try {
        work();
      } finally {
        delete (document as Partial<Document>).createElement;
      }
    },
    dispose: () => {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => !sheets.includes(sheet));
    },
  };
}
