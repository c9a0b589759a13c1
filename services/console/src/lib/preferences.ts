/** What a person chose last, kept on this machine. A blocked storage only means that nothing is kept. */

const PREFIX = "mc.";

/** A kept choice, or null. */
export function preference(name: string): string | null {
  try {
    return window.localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** Keeps a choice. */
export function keepPreference(name: string, value: string): void {
  try {
    window.localStorage.setItem(PREFIX + name, value);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the address does.
  }
}
