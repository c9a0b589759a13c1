/** Models: their cards, how they have been doing, and why one was chosen. */
import { get } from "@/lib/api";
import { command } from "@/lib/command";
import type { AgentEventRecord, ModelHealthRecord, ModelRecord, RouteDecision, RouteQuery } from "@/lib/generated/proto";

/** Dollars a million tokens, from a number of input tokens on. */
export interface PriceStep {
  from: number;
  input: number | null;
  output: number | null;
  cacheRead: number | null;
  cacheWrite5m: number | null;
  cacheWrite1h: number | null;
}

/** A model with its health, where it was called before. */
export interface ModelRow {
  id: string;
  model: ModelRecord;
  health: ModelHealthRecord | null;
  /** Part of all calls that went to it, 0 to 1. */
  share: number;
}

export const modelName = (one: { provider: string; modelId: string }): string => `${one.provider}/${one.modelId}`;

export function listOf<T>(value: unknown): T[] {
  return Array.isArray(value) ? (value as T[]) : [];
}

async function fetchHealth(): Promise<ModelHealthRecord[]> {
  return (await get<{ items: ModelHealthRecord[] }>("/api/v1/model-health")).items;
}

/** Every model of the registry beside its health, in the registry's order. */
export async function fetchModelRows(): Promise<ModelRow[]> {
  const [models, health] = await Promise.all([command<ModelRecord[]>("list_models"), fetchHealth()]);
  const byName = new Map(health.map((one) => [modelName(one), one]));
  const all = health.reduce((sum, one) => sum + one.totalCalls, 0);
  return models.map((model) => {
    const own = byName.get(modelName(model)) ?? null;
    return { id: modelName(model), model, health: own, share: own === null || all === 0 ? 0 : own.totalCalls / all };
  });
}

export function explainRoute(query: RouteQuery): Promise<RouteDecision> {
  return command("explain_route", { ...query });
}

export function fetchDecisions(limit: number): Promise<RouteDecision[]> {
  return command("list_route_decisions", { limit });
}

/** The decision that an event of routing carries; null for any other event. */
export function decisionOf(event: AgentEventRecord): RouteDecision | null {
  if (event.phase !== "model_routing" || event.payloadJson === null) return null;
  try {
    const value = JSON.parse(event.payloadJson) as Partial<RouteDecision>;
    return Array.isArray(value.candidates) ? (value as RouteDecision) : null;
  } catch {
    return null;
  }
}

/** The terms of a score in the order they are drawn. */
export const TERMS = ["quality", "success", "latency", "cost"] as const;

/** "0.15" for a million tokens; what nobody knows is said to be unknown, never 0. */
export function formatPrice(usd: number | null | undefined): string {
  if (usd === null || usd === undefined) return "unknown";
  return usd >= 100 ? usd.toFixed(0) : usd.toFixed(usd < 0.1 && usd > 0 ? 4 : 2);
}

export function formatPercent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 && share > 0 ? 1 : 0)} %`;
}
