/** How much a card says, and the room that takes. */
import { keepPreference } from "@/lib/preferences";
import { changeUrl, type Density } from "@/lib/url";

export interface DensityLayout {
  /** Least width of a card, its height, and the room between cards, in pixels. */
  cardWidth: number;
  cardHeight: number;
  gap: number;
}

/** On a screen of 1440 x 900: PRO 40 cards, Balanced 20, Minimal 80. */
export const LAYOUTS: Record<Density, DensityLayout> = {
  pro: { cardWidth: 234, cardHeight: 77, gap: 6 },
  balanced: { cardWidth: 290, cardHeight: 114, gap: 8 },
  minimal: { cardWidth: 146, cardHeight: 44, gap: 6 },
};

export const DENSITY_OPTIONS: { value: Density; label: string; title: string }[] = [
  { value: "pro", label: "PRO", title: "Everything about an agent, forty at a glance" },
  { value: "balanced", label: "Balanced", title: "What matters most, with room to read" },
  { value: "minimal", label: "Minimal", title: "Name, state and tokens, eighty at a glance" },
];

/** Chooses a density, for this address and for next time. */
export function chooseDensity(density: Density): void {
  keepPreference("density", density);
  changeUrl({ density });
}
