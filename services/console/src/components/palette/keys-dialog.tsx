import { KEYS } from "@/components/keyboard";
import { Dialog } from "@/components/ui/dialog";
import { Kbd } from "@/components/ui/kbd";

export function KeysDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog label="Keys" onClose={onClose} className="mt-[6vh] w-[520px]">
      <h2 className="px-5 pb-1 pt-4 text-title font-semibold">Keys</h2>
      <dl className="px-5 pb-5">
        {KEYS.map((line) => (
          <div key={line.does} className="flex h-8 items-center justify-between border-b border-line last:border-0">
            <dt className="text-body text-dim">{line.does}</dt>
            <dd className="flex gap-1">
              {line.keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
