import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";

type Look = "quiet" | "outline" | "primary" | "danger";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  ref?: Ref<HTMLButtonElement>;
}

const LOOKS: Record<Look, string> = {
  quiet: "text-dim hover:bg-hover hover:text-ink",
  outline: "border border-line bg-surface text-ink hover:border-line-strong hover:bg-hover",
  primary: "bg-accent text-accent-ink font-medium hover:brightness-110",
  danger: "bg-state-failed text-accent-ink font-medium hover:brightness-110",
};

const SHAPE =
  "inline-flex h-7 shrink-0 items-center justify-center gap-1.5 rounded-base px-2.5 text-body transition-colors duration-[var(--quick)] disabled:opacity-50 data-[state=open]:bg-hover data-[state=open]:text-ink";

/** A button with a word on it. */
export function Button({ look = "quiet", className = "", type = "button", ...rest }: ButtonProps) {
  return <button type={type} className={`${SHAPE} ${LOOKS[look]} ${className}`} {...rest} />;
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  label: string;
  children: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}

/** A button with a picture on it; the label is its name and its tooltip. */
export function IconButton({ label, className = "", children, type = "button", ...rest }: IconButtonProps) {
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      className={`inline-flex size-7 shrink-0 items-center justify-center rounded-base text-dim transition-colors duration-[var(--quick)] hover:bg-hover hover:text-ink disabled:opacity-40 disabled:hover:bg-transparent data-[state=open]:bg-hover data-[state=open]:text-ink ${className}`}
      {...rest}
    >
      {children}
    </button>
  );
}
