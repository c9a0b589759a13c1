/**
 * Lets xterm.js draw under a Content-Security-Policy that forbids inline styles.
 *
 * The terminal writes rules into <style> elements and true colours into style attributes, and both count as inline.
 * While a terminal is open, elements it makes send the rules to constructed style sheets and the attributes through
 * the object model, which the policy allows.
 */

type Create = (name: string, options?: ElementCreationOptions) => HTMLElement;

let users = 0;
let sheets: CSSStyleSheet[] = [];

function setStyleByModel(this: HTMLElement, name: string, value: string): void {
  if (name === "style") this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}

/** Stands for a <style> element: what is written into it goes to a sheet of the document. */
function makeSheetElement(create: Create): HTMLElement {
  const element = create("template");
  const sheet = new CSSStyleSheet();
  sheets.push(sheet);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  Object.defineProperty(element, "textContent", {
    get: () => "",
    set: (rules: string) => {
      sheet.replaceSync(rules);
    },
  });
  return element;
}

function install(): void {
  const native: Create = Document.prototype.createElement.bind(document);
  const create: Create = (name, options) => {
    if (name === "style") return makeSheetElement(native);
    const element = native(name, options);
    if (name === "span") element.setAttribute = setStyleByModel;
    return element;
  };
  document.createElement = create as typeof document.createElement;
}

function remove(): void {
  delete (document as Partial<Document>).createElement;
  document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => !sheets.includes(sheet));
  sheets = [];
}

/** Begins; call what comes back when the terminal is gone. */
export function allowTerminalStyles(): () => void {
  if (users === 0) install();
  users += 1;
  return () => {
    users -= 1;
    if (users === 0) remove();
  };
}
