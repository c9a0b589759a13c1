import { type FormEvent, useEffect, useState } from "react";
import { Mark } from "@/components/brand";
import { Button } from "@/components/ui/button";
import { ApiError, login, type Session } from "@/lib/api";

const FIELD =
  "h-9 w-full rounded-base border border-line bg-canvas px-3 text-body text-ink transition-colors duration-[var(--quick)] hover:border-line-strong";

interface Refusal {
  message: string;
  /** When another try is allowed, in milliseconds. */
  until: number | null;
}

function refusalOf(error: unknown): Refusal {
  if (!(error instanceof ApiError)) return { message: "Signing in failed", until: null };
  if (error.status === 429) {
    return { message: "Too many failed tries", until: Date.now() + (error.retryAfterS ?? 60) * 1000 };
  }
  return { message: error.message, until: null };
}

function useSecondsLeft(until: number | null): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (until === null) {
      setLeft(0);
      return;
    }
    const count = (): void => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000)));
    count();
    const timer = setInterval(count, 500);
    return () => clearInterval(timer);
  }, [until]);
  return left;
}

function RefusalLine({ refusal, left }: { refusal: Refusal | null; left: number }) {
  if (refusal === null) return null;
  return (
    <p role="alert" className="rounded-base bg-failed-wash px-3 py-2 text-body text-state-failed">
      {refusal.message}
      {left > 0 ? <span className="numbers"> · next try in {left} s</span> : null}
    </p>
  );
}

export function LoginPage({ onSession }: { onSession: (session: Session) => void }) {
  const [name, setName] = useState("");
  const [passphrase, setPassphrase] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const left = useSecondsLeft(refusal?.until ?? null);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setRefusal(null);
    login(name, passphrase)
      .then(onSession)
      .catch((error: unknown) => {
        setRefusal(refusalOf(error));
        setBusy(false);
      });
  };

  return (
    <main className="flex h-full items-center justify-center p-6">
      <div className="w-full max-w-[340px] pb-[8vh]">
        <Mark size={44} />
        <h1 className="mt-5 text-title font-semibold tracking-tight">Sign in to Mission Control</h1>
        <p className="mt-1 text-body text-faint">
          The first sign-in was printed by <code className="numbers text-dim">make up</code>.
        </p>
        <form onSubmit={submit} className="mt-6 flex flex-col gap-4">
          <label className="flex flex-col gap-1.5 text-body text-dim">
            Name
            <input
              className={FIELD}
              name="username"
              autoComplete="username"
              autoFocus
              required
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          </label>
          <label className="flex flex-col gap-1.5 text-body text-dim">
            Passphrase
            <input
              className={FIELD}
              name="passphrase"
              type="password"
              autoComplete="current-password"
              required
              value={passphrase}
              onChange={(event) => setPassphrase(event.target.value)}
            />
          </label>
          <RefusalLine refusal={refusal} left={left} />
          <Button look="primary" type="submit" disabled={isBusy || left > 0} className="mt-1 h-9 w-full">
            {isBusy ? "Signing in" : "Sign in"}
          </Button>
        </form>
      </div>
    </main>
  );
}
