import { Segmented } from "@/components/ui/segmented";
import { changeUrl, useUrl } from "@/lib/url";

const OF = [
  { value: "root", label: "This root", title: "Only what concerns the root in scope" },
  { value: "all", label: "All roots", title: "What concerns any root" },
] as const;

/** Which roots a page is about: the one in scope, or all of them when asked. */
export function OfRoots() {
  const [{ everywhere }] = useUrl();
  return <Segmented label="Roots" value={everywhere ? "all" : "root"} options={[...OF]} onChange={(value) => changeUrl({ everywhere: value === "all" })} />;
}
