/** Asks whichever view shows the runs to bring one into sight and focus it. */

type Listener = (id: string) => void;

const listeners = new Set<Listener>();

export function focusRun(id: string): void {
  for (const listener of listeners) listener(id);
}

export function onFocusRun(listener: Listener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
