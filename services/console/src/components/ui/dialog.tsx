import { type ReactNode, useEffect, useRef } from "react";

interface DialogProps {
  label: string;
  onClose: () => void;
  children: ReactNode;
  className?: string;
}

/** A window over everything, by the browser's own element: it keeps the focus and closes on Esc. */
export function Dialog({ label, onClose, children, className = "" }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    const focused = document.activeElement;
    if (dialog !== null && !dialog.open) dialog.showModal();
    // Nothing in a window that is closed takes the focus: what asked for it gets it now.
    dialog?.querySelector<HTMLElement>("[data-autofocus]")?.focus();
    return () => {
      if (focused instanceof HTMLElement) focused.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      aria-label={label}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === element.current) onClose();
      }}
      className={`m-auto mt-[12vh] rounded-base border border-line-strong bg-raised p-0 text-ink shadow-xl shadow-black/30 ${className}`}
    >
      {children}
    </dialog>
  );
}
