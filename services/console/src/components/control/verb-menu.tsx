import * as Menu from "@radix-ui/react-dropdown-menu";
import type { ReactNode } from "react";
import { verbIcon } from "@/components/control/verb-icons";
import { Kbd } from "@/components/ui/kbd";
import { askVerb } from "@/lib/acting";
import { DESTRUCTIVE, type Scope, VERB_KEYS, VERB_NAMES, type Verb, VERBS } from "@/lib/control";

export const MENU = "z-40 min-w-52 rounded-base border border-line-strong bg-raised p-1.5 shadow-lg shadow-black/20";
export const MENU_ITEM =
  "flex h-8 cursor-pointer items-center gap-2.5 rounded-tight px-2.5 text-body text-ink outline-none data-[disabled]:cursor-not-allowed data-[disabled]:text-faint data-[highlighted]:bg-hover";

/** The four verbs on one scope, as lines of a menu. */
export function VerbItems({ scope, object, hasKeys = false }: { scope: Scope; object: string; hasKeys?: boolean }) {
  return VERBS.map((verb) => (
    <Menu.Item key={verb} className={MENU_ITEM} onSelect={() => askAfterMenu(verb, scope)}>
      <span className="text-faint">{verbIcon(verb, 14)}</span>
      <span className="min-w-0 flex-1 truncate">
        {VERB_NAMES[verb]} {object}
        {DESTRUCTIVE[verb] ? "…" : ""}
      </span>
      {hasKeys ? (
        <span className="flex gap-1">
          <Kbd>⇧</Kbd>
          <Kbd>{VERB_KEYS[verb]}</Kbd>
        </span>
      ) : null}
    </Menu.Item>
  ));
}

/** The menu gives the focus back when it closes; the dialog opens after that. */
function askAfterMenu(verb: Verb, scope: Scope): void {
  setTimeout(() => askVerb(verb, scope), 0);
}

interface VerbMenuProps {
  label: string;
  scope: Scope;
  object: string;
  children: ReactNode;
  hasKeys?: boolean;
  className?: string;
}

/** A button that opens the verbs of a scope. */
export function VerbMenu({ label, scope, object, children, hasKeys = false, className = "" }: VerbMenuProps) {
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger
        aria-label={label}
        title={label}
        className={`inline-flex size-6 shrink-0 items-center justify-center rounded-tight text-faint transition-colors duration-[var(--quick)] hover:bg-hover hover:text-ink data-[state=open]:bg-hover data-[state=open]:text-ink ${className}`}
      >
        {children}
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Content align="end" sideOffset={4} collisionPadding={8} className={MENU}>
          <VerbItems scope={scope} object={object} hasKeys={hasKeys} />
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}
