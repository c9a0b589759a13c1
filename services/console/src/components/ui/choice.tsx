import { type ReactNode, useId } from "react";

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: { value: T; label: ReactNode; does?: string }[];
  onChange: (value: T) => void;
  /** One below the other, each with what it does; else side by side. */
  isList?: boolean;
}

/** One of a few, by the browser's own radio buttons: arrows move, the label is the target. */
export function Choice<T extends string>({ label, value, options, onChange, isList = false }: ChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1 text-small text-dim">{label}</legend>
      <div className={isList ? "hairline flex flex-col rounded-base bg-canvas p-1" : "flex flex-wrap gap-1"}>
        {options.map((option) => (
          <label
            key={option.value}
            className={
              isList
                ? "flex cursor-pointer items-baseline gap-2 rounded-tight px-2 py-1 hover:bg-hover has-checked:bg-accent-wash has-focus-visible:outline-2 has-focus-visible:outline-accent"
                : "flex h-7 cursor-pointer items-center gap-1.5 rounded-base border border-line px-2.5 text-body text-dim hover:bg-hover has-checked:border-accent has-checked:bg-accent-wash has-checked:text-ink has-focus-visible:outline-2 has-focus-visible:outline-accent"
            }
          >
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
              className={isList ? "translate-y-0.5 accent-accent" : "sr-only"}
            />
            <span className={isList ? "w-20 shrink-0 text-body text-ink" : ""}>{option.label}</span>
            {option.does === undefined ? null : <span className="min-w-0 flex-1 text-body text-dim">{option.does}</span>}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
