/** Records with nothing in them, to be filled. */
import type { AgentEventRecord, AgentRunRecord } from "@/lib/generated/proto";

/** A run of which only the id is known. */
export function blankRun(id: string): AgentRunRecord {
  const blank = {
    id,
    rootTaskId: null,
    taskId: null,
    tier: null,
    actor: id,
    persona: null,
    skill: null,
    provider: null,
    modelId: null,
    adapterKind: null,
    status: "executing",
    startedAt: 0,
    startedAtUs: 0,
    endedAt: null,
    endedAtUs: null,
    tokensIn: 0,
    tokensOut: 0,
    tokenDelta: 0,
    costUsd: null,
    metadataJson: null,
    parentRunId: null,
    lastEventAt: null,
    lastEventAtUs: null,
    lastAction: null,
    lastMessage: null,
    mcpServer: null,
    mcpTool: null,
    eventCount: 0,
    errorCount: 0,
    tierDerived: null,
    lastEventId: null,
  };
  return blank as AgentRunRecord;
}

/** An event of which only id and action are known. */
export function blankEvent(id: number, action: string): AgentEventRecord {
  const blank = {
    id,
    eventUid: null,
    runId: null,
    rootTaskId: null,
    taskId: null,
    tier: null,
    actor: "",
    action,
    status: null,
    phase: null,
    message: null,
    provider: null,
    modelId: null,
    persona: null,
    skill: null,
    mcpServer: null,
    mcpTool: null,
    latencyMs: null,
    retryCount: null,
    tokensIn: null,
    tokensOut: null,
    tokenDelta: null,
    costUsd: null,
    payloadJson: null,
    createdAt: null,
    createdAtUs: null,
    parentRunId: null,
    adapterKind: null,
    isPart: null,
    isRollup: null,
  };
  return blank as AgentEventRecord;
}
