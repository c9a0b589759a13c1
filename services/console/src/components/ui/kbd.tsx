/** A key to press. */
export function Kbd({ children }: { children: string }) {
  return (
    <kbd className="numbers inline-flex h-[18px] min-w-[18px] items-center justify-center rounded-tight border border-line bg-surface px-1 text-small text-dim">
      {children}
    </kbd>
  );
}
