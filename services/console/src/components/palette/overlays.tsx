import { useEffect } from "react";
import { KeysDialog } from "@/components/palette/keys-dialog";
import { Palette } from "@/components/palette/palette";
import { showOverlay, useOverlay } from "@/lib/overlay";

/** Windows that lie over the page, and the key that opens the palette from anywhere. */
export function Overlays({ onSignedOut }: { onSignedOut: () => void }) {
  const overlay = useOverlay();
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      showOverlay("palette");
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  if (overlay === "palette") return <Palette onClose={() => showOverlay(null)} onSignedOut={onSignedOut} />;
  if (overlay === "keys") return <KeysDialog onClose={() => showOverlay(null)} />;
  return null;
}
