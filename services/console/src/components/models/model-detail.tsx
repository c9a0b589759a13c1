import type { ReactNode } from "react";
import { formatMoment, formatTokenCount } from "@/lib/format";
import { formatPrice, listOf, type ModelRow, type PriceStep } from "@/lib/models";

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-small text-faint">{name}</dt>
      <dd className="text-body">{children}</dd>
    </div>
  );
}

function Prices({ steps }: { steps: PriceStep[] }) {
  if (steps.length === 0) return <p className="text-body text-dim">Nobody knows what this model costs: calls show an unknown cost, never 0.</p>;
  return (
    <table aria-label="Prices" className="numbers text-small">
      <thead>
        <tr className="text-faint">
          {["from tokens", "input", "output", "cache read", "write 5 m", "write 1 h"].map((name) => (
            <th key={name} scope="col" className="pr-5 text-right font-normal">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {steps.map((step) => (
          <tr key={step.from}>
            <td className="pr-5 text-right">{formatTokenCount(step.from)}</td>
            {[step.input, step.output, step.cacheRead, step.cacheWrite5m, step.cacheWrite1h].map((price, i) => (
              <td key={i} className="pr-5 text-right">
                {formatPrice(price)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The card of a model, and how it has been doing. */
export function ModelDetail({ row }: { row: ModelRow }) {
  const { model, health } = row;
  return (
    <div className="flex flex-wrap gap-x-10 gap-y-3">
      <dl className="grid grid-cols-2 gap-x-8 gap-y-2">
        <Fact name="Can">{listOf<string>(model.capabilities).join(", ") || "not known"}</Fact>
        <Fact name="Context">{model.contextTokens === null ? "not known" : formatTokenCount(model.contextTokens)}</Fact>
        <Fact name="Longest answer">{model.outputTokensMax === null ? "not known" : formatTokenCount(model.outputTokensMax)}</Fact>
        <Fact name="Personas">{listOf<string>(model.personas).join(", ") || "none"}</Fact>
      </dl>
      <div className="flex flex-col gap-1">
        <h3 className="text-small text-faint">Dollars a million tokens{model.asOf === null ? "" : `, as of ${model.asOf}`}</h3>
        <Prices steps={listOf<PriceStep>(model.prices)} />
      </div>
      {health === null ? null : (
        <dl className="flex max-w-sm flex-col gap-2">
          <Fact name="Last used">{health.lastUsedAt === null ? "never" : formatMoment(health.lastUsedAt)}</Fact>
          {health.lastError === null ? null : (
            <Fact name="Last failure">
              <span className="break-words text-state-failed">{health.lastError}</span>
            </Fact>
          )}
        </dl>
      )}
    </div>
  );
}
