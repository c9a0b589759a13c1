import { type InputHTMLAttributes, type ReactNode, useId } from "react";

interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "id"> {
  label: string;
  help?: ReactNode;
}

/** An input with its label above and what helps below. */
export function Field({ label, help, className = "", ...rest }: FieldProps) {
  const id = useId();
  return (
    <div className={`flex flex-col gap-1 ${className}`}>
      <label htmlFor={id} className="text-small text-dim">
        {label}
      </label>
      <input
        id={id}
        aria-describedby={help === undefined ? undefined : `${id}-help`}
        data-autofocus={rest.autoFocus === true || undefined}
        className="hairline h-8 rounded-base bg-canvas px-2.5 text-body text-ink placeholder:text-faint"
        {...rest}
      />
      {help === undefined ? null : (
        <p id={`${id}-help`} className="text-small text-faint">
          {help}
        </p>
      )}
    </div>
  );
}

/** What went wrong, told once to those who listen to the page. */
export function Fault({ children }: { children: ReactNode }) {
  return (
    <p role="alert" className="rounded-base bg-failed-wash px-2.5 py-1.5 text-body text-state-failed">
      {children}
    </p>
  );
}
