import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { DecisionView } from "@/components/models/decision-view";
import { Fault, Field } from "@/components/ui/field";
import { Panel } from "@/components/ui/page";
import type { RouteQuery } from "@/lib/generated/proto";
import { explainRoute } from "@/lib/models";

const NEEDS = [
  { name: "stream", label: "streaming" },
  { name: "tools", label: "tools" },
  { name: "vision", label: "images" },
  { name: "structuredOutput", label: "JSON schema" },
] as const;

/** Asks the router which model it would choose, without calling any. */
export function RoutingPreview() {
  const [query, setQuery] = useState<RouteQuery>({ model: "auto", stream: true });
  const asked = useDeferredValue(query);
  const answer = useQuery({
    queryKey: ["explain", asked],
    queryFn: () => explainRoute({ ...asked, model: asked.model === "" ? "auto" : asked.model }),
    placeholderData: (before) => before,
    retry: false,
  });
  const change = (part: RouteQuery): void => setQuery({ ...query, ...part });
  return (
    <Panel title="Routing preview" note="which model would answer now; nothing is called">
      <div className="grid gap-5 p-4 lg:grid-cols-[260px_minmax(0,1fr)]">
        <div className="flex flex-col gap-3">
          <Field
            label="Model as asked"
            value={query.model ?? ""}
            onChange={(event) => change({ model: event.target.value })}
            help="auto, tier:1 to tier:3, persona:name, or a model"
            spellCheck={false}
          />
          <Field
            label="Input tokens"
            inputMode="numeric"
            value={query.inputTokens ?? ""}
            placeholder="not known"
            onChange={(event) => {
              const tokens = Number(event.target.value);
              change({ inputTokens: Number.isSafeInteger(tokens) && tokens > 0 ? tokens : null });
            }}
          />
          <fieldset className="flex flex-col gap-1">
            <legend className="text-small text-dim">The call needs</legend>
            {NEEDS.map((need) => (
              <label key={need.name} className="flex items-center gap-2 text-body">
                <input type="checkbox" checked={query[need.name] === true} onChange={(event) => change({ [need.name]: event.target.checked })} />
                {need.label}
              </label>
            ))}
          </fieldset>
        </div>
        <div aria-live="polite" aria-busy={answer.isFetching}>
          {answer.error === null ? null : <Fault>{answer.error.message}</Fault>}
          {answer.data === undefined ? null : <DecisionView decision={answer.data} isTimed={false} />}
        </div>
      </div>
    </Panel>
  );
}
