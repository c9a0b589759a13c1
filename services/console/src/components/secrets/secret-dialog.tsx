import { Eye, EyeOff, KeyRound } from "lucide-react";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { Dialog } from "@/components/ui/dialog";
import { Fault, Field } from "@/components/ui/field";
import { revealSecret, setSecret } from "@/lib/secrets";

/** A revealed key is taken away again after this time. */
const SHOWN_S = 30;

interface DialogFormProps {
  title: string;
  icon: ReactNode;
  action: string;
  onClose: () => void;
  onSend: () => Promise<void>;
  canSend: boolean;
  children: ReactNode;
}

function DialogForm({ title, icon, action, onClose, onSend, canSend, children }: DialogFormProps) {
  const [fault, setFault] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const send = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    onSend()
      .catch((reason: unknown) => setFault(reason instanceof Error ? reason.message : String(reason)))
      .finally(() => setBusy(false));
  };
  return (
    <Dialog label={title} onClose={onClose} className="w-[440px]">
      <form onSubmit={send} className="flex flex-col gap-3 p-4" autoComplete="off">
        <h2 className="flex items-center gap-2 text-body font-semibold">
          {icon} {title}
        </h2>
        {children}
        {fault === null ? null : <Fault>{fault}</Fault>}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={isBusy || !canSend}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function PassphraseField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <Field
      label="Your passphrase"
      type="password"
      name="confirm-passphrase"
      autoComplete="current-password"
      value={value}
      onChange={(event) => onChange(event.target.value)}
      help="Confirms that it is you. It counts once, for this key and this act."
    />
  );
}

/** Stores a key. The value is never shown while it is typed and forgotten with the dialog. */
export function SetSecretDialog({ provider, isConfigured, onClose }: { provider: string; isConfigured: boolean; onClose: (isDone: boolean) => void }) {
  const [secret, setValue] = useState("");
  const [passphrase, setPassphrase] = useState("");
  const send = async (): Promise<void> => {
    await setSecret(provider, secret.trim(), isConfigured ? passphrase : null);
    onClose(true);
  };
  return (
    <DialogForm
      title={isConfigured ? `Replace the key of ${provider}` : `Set the key of ${provider}`}
      icon={<KeyRound size={15} aria-hidden="true" />}
      action={isConfigured ? "Replace" : "Store"}
      onClose={() => onClose(false)}
      onSend={send}
      canSend={secret.trim() !== "" && (!isConfigured || passphrase !== "")}
    >
      <Field
        label="Key"
        type="password"
        name="provider-key"
        autoComplete="off"
        autoFocus
        value={secret}
        onChange={(event) => setValue(event.target.value)}
        help={isConfigured ? "Calls go over to the new key at once; those under way end with the old one." : "It goes to the vault, encrypted, and is not shown again unless you ask for it."}
      />
      {isConfigured ? <PassphraseField value={passphrase} onChange={setPassphrase} /> : null}
    </DialogForm>
  );
}

/** Seconds left, then done. */
function useCountdown(onDone: () => void): number {
  const [left, setLeft] = useState(SHOWN_S);
  useEffect(() => {
    const timer = setInterval(() => setLeft((seconds) => seconds - 1), 1000);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    if (left <= 0) onDone();
  }, [left, onDone]);
  return left;
}

function Revealed({ provider, secret, onClose }: { provider: string; secret: string; onClose: () => void }) {
  const left = useCountdown(onClose);
  return (
    <Dialog label={`The key of ${provider}`} onClose={onClose} className="w-[520px]">
      <div className="flex flex-col gap-3 p-4">
        <h2 className="flex items-center gap-2 text-body font-semibold">
          <Eye size={15} aria-hidden="true" /> The key of {provider}
        </h2>
        <div className="hairline flex items-center gap-2 rounded-base bg-canvas px-2.5 py-2">
          <code className="numbers min-w-0 flex-1 break-all text-body" data-part="secret">
            {secret}
          </code>
          <CopyButton text={secret} label="Copy the key" className="size-7" />
        </div>
        <div className="flex items-center gap-3">
          <p className="flex-1 text-small text-faint">
            Hidden again in <span className="numbers">{left}</span> s. This was written to the audit log.
          </p>
          <Button look="outline" onClick={onClose}>
            <EyeOff size={14} aria-hidden="true" /> Hide now
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

/** Shows a key for half a minute to somebody who gave the passphrase again. */
export function RevealDialog({ provider, onClose }: { provider: string; onClose: () => void }) {
  const [passphrase, setPassphrase] = useState("");
  const [secret, setSecretShown] = useState<string | null>(null);
  if (secret !== null) return <Revealed provider={provider} secret={secret} onClose={onClose} />;
  const send = async (): Promise<void> => {
    const value = await revealSecret(provider, passphrase);
    setPassphrase("");
    setSecretShown(value);
  };
  return (
    <DialogForm
      title={`Show the key of ${provider}`}
      icon={<Eye size={15} aria-hidden="true" />}
      action="Show"
      onClose={onClose}
      onSend={send}
      canSend={passphrase !== ""}
    >
      <PassphraseField value={passphrase} onChange={setPassphrase} />
    </DialogForm>
  );
}
