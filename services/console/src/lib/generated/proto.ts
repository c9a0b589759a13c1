/* Made by `make proto` from proto/records.def; do not edit. */

/** A unit of work in a tree of tasks */
export interface TaskRecord {
  id: string;
  parentId: string | null;
  tier: number;
  domain: string;
  objective: string;
  status: string;
  tokenBudget: number;
  tokenUsage: number;
  contextEfficiencyRatio: number;
  riskFactor: number;
  complianceScore: number;
  checksumBefore: string | null;
  checksumAfter: string | null;
  errorMessage: string | null;
  retryCount: number;
  createdAt: number;
  createdAtUs: number;
  updatedAt: number;
  updatedAtUs: number;
  rootTaskId: string | null;
}

/** One execution of one actor on one task */
export interface AgentRunRecord {
  id: string;
  rootTaskId: string | null;
  taskId: string | null;
  tier: number | null;
  actor: string;
  persona: string | null;
  skill: string | null;
  provider: string | null;
  modelId: string | null;
  adapterKind: string | null;
  status: string;
  startedAt: number;
  startedAtUs: number;
  endedAt: number | null;
  endedAtUs: number | null;
  tokensIn: number;
  tokensOut: number;
  tokenDelta: number;
  costUsd: number | null;
  metadataJson: string | null;
  parentRunId: string | null;
  lastEventAt: number | null;
  lastEventAtUs: number | null;
  lastAction: string | null;
  lastMessage: string | null;
  mcpServer: string | null;
  mcpTool: string | null;
  eventCount: number | null;
  errorCount: number | null;
  tierDerived: boolean | null;
  lastEventId: number | null;
}

/** One thing that a run did */
export interface AgentEventRecord {
  id: number;
  eventUid: string | null;
  runId: string | null;
  rootTaskId: string | null;
  taskId: string | null;
  tier: number | null;
  actor: string;
  action: string;
  status: string | null;
  phase: string | null;
  message: string | null;
  provider: string | null;
  modelId: string | null;
  persona: string | null;
  skill: string | null;
  mcpServer: string | null;
  mcpTool: string | null;
  latencyMs: number | null;
  retryCount: number | null;
  tokensIn: number | null;
  tokensOut: number | null;
  tokenDelta: number | null;
  costUsd: number | null;
  payloadJson: string | null;
  createdAt: number | null;
  createdAtUs: number | null;
  parentRunId: string | null;
  adapterKind: string | null;
  isPart: boolean | null;
  isRollup: boolean | null;
}

/** One root task and the sums over its tree */
export interface RootSummary {
  rootTaskId: string;
  label: string | null;
  status: string | null;
  runCount: number;
  activeCount: number;
  failedCount: number;
  tokensIn: number;
  tokensOut: number;
  costUsd: number | null;
  firstEventAt: number;
  firstEventAtUs: number;
  lastEventAt: number;
  lastEventAtUs: number;
}

/** How a model of a provider has been doing */
export interface ModelHealthRecord {
  provider: string;
  modelId: string;
  totalCalls: number;
  successCalls: number;
  failedCalls: number;
  avgLatencyMs: number;
  avgCostUsd: number;
  qualityScore: number;
  lastError: string | null;
  lastUsedAt: number | null;
  lastUsedAtUs: number | null;
  updatedAt: number;
  updatedAtUs: number;
}

/** One running service as the others see it */
export interface ServiceStatus {
  service: string;
  instance: string;
  isReady: boolean;
  reason: string | null;
  version: string;
  startedAt: number;
  startedAtUs: number;
}
