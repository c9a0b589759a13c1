/** Requests to the gateway. */
import { learnClock } from "@/lib/clock";
import type { AgentEventRecord, AgentRunRecord, RootSummary, ServiceStatus } from "@/lib/generated/proto";

export interface Session {
  user: { name: string; role: string };
  csrfToken: string;
  expiresAt: number;
}

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface FacetCount {
  value: string | number;
  count: number;
}

export type Facets = Record<"tier" | "status" | "provider" | "modelId" | "persona" | "skill" | "mcpServer" | "actor", FacetCount[]>;

/** A refusal by the gateway, or the lack of an answer (status 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly retryAfterS: number | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

let csrfToken: string | null = null;

type Query = Record<string, string | number | null | undefined>;

function withQuery(path: string, query: Query): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") words.set(name, String(value));
  }
  const text = words.toString();
  return text === "" ? path : `${path}?${text}`;
}

async function refusal(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get("Retry-After") ?? Number.NaN);
  const body: unknown = await response.json().catch(() => null);
  const error = (body as { error?: { code?: string; message?: string } } | null)?.error;
  return new ApiError(
    response.status,
    error?.code ?? "unknown",
    error?.message ?? `The gateway answered ${response.status}`,
    Number.isNaN(retryAfter) ? null : retryAfter,
  );
}

async function ask<T>(path: string, init: RequestInit = {}): Promise<T> {
  const headers = new Headers(init.headers);
  headers.set("Accept", "application/json");
  if (init.body !== undefined) headers.set("Content-Type", "application/json");
  if (init.method !== undefined && csrfToken !== null) headers.set("x-mc-csrf", csrfToken);
  const response = await fetch(path, { ...init, headers, credentials: "same-origin" }).catch((reason: unknown) => {
    if (init.signal?.aborted) throw reason;
    throw new ApiError(0, "unreachable", "The gateway does not answer");
  });
  learnClock(response.headers.get("Date"));
  if (!response.ok) throw await refusal(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** Sends a body as JSON; what comes back is read as JSON too. */
export function post<T>(path: string, body: unknown): Promise<T> {
  return ask<T>(path, { method: "POST", body: JSON.stringify(body) });
}

/** Reads one resource. */
export function get<T>(path: string, query: Query = {}): Promise<T> {
  return ask<T>(withQuery(path, query));
}

export function remove(path: string): Promise<void> {
  return ask<undefined>(path, { method: "DELETE" });
}

function keepToken(session: Session): Session {
  csrfToken = session.csrfToken;
  return session;
}

/** The session of this browser, or null where nobody has signed in. */
export async function fetchSession(): Promise<Session | null> {
  try {
    return keepToken(await ask<Session>("/api/v1/auth/session"));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

export async function login(username: string, passphrase: string): Promise<Session> {
  return keepToken(
    await ask<Session>("/api/v1/auth/login", { method: "POST", body: JSON.stringify({ username, passphrase }) }),
  );
}

export async function logout(): Promise<void> {
  await ask<undefined>("/api/v1/auth/logout", { method: "POST" });
  csrfToken = null;
}

export function fetchRoots(search: string, limit = 50): Promise<Page<RootSummary>> {
  return ask(withQuery("/api/v1/roots", { search, limit }));
}

export function fetchRuns(query: Query, signal?: AbortSignal): Promise<Page<AgentRunRecord>> {
  return ask(withQuery("/api/v1/runs", query), { signal });
}

export function fetchRun(id: string): Promise<AgentRunRecord> {
  return ask(`/api/v1/runs/${encodeURIComponent(id)}`);
}

export function fetchEvents(query: Query, signal?: AbortSignal): Promise<Page<AgentEventRecord>> {
  return ask(withQuery("/api/v1/events", query), { signal });
}

export function fetchEvent(id: number): Promise<AgentEventRecord> {
  return ask(`/api/v1/events/${id}`);
}

export function fetchFacets(rootTaskId: string): Promise<Facets> {
  return ask(withQuery("/api/v1/facets", { rootTaskId }));
}

export async function fetchServices(): Promise<ServiceStatus[]> {
  return (await ask<{ items: ServiceStatus[] }>("/api/v1/services")).items;
}
