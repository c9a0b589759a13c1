import {
  Contrast,
  Filter,
  Keyboard,
  LayoutGrid,
  LogOut,
  Monitor,
  Moon,
  Network,
  Pause,
  Rows3,
  Sun,
  Table2,
  User,
} from "lucide-react";
import type { ReactNode } from "react";
import { chooseRoot, rootName } from "@/components/header/root-selector";
import { signOut } from "@/components/header/user-menu";
import { openPage, PAGE_LINKS } from "@/components/nav/nav-rail";
import { openRun } from "@/components/mosaic/mosaic";
import { chooseDensity, DENSITY_OPTIONS } from "@/lib/density";
import { NO_FILTERS } from "@/lib/filters";
import { verbIcon } from "@/components/control/verb-icons";
import { askVerb } from "@/lib/acting";
import { DESTRUCTIVE, type Scope, scopeId, scopeObject, VERB_KEYS, VERB_NAMES, VERBS } from "@/lib/control";
import type { RootSummary } from "@/lib/generated/proto";
import { showOverlay } from "@/lib/overlay";
import { chooseTheme } from "@/lib/theme";
import { changeUrl } from "@/lib/url";
import type { ControlStore } from "@/store/control";
import type { FleetStore } from "@/store/fleet";

export interface Command {
  id: string;
  group: string;
  name: string;
  /** Said beside the name, dimmed. */
  note?: string;
  keys?: string[];
  icon: ReactNode;
  run: () => void;
}

const ICON = 15;

function viewCommands(): Command[] {
  const view = (id: "mosaic" | "table", name: string, icon: ReactNode): Command => ({
    id: `view-${id}`,
    group: "View",
    name,
    icon,
    run: () => changeUrl({ view: id }, "push"),
  });
  return [
    view("mosaic", "Show agents as cards", <LayoutGrid size={ICON} />),
    view("table", "Show agents as a table", <Table2 size={ICON} />),
    ...DENSITY_OPTIONS.map((option) => ({
      id: `density-${option.value}`,
      group: "View",
      name: `Density: ${option.label}`,
      note: option.title,
      icon: <Rows3 size={ICON} />,
      run: () => chooseDensity(option.value),
    })),
  ];
}

function goCommands(): Command[] {
  return PAGE_LINKS.map((link) => ({ id: `page-${link.page}`, group: "Go to", name: link.label, icon: link.icon, run: () => openPage(link.page) }));
}

function themeCommands(): Command[] {
  return [
    { id: "theme-dark", group: "Theme", name: "Dark theme", icon: <Moon size={ICON} />, run: () => chooseTheme("dark") },
    { id: "theme-light", group: "Theme", name: "Light theme", icon: <Sun size={ICON} />, run: () => chooseTheme("light") },
    { id: "theme-system", group: "Theme", name: "Theme of the system", icon: <Monitor size={ICON} />, run: () => chooseTheme("system") },
  ];
}

function pageCommands(store: FleetStore, onSignedOut: () => void): Command[] {
  const { isPaused } = store.getSnapshot();
  return [
    {
      id: "pause-view",
      group: "View",
      name: isPaused ? "Resume the view" : "Pause the view",
      note: "agents are not touched",
      keys: ["Space"],
      icon: <Pause size={ICON} />,
      run: () => store.setPaused(!isPaused),
    },
    { id: "clear-filters", group: "View", name: "Clear filters", icon: <Filter size={ICON} />, run: () => changeUrl({ filters: NO_FILTERS }, "push") },
    ...(["failed", "executing"] as const).map((status) => ({
      id: `only-${status}`,
      group: "View",
      name: `Show only ${status} agents`,
      icon: <Contrast size={ICON} />,
      run: () => changeUrl({ filters: { ...NO_FILTERS, status: [status] } }, "push"),
    })),
    { id: "keys", group: "Help", name: "Keys", keys: ["?"], icon: <Keyboard size={ICON} />, run: () => showOverlay("keys") },
    { id: "sign-out", group: "Help", name: "Sign out", icon: <LogOut size={ICON} />, run: () => signOut(onSignedOut) },
  ];
}

function rootCommands(roots: RootSummary[]): Command[] {
  return roots.map((root) => ({
    id: `root-${root.rootTaskId}`,
    group: "Roots",
    name: rootName(root),
    note: root.label === null ? undefined : root.rootTaskId,
    icon: <Network size={ICON} />,
    run: () => chooseRoot(root.rootTaskId),
  }));
}

function agentCommands(store: FleetStore): Command[] {
  return store.list().map((run) => ({
    id: `run-${run.id}`,
    group: "Agents",
    name: run.actor,
    note: `${run.status} ${run.taskId ?? ""}`,
    icon: <User size={ICON} />,
    run: () => openRun(run.id),
  }));
}

/** Every verb on every scope that can be named; the scope stands in the name. */
function verbCommands(control: ControlStore, scopes: Scope[]): Command[] {
  return scopes.flatMap((scope) =>
    VERBS.map((verb) => ({
      id: `${verb}-${scopeId(scope)}`,
      group: "Control",
      name: `${VERB_NAMES[verb]} ${scopeObject(scope, control)}`,
      note: DESTRUCTIVE[verb] ? "asks twice" : undefined,
      keys: scope.kind === "tree" ? ["Shift", VERB_KEYS[verb]] : undefined,
      icon: verbIcon(verb, ICON),
      run: () => askVerb(verb, scope),
    })),
  );
}

export interface PaletteScope {
  store: FleetStore;
  control: ControlStore;
  roots: RootSummary[];
  /** Scopes that verbs may be asked of; none for who may not act. */
  scopes: Scope[];
  onSignedOut: () => void;
}

/** Agents are only offered once something is typed: there may be thousands. */
export function findCommands({ store, control, roots, scopes, onSignedOut }: PaletteScope, typed: string): Command[] {
  const words = typed.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const fixed = [...rootCommands(roots), ...goCommands(), ...verbCommands(control, scopes), ...viewCommands(), ...pageCommands(store, onSignedOut), ...themeCommands()];
  if (words.length === 0) return fixed;
  const all = [...fixed, ...agentCommands(store)];
  return all.filter((command) => {
    const text = `${command.group} ${command.name} ${command.note ?? ""}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
