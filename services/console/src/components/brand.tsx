/** The sign of the product: a mast and what it sends. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} fill="none" strokeWidth="2.25" strokeLinecap="round" aria-hidden="true">
      <path d="M5.5 16a10.5 10.5 0 0 1 21 0" stroke="var(--faint)" />
      <path d="M10.5 16a5.5 5.5 0 0 1 11 0" stroke="var(--dim)" />
      <circle cx="16" cy="16" r="2.25" fill="var(--accent)" />
      <path d="M16 18.5V27M10.5 27h11" stroke="var(--ink)" />
    </svg>
  );
}
