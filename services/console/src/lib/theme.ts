/** Puts the chosen theme on the page. */
import { useEffect } from "react";
import { keepPreference } from "@/lib/preferences";
import { changeUrl, type Theme, useUrl } from "@/lib/url";

const QUERY = "(prefers-color-scheme: dark)";

function show(theme: Theme): void {
  const isDark = theme === "dark" || (theme === "system" && window.matchMedia(QUERY).matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
}

/** Follows the address, and the system where it was asked to. */
export function useTheme(): void {
  const [{ theme }] = useUrl();
  useEffect(() => {
    show(theme);
    if (theme !== "system") return;
    const media = window.matchMedia(QUERY);
    const follow = (): void => show("system");
    media.addEventListener("change", follow);
    return () => media.removeEventListener("change", follow);
  }, [theme]);
}

/** Chooses a theme, for this address and for next time. */
export function chooseTheme(theme: Theme): void {
  keepPreference("theme", theme);
  changeUrl({ theme });
}
