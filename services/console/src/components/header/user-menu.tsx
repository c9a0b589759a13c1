import * as Menu from "@radix-ui/react-dropdown-menu";
import { Check, Keyboard, LogOut, Monitor, Moon, Sun } from "lucide-react";
import type { ReactNode } from "react";
import { logout, type Session } from "@/lib/api";
import { showOverlay } from "@/lib/overlay";
import { chooseTheme } from "@/lib/theme";
import { type Theme, useUrl } from "@/lib/url";

const ITEM =
  "flex h-8 cursor-pointer items-center gap-2.5 rounded-tight px-2.5 text-body text-ink outline-none data-[highlighted]:bg-hover";

const THEME_NAMES: { value: Theme; label: string; icon: ReactNode }[] = [
  { value: "system", label: "Like the system", icon: <Monitor size={14} /> },
  { value: "dark", label: "Dark", icon: <Moon size={14} /> },
  { value: "light", label: "Light", icon: <Sun size={14} /> },
];

/** Signs out; whatever the server says, this browser no longer shows anything. */
export function signOut(onSignedOut: () => void): void {
  logout().catch(() => undefined).finally(onSignedOut);
}

export function UserMenu({ session, onSignedOut }: { session: Session; onSignedOut: () => void }) {
  const [{ theme }] = useUrl();
  const { name, role } = session.user;
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger
        aria-label={`${name.slice(0, 2)}, menu of ${name}, ${role}`}
        className="flex size-7 shrink-0 items-center justify-center rounded-full bg-hover text-small font-semibold uppercase text-ink"
      >
        {name.slice(0, 2)}
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Content align="end" sideOffset={6} className="z-40 w-56 rounded-base border border-line-strong bg-raised p-1.5 shadow-lg shadow-black/20">
          <div className="px-2.5 pb-2 pt-1">
            <div className="truncate text-body font-medium">{name}</div>
            <div className="text-small text-faint">{role}</div>
          </div>
          <Menu.Separator className="-mx-1.5 my-1 h-px bg-line" />
          <Menu.RadioGroup value={theme} onValueChange={(value) => chooseTheme(value as Theme)}>
            {THEME_NAMES.map((one) => (
              <Menu.RadioItem key={one.value} value={one.value} className={ITEM}>
                <span className="text-faint">{one.icon}</span>
                <span className="flex-1">{one.label}</span>
                <Menu.ItemIndicator>
                  <Check size={14} className="text-accent" />
                </Menu.ItemIndicator>
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
          <Menu.Separator className="-mx-1.5 my-1 h-px bg-line" />
          <Menu.Item className={ITEM} onSelect={() => showOverlay("keys")}>
            <Keyboard size={14} className="text-faint" /> Keys
          </Menu.Item>
          <Menu.Item className={ITEM} onSelect={() => signOut(onSignedOut)}>
            <LogOut size={14} className="text-faint" /> Sign out
          </Menu.Item>
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}
