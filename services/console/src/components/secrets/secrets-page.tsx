import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { Eye, KeyRound, Lock, LockOpen } from "lucide-react";
import { useState } from "react";
import { RevealDialog, SetSecretDialog } from "@/components/secrets/secret-dialog";
import { Button } from "@/components/ui/button";
import { type ListColumn, ListTable } from "@/components/ui/list-table";
import { Notice } from "@/components/ui/notice";
import { Page, Panel } from "@/components/ui/page";
import { fetchServices } from "@/lib/api";
import type { ProviderRecord, ProviderSecretStatus } from "@/lib/generated/proto";
import { fetchProviders } from "@/lib/providers";
import { fetchSecretStatus } from "@/lib/secrets";

const REFRESH_MS = 5000;

interface Row {
  provider: ProviderRecord;
  status: ProviderSecretStatus | undefined;
  fault: string | null;
}

type Act = { kind: "set" | "reveal"; row: Row };

function useRows(): { rows: Row[]; isPending: boolean; error: Error | null } {
  const providers = useQuery({ queryKey: ["providers"], queryFn: fetchProviders, refetchInterval: REFRESH_MS });
  const list = (providers.data ?? []).filter((provider) => provider.secret !== null);
  const statuses = useQueries({
    queries: list.map((provider) => ({
      queryKey: ["secret", provider.secret],
      queryFn: () => fetchSecretStatus(provider.secret ?? provider.name),
      refetchInterval: REFRESH_MS,
      retry: false,
    })),
  });
  const rows = list.map((provider, i) => ({ provider, status: statuses[i]?.data, fault: statuses[i]?.error?.message ?? null }));
  return { rows, isPending: providers.isPending, error: providers.error };
}

/** Whether the vault is open; a shape and a word, not a colour alone. */
function VaultSign() {
  const services = useQuery({ queryKey: ["services"], queryFn: fetchServices, refetchInterval: REFRESH_MS });
  const vault = services.data?.find((service) => service.service === "vault");
  if (vault === undefined) return null;
  const isOpen = vault.isReady;
  return (
    <div role="status" className="hairline flex max-w-md items-center gap-2 rounded-base bg-surface px-3 py-1.5 text-body">
      {isOpen ? <LockOpen size={15} className="text-state-completed" aria-hidden="true" /> : <Lock size={15} className="text-state-paused" aria-hidden="true" />}
      {isOpen ? "The vault is unsealed" : `The vault is not open: ${vault.reason ?? "it does not answer"}`}
    </div>
  );
}

function stateOf(row: Row): string {
  if (row.fault !== null) return row.fault;
  if (row.status === undefined) return "…";
  if (row.status.configured) return "configured";
  return row.provider.needsSecret ? "not set" : "not needed";
}

function columnsFor(role: string, act: (act: Act) => void): ListColumn<Row>[] {
  const mayAct = role === "admin";
  return [
    { id: "name", label: "Provider", width: "18%", cell: (row) => <span className="font-medium">{row.provider.name}</span> },
    { id: "secret", label: "Secret", width: "16%", cell: (row) => <span className="numbers text-dim">{row.provider.secret}</span> },
    { id: "url", label: "Address", width: "28%", cell: (row) => <span className="text-dim">{row.provider.baseUrl}</span> },
    {
      id: "state",
      label: "Key",
      width: "16%",
      cell: (row) => (
        <span title={stateOf(row)} className={row.fault !== null ? "text-state-failed" : row.status?.configured === true ? "text-state-completed" : "text-faint"}>
          {stateOf(row)}
        </span>
      ),
    },
    {
      id: "acts",
      label: "",
      width: "22%",
      isNumber: true,
      cell: (row) =>
        mayAct && row.status !== undefined ? (
          <span className="inline-flex gap-1.5 font-sans">
            <Button look="outline" onClick={() => act({ kind: "set", row })}>
              <KeyRound size={13} aria-hidden="true" /> {row.status.configured ? "Replace" : "Set"}
            </Button>
            {row.status.configured ? (
              <Button look="outline" disabled={!row.status.developerMode} title={row.status.developerMode ? undefined : "Developer Mode is off"} onClick={() => act({ kind: "reveal", row })}>
                <Eye size={13} aria-hidden="true" /> Show
              </Button>
            ) : null}
          </span>
        ) : null,
    },
  ];
}

/** Keys of providers: set and replaced here, shown only to somebody who confirms. */
export default function SecretsPage({ role }: { role: string }) {
  const { rows, isPending, error } = useRows();
  const [act, setAct] = useState<Act | null>(null);
  const queries = useQueryClient();
  const close = (isDone: boolean): void => {
    setAct(null);
    if (isDone) void queries.invalidateQueries({ queryKey: ["secret"] });
  };
  const isDeveloper = rows.some((row) => row.status?.developerMode === true);
  return (
    <Page title="Secrets" about="Keys of providers live in the vault, encrypted. Agents never see them: the router borrows one for a call." actions={<VaultSign />}>
      <Panel title="Provider keys" note={isDeveloper ? "Developer Mode is on: keys can be shown and replaced after your passphrase" : "Keys that are set can be shown or replaced in Developer Mode only"}>
        {isPending ? <div aria-busy="true" className="h-32" /> : null}
        {error === null ? null : <Notice title="The providers could not be read">{error.message}</Notice>}
        {!isPending && error === null && rows.length === 0 ? (
          <Notice title="No provider needs a key">
            Add one with <code className="numbers">missionctl providers add openai --protocol openai --base-url https://api.openai.com/v1</code>.
          </Notice>
        ) : null}
        {rows.length === 0 ? null : <ListTable label="Provider keys" columns={columnsFor(role, setAct)} rows={rows} rowId={(row) => row.provider.name} />}
      </Panel>
      {act?.kind === "set" ? <SetSecretDialog provider={act.row.provider.secret ?? act.row.provider.name} isConfigured={act.row.status?.configured === true} onClose={close} /> : null}
      {act?.kind === "reveal" ? <RevealDialog provider={act.row.provider.secret ?? act.row.provider.name} onClose={() => close(false)} /> : null}
    </Page>
  );
}
