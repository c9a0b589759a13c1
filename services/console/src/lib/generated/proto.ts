/* Made from the tables under proto/ by `make proto`; do not edit. */

/** A unit of work in a tree of tasks */
export interface TaskRecord {
  /** Id of the task */
  id: string;
  /** Task above it; none for a root task */
  parentId: string | null;
  /** 1 orchestrator, 2 domain lead, 3 specialist */
  tier: number;
  /** Field of work, such as frontend */
  domain: string;
  /** What is to be achieved */
  objective: string;
  /** pending, executing, completed, failed or paused */
  status: string;
  /** Tokens it may use */
  tokenBudget: number;
  /** Tokens it has used */
  tokenUsage: number;
  /** Useful share of the context, as reported */
  contextEfficiencyRatio: number;
  /** Risk, as reported */
  riskFactor: number;
  /** Compliance, as reported */
  complianceScore: number;
  /** State of the work before the task */
  checksumBefore: string | null;
  /** State of the work after the task */
  checksumAfter: string | null;
  /** Why it failed or was refused */
  errorMessage: string | null;
  /** How often it was started again */
  retryCount: number;
  /** When it was created */
  createdAt: number;
  /** The same in microseconds */
  createdAtUs: number;
  /** When it last changed */
  updatedAt: number;
  /** The same in microseconds */
  updatedAtUs: number;
  /** Root of its tree; itself for a root task */
  rootTaskId: string | null;
}

/** One execution of one actor on one task */
export interface AgentRunRecord {
  /** Id of the run */
  id: string;
  /** Root task of its tree; global where none is known */
  rootTaskId: string | null;
  /** Task it works on */
  taskId: string | null;
  /** 1 orchestrator, 2 domain lead, 3 specialist */
  tier: number | null;
  /** Who runs, such as tier3_security_analyst */
  actor: string;
  /** Role prompt in use */
  persona: string | null;
  /** Capability in use */
  skill: string | null;
  /** Provider of the model */
  provider: string | null;
  /** Model, as the provider names it */
  modelId: string | null;
  /** How it talks to the platform, such as otlp or native */
  adapterKind: string | null;
  /** pending, executing, completed, failed or paused */
  status: string;
  /** Earliest time any of its events has */
  startedAt: number;
  /** The same in microseconds */
  startedAtUs: number;
  /** When it completed or failed */
  endedAt: number | null;
  /** The same in microseconds */
  endedAtUs: number | null;
  /** Input tokens, cache included: the sum over its events */
  tokensIn: number;
  /** Output tokens, reasoning included: the sum over its events */
  tokensOut: number;
  /** Sum of the token deltas of its events */
  tokenDelta: number;
  /** Cost in US dollars: the sum over its events; absent where no event had one */
  costUsd: number | null;
  /** What else is known of the run */
  metadataJson: string | null;
  /** Run that started it */
  parentRunId: string | null;
  /** Time of its latest event */
  lastEventAt: number | null;
  /** The same in microseconds */
  lastEventAtUs: number | null;
  /** Action of its latest event */
  lastAction: string | null;
  /** Message of its latest event that had one, cut */
  lastMessage: string | null;
  /** MCP server it used last */
  mcpServer: string | null;
  /** Tool it used last */
  mcpTool: string | null;
  /** Events stored of it */
  eventCount: number | null;
  /** Events of it whose status is failed */
  errorCount: number | null;
  /** The tier was worked out from nesting, not reported */
  tierDerived: boolean | null;
  /** Id of the last event stored of it */
  lastEventId: number | null;
}

/** One thing that a run did */
export interface AgentEventRecord {
  /** Cursor: grows in the order in which events become visible */
  id: number;
  /** Made by the producer; a resend carries the same */
  eventUid: string | null;
  /** Run it belongs to; actor::task where not given */
  runId: string | null;
  /** Root task; from the task tree where not given */
  rootTaskId: string | null;
  /** Task it belongs to */
  taskId: string | null;
  /** 1 orchestrator, 2 domain lead, 3 specialist */
  tier: number | null;
  /** Who did it */
  actor: string;
  /** What was done, such as llm.call */
  action: string;
  /** pending, executing, completed, failed or paused; from the action where not given */
  status: string | null;
  /** start, progress, end, control or a producer's own word */
  phase: string | null;
  /** What a person should read, sanitised */
  message: string | null;
  /** Provider of the model */
  provider: string | null;
  /** Model, as the provider names it */
  modelId: string | null;
  /** Role prompt in use */
  persona: string | null;
  /** Capability in use */
  skill: string | null;
  /** MCP server of a tool call */
  mcpServer: string | null;
  /** Tool of a tool call */
  mcpTool: string | null;
  /** How long it took, in milliseconds */
  latencyMs: number | null;
  /** Tries before this one */
  retryCount: number | null;
  /** Input tokens, cache included */
  tokensIn: number | null;
  /** Output tokens, reasoning included */
  tokensOut: number | null;
  /** Tokens used since the run's previous event */
  tokenDelta: number | null;
  /** Cost in US dollars */
  costUsd: number | null;
  /** Everything else, sanitised */
  payloadJson: string | null;
  /** The producer's time; of arrival where not given. Part of the key, so never changed */
  createdAt: number | null;
  /** The same in microseconds */
  createdAtUs: number | null;
  /** Run that started this one */
  parentRunId: string | null;
  /** How the producer talks to the platform; platform: its own word on a tree or a task, which belongs to no run where isPart is set */
  adapterKind: string | null;
  /** A step of the run: its status is not the status of the run */
  isPart: boolean | null;
  /** Its usage repeats that of the run's model calls and counts only where the run has none */
  isRollup: boolean | null;
  /** When it arrived here */
  receivedAt: number | null;
  /** The same in microseconds */
  receivedAtUs: number | null;
}

/** One thing that a run did */
export interface AgentEventRecordInput {
  /** Made by the producer; a resend carries the same */
  eventUid?: string | null;
  /** Run it belongs to; actor::task where not given */
  runId?: string | null;
  /** Root task; from the task tree where not given */
  rootTaskId?: string | null;
  /** Task it belongs to */
  taskId?: string | null;
  /** 1 orchestrator, 2 domain lead, 3 specialist */
  tier?: number | null;
  /** Who did it */
  actor: string;
  /** What was done, such as llm.call */
  action: string;
  /** pending, executing, completed, failed or paused; from the action where not given */
  status?: string | null;
  /** start, progress, end, control or a producer's own word */
  phase?: string | null;
  /** What a person should read, sanitised */
  message?: string | null;
  /** Provider of the model */
  provider?: string | null;
  /** Model, as the provider names it */
  modelId?: string | null;
  /** Role prompt in use */
  persona?: string | null;
  /** Capability in use */
  skill?: string | null;
  /** MCP server of a tool call */
  mcpServer?: string | null;
  /** Tool of a tool call */
  mcpTool?: string | null;
  /** How long it took, in milliseconds */
  latencyMs?: number | null;
  /** Tries before this one */
  retryCount?: number | null;
  /** Input tokens, cache included */
  tokensIn?: number | null;
  /** Output tokens, reasoning included */
  tokensOut?: number | null;
  /** Tokens used since the run's previous event */
  tokenDelta?: number | null;
  /** Cost in US dollars */
  costUsd?: number | null;
  /** Everything else, sanitised */
  payloadJson?: string | null;
  /** The same as any value, instead of payloadJson */
  payload?: unknown;
  /** The producer's time; of arrival where not given. Part of the key, so never changed */
  createdAt?: number | null;
  /** The same in microseconds */
  createdAtUs?: number | null;
  /** Run that started this one */
  parentRunId?: string | null;
  /** How the producer talks to the platform; platform: its own word on a tree or a task, which belongs to no run where isPart is set */
  adapterKind?: string | null;
  /** Legacy text: JSON or key=value pairs, read into the fields above */
  details?: string | null;
  /** A step of the run: its status is not the status of the run */
  isPart?: boolean | null;
  /** Its usage repeats that of the run's model calls and counts only where the run has none */
  isRollup?: boolean | null;
}

/** How a model of a provider has been doing */
export interface ModelHealthRecord {
  /** Provider of the model */
  provider: string;
  /** Model, as the provider names it */
  modelId: string;
  /** Calls made */
  totalCalls: number;
  /** Calls that succeeded */
  successCalls: number;
  /** Calls that failed */
  failedCalls: number;
  /** Exponentially weighted latency, alpha 0.20 */
  avgLatencyMs: number;
  /** Exponentially weighted cost, alpha 0.20 */
  avgCostUsd: number;
  /** Quality, 0.05 to 0.99 */
  qualityScore: number;
  /** Message of the last failure */
  lastError: string | null;
  /** When it was last called */
  lastUsedAt: number | null;
  /** The same in microseconds */
  lastUsedAtUs: number | null;
  /** When this row changed */
  updatedAt: number;
  /** The same in microseconds */
  updatedAtUs: number;
}

/** A request for more tokens for a task */
export interface BudgetRequestRecord {
  /** Id of the request */
  id: string;
  /** Task that needs more */
  taskId: string;
  /** Who asks */
  requestedBy: string;
  /** Why */
  reason: string;
  /** Tokens asked for */
  requestedIncrement: number;
  /** Budget when it was asked */
  currentBudget: number;
  /** Usage when it was asked */
  currentUsage: number;
  /** pending, approved or rejected */
  status: string;
  /** Tokens granted */
  approvedIncrement: number | null;
  /** Why it was decided so */
  resolutionNote: string | null;
  /** When it was asked */
  createdAt: number;
  /** The same in microseconds */
  createdAtUs: number;
  /** When it last changed */
  updatedAt: number;
  /** The same in microseconds */
  updatedAtUs: number;
  /** When it was decided */
  resolvedAt: number | null;
  /** The same in microseconds */
  resolvedAtUs: number | null;
  /** Root of the task's tree */
  rootTaskId: string | null;
}

/** One line of the audit log */
export interface AuditLogEntry {
  /** Grows with each entry */
  id: number;
  /** When it happened */
  timestamp: number;
  /** The same in microseconds */
  timestampUs: number;
  /** Who did it */
  actor: string;
  /** What was done */
  action: string;
  /** Task, run, key or flag it was done to */
  targetId: string | null;
  /** What else is to be known, sanitised */
  details: string | null;
}

/** What one actor wrote on one task */
export interface AgentTerminalSession {
  /** Who writes */
  actor: string;
  /** Task it works on */
  taskId: string;
  /** Events of it */
  eventCount: number;
  /** Id of its last event */
  lastEventId: number;
  /** Time of its last event */
  lastTimestamp: number;
  /** The same in microseconds */
  lastTimestampUs: number;
  /** Status of the task */
  taskStatus: string | null;
  /** Tier of the task */
  taskTier: number | null;
  /** Domain of the task */
  taskDomain: string | null;
  /** Action of its last event */
  lastAction: string;
  /** Message of its last event */
  lastDetails: string | null;
}

/** One line of activity of an actor */
export interface TerminalEventRecord {
  /** Id of the event */
  id: number;
  /** When it happened */
  timestamp: number;
  /** The same in microseconds */
  timestampUs: number;
  /** Who did it */
  actor: string;
  /** What was done */
  action: string;
  /** Task it was done on */
  taskId: string;
  /** Message, or terminal output */
  details: string | null;
}

/** Settings that can change while everything runs */
export interface RuntimeFlags {
  /** Developer Mode: secrets may be revealed and overwritten after confirmation */
  devMode: boolean | null;
  /** Model calls go through the adapters */
  modelAdapterEnabled: boolean | null;
  /** A call that no adapter can serve is refused */
  modelAdapterStrict: boolean | null;
  /** Small budget requests are granted at once */
  autoApproveBudgetRequests: boolean | null;
  /** Share of the budget that should be left before a stage */
  budgetHeadroomPercent: number | null;
  /** Largest share of the budget granted without a person */
  budgetAutoMaxPercent: number | null;
  /** Fewest tokens in one increase */
  budgetMinIncrement: number | null;
  /** Days that events stay in the store */
  telemetryRetentionDays: number | null;
}

/** Settings that can change while everything runs */
export interface RuntimeFlagsInput {
  /** Developer Mode: secrets may be revealed and overwritten after confirmation */
  devMode?: boolean | null;
  /** Model calls go through the adapters */
  modelAdapterEnabled?: boolean | null;
  /** A call that no adapter can serve is refused */
  modelAdapterStrict?: boolean | null;
  /** Small budget requests are granted at once */
  autoApproveBudgetRequests?: boolean | null;
  /** Share of the budget that should be left before a stage */
  budgetHeadroomPercent?: number | null;
  /** Largest share of the budget granted without a person */
  budgetAutoMaxPercent?: number | null;
  /** Fewest tokens in one increase */
  budgetMinIncrement?: number | null;
  /** Days that events stay in the store */
  telemetryRetentionDays?: number | null;
}

/** One root task and the sums over its tree */
export interface RootSummary {
  /** Id of the root task */
  rootTaskId: string;
  /** Objective of the root task, or what its first run is called */
  label: string | null;
  /** executing while a run is active, else that of the root task or last run */
  status: string | null;
  /** Runs in its tree */
  runCount: number;
  /** Runs that are pending, executing or paused */
  activeCount: number;
  /** Runs that failed */
  failedCount: number;
  /** Input tokens of all its runs */
  tokensIn: number;
  /** Output tokens of all its runs */
  tokensOut: number;
  /** Cost of all its runs */
  costUsd: number | null;
  /** Time of its earliest event */
  firstEventAt: number;
  /** The same in microseconds */
  firstEventAtUs: number;
  /** Time of its latest event */
  lastEventAt: number;
  /** The same in microseconds */
  lastEventAtUs: number;
}

/** An event that could not be stored, and why */
export interface QuarantinedEvent {
  /** Grows with each entry */
  id: number;
  /** Id of the event, or of this entry where it had none */
  eventUid: string;
  /** When it arrived */
  receivedAt: number;
  /** The same in microseconds */
  receivedAtUs: number;
  /** Door it came through, such as otlp-traces */
  source: string;
  /** Error code, as in the error table */
  code: string;
  /** What was wrong, naming field and value */
  reason: string;
  /** The event as far as it could be read, sanitised and cut */
  bodyJson: string | null;
}

/** A key of an API client; its secret is shown once */
export interface ApiKey {
  /** Public part of the key */
  id: string;
  /** What it is for */
  name: string;
  /** viewer, operator, admin or agent */
  role: string;
  /** When it was made */
  createdAt: number;
  /** The same in microseconds */
  createdAtUs: number;
  /** When it was taken back */
  revokedAt: number | null;
  /** The same in microseconds */
  revokedAtUs: number | null;
  /** When it was last seen, to the minute */
  lastUsedAt: number | null;
  /** The same in microseconds */
  lastUsedAtUs: number | null;
  /** When a key of one run ends */
  expiresAt: number | null;
  /** The same in microseconds */
  expiresAtUs: number | null;
}

/** One running service as the others see it */
export interface ServiceStatus {
  /** Name of the service */
  service: string;
  /** Which one of it; none when there is none, its address when it cannot be asked */
  instance: string | null;
  /** It can do its work */
  isReady: boolean;
  /** Why it is not ready */
  reason: string | null;
  /** Version it was built from; this and the next when it has answered */
  version: string | null;
  /** When it started */
  startedAt: number | null;
  /** The same in microseconds */
  startedAtUs: number | null;
  /** Address that its HTTP edge listens on, as AOP_LISTEN_ADDRESS says */
  listenAddress: string | null;
  /** Port of it */
  port: number | null;
}

/** A person who may log in; the passphrase is kept as a hash only */
export interface Operator {
  /** Name to log in with */
  name: string;
  /** viewer, operator or admin */
  role: string;
  /** When it was made */
  createdAt: number;
  /** The same in microseconds */
  createdAtUs: number;
  /** When role or passphrase last changed */
  changedAt: number;
  /** The same in microseconds */
  changedAtUs: number;
}

/** A run, or all runs of a root, that are known under another root or id from now on */
export interface RunMove {
  /** Root where it no longer is */
  rootTaskId: string;
  /** Run that no longer is there; none: no run is */
  runId: string | null;
  /** Root where it is */
  newRootTaskId: string;
  /** Run that it is part of there; none: it has its id still */
  newRunId: string | null;
}

/** No input */
export type Nothing = Record<string, never>;

/** Which root the snapshot is of */
export interface SnapshotQuery {
  /** Only this root task */
  rootTaskId?: string | null;
  /** Most runs; events are at most three times as many */
  limit?: number | null;
}

/** Which runs */
export interface RunQuery {
  /** Only this root task */
  rootTaskId?: string | null;
  /** Only this task */
  taskId?: string | null;
  /** Only this actor */
  actor?: string | null;
  /** Only this tier */
  tier?: number | null;
  /** Only this status; several with commas */
  status?: string | null;
  /** Most rows */
  limit?: number | null;
  /** Only this provider */
  provider?: string | null;
  /** Only this model */
  modelId?: string | null;
  /** Only this persona */
  persona?: string | null;
  /** Only this skill */
  skill?: string | null;
  /** Only runs that used this MCP server last */
  mcpServer?: string | null;
  /** Started at or after this time */
  since?: number | null;
  /** The same in microseconds */
  sinceUs?: number | null;
  /** Started before this time */
  until?: number | null;
  /** The same in microseconds */
  untilUs?: number | null;
  /** Where the page before ended: its nextCursor */
  cursor?: string | null;
  /** Only this run */
  runId?: string | null;
  /** Only runs started by this run */
  parentRunId?: string | null;
}

/** Which events */
export interface EventQuery {
  /** Only this root task */
  rootTaskId?: string | null;
  /** Only this task */
  taskId?: string | null;
  /** Only this actor */
  actor?: string | null;
  /** Only this action */
  action?: string | null;
  /** Only ids above this; a poller that passes the highest id it saw misses nothing */
  sinceId?: number | null;
  /** Most rows */
  limit?: number | null;
  /** Only this run */
  runId?: string | null;
  /** Only this tier */
  tier?: number | null;
  /** Only this status; several with commas */
  status?: string | null;
  /** Only this provider */
  provider?: string | null;
  /** Only this model */
  modelId?: string | null;
  /** Only this persona */
  persona?: string | null;
  /** Only this skill */
  skill?: string | null;
  /** Only this MCP server */
  mcpServer?: string | null;
  /** Only this tool */
  mcpTool?: string | null;
  /** At or after this time */
  since?: number | null;
  /** The same in microseconds */
  sinceUs?: number | null;
  /** Before this time */
  until?: number | null;
  /** The same in microseconds */
  untilUs?: number | null;
  /** Only ids below this: the page after one that ended here */
  beforeId?: number | null;
  /** Only events whose message, actor or action contains this, in any case */
  text?: string | null;
}

/** What to do to which scope */
export interface ScopeAction {
  /** Root task of the tree; required */
  rootTaskId?: string | null;
  /** pause, resume, stop or restart; required */
  action?: string | null;
  /** tree, tier or agent, or filter of our own; required */
  scopeType?: string | null;
  /** Tier, for a tier scope */
  tier?: number | null;
  /** Task of the agent, for an agent scope */
  agentTaskId?: string | null;
  /** Why */
  reason?: string | null;
  /** Of a pause: boundary (let the call under way finish), now (cut it), drain (no new agents) or quarantine (models and tools off); boundary where not given */
  mode?: string | null;
  /** Filter: provider of the model */
  provider?: string | null;
  /** Filter: model */
  modelId?: string | null;
  /** Filter: role prompt */
  persona?: string | null;
  /** Filter: capability */
  skill?: string | null;
  /** Filter: MCP server */
  mcpServer?: string | null;
  /** Filter: runs that spend more than this in a minute */
  spendUsdPerMinute?: number | null;
  /** Of a stop: time between asking a process to end and ending it */
  graceSeconds?: number | null;
  /** Of a pause: its limit, in the place of AOP_FREEZE_SECONDS */
  expiresSeconds?: number | null;
  /** What happens then: resume or stop, in the place of AOP_FREEZE_ON_EXPIRY */
  onExpiry?: string | null;
  /** Filter: that run */
  runId?: string | null;
}

/** Which provider */
export interface ProviderQuery {
  /** Name of the provider */
  provider: string;
}

/** A secret to store */
export interface SecretChange {
  /** Name of the provider */
  provider: string;
  /** The secret */
  secret?: string | null;
  /** Confirmation token, where one is needed */
  sessionToken?: string | null;
}

/** A secret to show */
export interface SecretReveal {
  /** Name of the provider */
  provider: string;
  /** Confirmation token */
  sessionToken?: string | null;
}

/** What to archive */
export interface ArchiveOrder {
  /** Days to keep; the flag where not given */
  retentionDays?: number | null;
}

/** A task to create */
export interface TaskOrder {
  /** Task above it; none makes a root task */
  parentId?: string | null;
  /** 1 orchestrator, 2 domain lead, 3 specialist */
  tier: number;
  /** Field of work, such as frontend */
  domain: string;
  /** What is to be achieved */
  objective: string;
  /** Tokens it may use */
  tokenBudget: number;
  /** Risk; 0 where not given */
  riskFactor?: number | null;
  /** Id to give it; a new one where not given */
  id?: string | null;
}

/** Which tasks */
export interface TaskQuery {
  /** Only the tree of this root task */
  rootTaskId?: string | null;
  /** Only children of this task */
  parentId?: string | null;
  /** Only this status; several with commas */
  status?: string | null;
  /** Only this tier */
  tier?: number | null;
  /** Most rows */
  limit?: number | null;
  /** Where the page before ended: its nextCursor */
  cursor?: string | null;
  /** Only this task */
  id?: string | null;
}

/** A new status for a task */
export interface TaskStatusChange {
  /** Task to change */
  taskId: string;
  /** pending, executing, completed, failed or paused */
  status: string;
  /** Why it failed */
  errorMessage?: string | null;
}

/** What to do to a task */
export interface TaskAction {
  /** Task to act on */
  taskId: string;
  /** pause, resume, stop or restart */
  action: string;
  /** Also every task below it; true where not given */
  includeDescendants?: boolean | null;
  /** Why */
  reason?: string | null;
}

/** How many tokens more, and why */
export interface BudgetIncrease {
  /** Task that needs more */
  taskId: string;
  /** Who asks */
  requestedBy: string;
  /** Why */
  reason: string;
  /** Tokens asked for */
  requestedIncrement: number;
  /** Grant at once where the policy allows */
  autoApprove?: boolean | null;
}

/** Which budget requests */
export interface BudgetQuery {
  /** Only this task */
  taskId?: string | null;
  /** Only this status */
  status?: string | null;
  /** Most rows */
  limit?: number | null;
}

/** A decision on a budget request */
export interface BudgetDecision {
  /** Request to decide */
  requestId: string;
  /** approve or reject */
  decision: string;
  /** Tokens to grant; all that was asked where not given */
  approvedIncrement?: number | null;
  /** Why */
  reason?: string | null;
  /** Who decides */
  decidedBy?: string | null;
  /** Resume the task if it is paused */
  resumeTask?: boolean | null;
}

/** Which audit entries */
export interface AuditQuery {
  /** Only what was done to this */
  targetId?: string | null;
  /** Most rows */
  limit?: number | null;
  /** Only ids below this */
  beforeId?: number | null;
}

/** Whose activity */
export interface ActivityQuery {
  /** Task */
  taskId: string;
  /** Also every task below it */
  includeDescendants?: boolean | null;
  /** Most rows */
  limit?: number | null;
  /** Only ids above this */
  sinceId?: number | null;
}

/** Which terminals */
export interface TerminalQuery {
  /** Only this root task */
  rootTaskId?: string | null;
  /** Also actors below the root task; true where not given */
  includeDescendants?: boolean | null;
  /** Also actors whose task has ended */
  includeInactive?: boolean | null;
  /** Most rows */
  limit?: number | null;
}

/** Whose terminal */
export interface TerminalEventQuery {
  /** Actor */
  actor: string;
  /** Task */
  taskId: string;
  /** Most rows */
  limit?: number | null;
  /** Only ids above this */
  sinceId?: number | null;
}

/** What is running now, what happened last and how the models do */
export interface MissionControlSnapshot {
  /** When it was taken */
  generatedAt: number;
  /** The same in microseconds */
  generatedAtUs: number;
  /** Runs that are pending, executing or paused, newest start first */
  activeRuns: AgentRunRecord[];
  /** Newest first */
  recentEvents: AgentEventRecord[];
  /** Newest first */
  modelHealth: ModelHealthRecord[];
}

/** The flags after a change */
export interface RuntimeFlagsChange {
  /** The flags as they are now */
  flags: RuntimeFlags;
  /** Something must be started again for the change to act */
  restartRequired: boolean;
}

/** Whether a provider has its secret */
export interface ProviderSecretStatus {
  /** Name of the provider */
  provider: string;
  /** A secret is stored */
  configured: boolean;
  /** mission-control-vault */
  backend: string;
  /** Developer Mode is on */
  developerMode: boolean;
}

/** What storing the secret led to */
export interface ProviderSecretChange {
  /** Name of the provider */
  provider: string;
  /** A secret is stored now */
  configured: boolean;
  /** The operator must confirm first */
  confirmationRequired: boolean;
  /** Token to confirm with */
  confirmationToken: string | null;
}

/** The secret, once */
export interface ProviderSecretReveal {
  /** Name of the provider */
  provider: string;
  /** The secret */
  secret: string;
}

/** What was archived */
export interface ArchiveResult {
  /** Days that were kept */
  retentionDays: number;
  /** Events archived and pruned */
  eventsArchived: number;
  /** Runs archived and pruned */
  runsArchived: number;
  /** Where they are; none when nothing was old enough */
  archiveFile: string | null;
}

/** A provider to add or change */
export interface ProviderOrder {
  /** Name: letters, digits, dots, dashes and underscores */
  name: string;
  /** openai or anthropic; that of the adapter where not given */
  protocol?: string | null;
  /** Address up to and with /v1 or the like; that of the adapter where not given */
  baseUrl?: string | null;
  /** Kind of provider; the one of the same name, else openai-compatible or anthropic-compatible */
  adapter?: string | null;
  /** Name of its secret in the vault; its own name where not given. Never the secret itself */
  secret?: string | null;
  /** Further headers for each call, one Name: value a line; no keys */
  headers?: string | null;
  /** Calls may go there; true where not given */
  isEnabled?: boolean | null;
}

/** Where models are called */
export interface ProviderRecord {
  /** Its name, as it stands before the slash of provider/model */
  name: string;
  /** openai or anthropic */
  protocol: string;
  /** Address, without a slash at its end */
  baseUrl: string;
  /** Kind of provider; none when nobody knows it */
  adapter: string | null;
  /** Name of its secret in the vault */
  secret: string | null;
  /** It is not called without its secret */
  needsSecret: boolean;
  /** The vault has its secret */
  hasSecret: boolean;
  /** Further headers of each call */
  headers: string | null;
  /** Calls may go there */
  isEnabled: boolean;
  /** product, file (aop_models.json) or added (by command) */
  source: string;
  /** Models of the registry that it has */
  modelCount: number;
  /** Why it is not called, such as a key that it refused */
  problem: string | null;
  /** When it was added or changed */
  updatedAt: number | null;
  /** The same in microseconds */
  updatedAtUs: number | null;
}

/** Which provider is meant */
export interface ProviderName {
  /** Name of the provider */
  name: string;
}

/** What a provider answered */
export interface ProviderTest {
  /** Name of the provider */
  name: string;
  /** It answered with its models */
  isOk: boolean;
  /** HTTP status of its answer */
  status: number | null;
  /** How long that took */
  latencyMs: number | null;
  /** Models that it named */
  modelCount: number | null;
  /** What came of it, in words */
  message: string;
}

/** A model that may be called, with its card */
export interface ModelRecord {
  /** Provider of the model */
  provider: string;
  /** Model, as the provider names it */
  modelId: string;
  /** A call for it would go out now */
  isAvailable: boolean;
  /** Why not, as a word */
  exclusion: string | null;
  /** Why not, in words */
  reason: string | null;
  /** Tiers that list it */
  tiers: unknown;
  /** Personas that list it */
  personas: unknown;
  /** chat, embeddings, stream, tools, vision, structured, reasoning, audio; null where nothing is known */
  capabilities: unknown | null;
  /** Tokens that input and output share */
  contextTokens: number | null;
  /** Most tokens of an answer */
  outputTokensMax: number | null;
  /** Dollars a million tokens, by input tokens, and webSearch, a thousand searches; null where not known, which is not 0 */
  prices: unknown | null;
  /** What a batch pays of the price */
  batchPercent: number | null;
  /** When the prices were looked up */
  asOf: string | null;
  /** Its score now */
  score: number;
}

/** A call that is only thought of */
export interface RouteQuery {
  /** As a call would ask: a model, auto, tier:2, persona:reviewer; auto where not given */
  model?: string | null;
  /** Persona of the run */
  persona?: string | null;
  /** Tier of the run */
  tier?: number | null;
  /** chat, responses, completions, embeddings, messages or count_tokens; chat where not given */
  dialect?: string | null;
  /** The answer is streamed */
  stream?: boolean | null;
  /** The call brings tools */
  tools?: boolean | null;
  /** The call brings images */
  vision?: boolean | null;
  /** The answer must fit a JSON schema */
  structuredOutput?: boolean | null;
  /** The call brings or wants sound */
  audio?: boolean | null;
  /** Tokens of the input, estimated */
  inputTokens?: number | null;
  /** Tokens that the call limits the answer to */
  outputTokens?: number | null;
  /** Provider that the thread is bound to */
  provider?: string | null;
}

/** A model that was considered, and what spoke for and against it */
export interface RouteCandidate {
  /** Provider of the model */
  provider: string;
  /** Model, as the provider names it */
  modelId: string;
  /** Place in the list it came from, from 0 */
  order: number;
  /** Place among those that may be called, from 1 */
  rank: number | null;
  /** It may not be called */
  isExcluded: boolean;
  /** Why not, as a word */
  exclusion: string | null;
  /** Why not, in words */
  reason: string | null;
  /** When it may be asked again */
  untilAt: number | null;
  /** The same in microseconds */
  untilAtUs: number | null;
  /** Weighted term of quality */
  quality: number;
  /** Weighted term of the success rate */
  success: number;
  /** Weighted term of latency */
  latency: number;
  /** Weighted term of cost */
  cost: number;
  /** Weighted term of the failure rate, which is subtracted */
  failure: number;
  /** The sum, 0 to 1 */
  score: number;
}

/** Which model was chosen, and why */
export interface RouteDecision {
  /** Id of the decision: also the eventUid of its event, and x-mc-decision-id */
  id: string;
  /** When it was made */
  madeAt: number;
  /** The same in microseconds */
  madeAtUs: number;
  /** Snapshot of the registry it was made from */
  registryVersion: number;
  /** The model as asked */
  asked: string;
  /** Persona of the run */
  persona: string | null;
  /** Tier of the run */
  tier: number | null;
  /** What the agent speaks */
  dialect: string;
  /** Where the candidates come from: model, tier:2, persona:reviewer */
  list: string;
  /** False when a real model was asked for */
  isRouted: boolean;
  /** The choice is not the first listed candidate */
  isFallback: boolean;
  /** Provider of the choice; null when nothing could be chosen */
  provider: string | null;
  /** Model of the choice */
  modelId: string | null;
  /** The choice in words, or every reason against one */
  message: string;
  /** All that were considered, in the order of the list */
  candidates: RouteCandidate[];
}

/** Which decision */
export interface DecisionQuery {
  /** Id of the decision */
  id: string;
}

/** How many decisions */
export interface DecisionListQuery {
  /** Most decisions */
  limit?: number | null;
  /** Only those that considered this provider */
  provider?: string | null;
  /** Only those that considered this model */
  modelId?: string | null;
}

/** How good the outcome of a run was */
export interface RunQuality {
  /** The run; required, but in the path of the REST form */
  runId?: string | null;
  /** How good its outcome was, 0 to 1 */
  score: number;
  /** Why */
  reason?: string | null;
}

/** The quality of a model after a run was rated */
export interface QualityChange {
  /** Provider of the model */
  provider: string;
  /** Model */
  modelId: string;
  /** Quality before */
  qualityBefore: number;
  /** Quality now */
  qualityScore: number;
}

/** Which receipts */
export interface ReceiptQuery {
  /** The receipt of that id */
  id?: string | null;
  /** Receipts of that tree */
  rootTaskId?: string | null;
  /** Receipts older than this one */
  beforeEpoch?: number | null;
  /** Most rows */
  limit?: number | null;
}

/** Of which tree */
export interface HoldQuery {
  /** Those that concern this tree */
  rootTaskId?: string | null;
}

/** Of which run or root */
export interface TriggerQuery {
  /** Only this root task */
  rootTaskId?: string | null;
  /** Only this run */
  runId?: string | null;
  /** Most rows */
  limit?: number | null;
}

/** Which part */
export interface PartName {
  /** Name of the part */
  id: string;
}

/** Which budgets */
export interface BudgetListQuery {
  /** Only this kind of scope */
  scopeType?: string | null;
  /** Only this one */
  scopeId?: string | null;
  /** Only this budget */
  id?: string | null;
  /** Most rows */
  limit?: number | null;
}

/** A limit to set */
export interface BudgetOrder {
  /** task, tree, agent, key or install */
  scopeType: string;
  /** Task, root task, actor or id of the key; none for install */
  scopeId?: string | null;
  /** tokens, usd, requests, seconds or concurrency */
  unit: string;
  /** How much; dollars where the unit is usd */
  limit: number;
  /** total, day or month, by UTC; total where not given */
  period?: string | null;
  /** Tokens beyond the limit for a summary; AOP_BUDGET_GRACE_TOKENS where not given */
  graceTokens?: number | null;
}

/** Which budget */
export interface BudgetId {
  /** Id of the budget */
  id: string;
}

/** A hard limit, and what is left of it */
export interface BudgetRecord {
  /** Id of the budget; task:ID is the tokenBudget of a task */
  id: string;
  /** task, tree, agent, key or install */
  scopeType: string;
  /** Which one */
  scopeId: string | null;
  /** tokens, usd, requests, seconds or concurrency */
  unit: string;
  /** How much; dollars where the unit is usd */
  limit: number;
  /** total, day or month, by UTC */
  period: string;
  /** Tokens beyond the limit for a summary */
  graceTokens: number | null;
  /** Used in this period, with what is lost */
  spent: number;
  /** In the hands of routers: reserved by calls, or about to be */
  reserved: number;
  /** Of what is spent: in the hands of routers that are gone, until they settle late */
  lost: number;
  /** What is left */
  remaining: number;
  /** Share of the limit that is spent, in percent */
  percent: number | null;
  /** When this period began */
  periodStart: number | null;
  /** The same in microseconds */
  periodStartUs: number | null;
  /** When it was set */
  createdAt: number | null;
  /** The same in microseconds */
  createdAtUs: number | null;
  /** When the limit was last changed */
  updatedAt: number | null;
  /** The same in microseconds */
  updatedAtUs: number | null;
  /** It is no more */
  isRemoved: boolean | null;
  /** Root of the tree that it is in, for a task or a tree */
  rootTaskId: string | null;
}

/** A stage of a task that is about to begin */
export interface StagePlan {
  /** Task of the stage */
  taskId: string;
  /** Tokens that it is estimated to need; 0 when there is nothing to do */
  plannedTokens: number;
  /** What it is for */
  reason?: string | null;
  /** Who asks */
  requestedBy?: string | null;
}

/** Whether it may begin, by the policy of budgets */
export interface StageVerdict {
  /** Task of the stage */
  taskId: string;
  /** enough, pending (a request waits already), approved (more was granted) or requested (a person must decide) */
  outcome: string;
  /** Token budget of the task now */
  budget: number;
  /** Tokens it has used */
  usage: number;
  /** Tokens planned, at least 80 unless there is nothing to do */
  planned: number;
  /** What should be left */
  threshold: number;
  /** What is missing by the policy; 0 when nothing is */
  increment: number;
  /** The request that was made, or waits */
  request: BudgetRequestRecord | null;
}

/** Whose budgets */
export interface BudgetScopeQuery {
  /** A run: stands for its task, root and actor */
  runId?: string | null;
  /** A task */
  taskId?: string | null;
  /** A tree */
  rootTaskId?: string | null;
  /** An agent */
  actor?: string | null;
  /** An API key */
  keyId?: string | null;
}

/** The model file as loaded */
export interface ModelRegistry {
  /** File of the registry */
  configPath: string;
  /** The file was read; otherwise defaults are in force */
  loadedFromFile: boolean;
  /** Why it was not */
  loadError: string | null;
  /** The configuration in force, as JSON */
  config: unknown;
}

/** What is to be done with which secret, confirmed with the passphrase */
export interface SecretConfirmation {
  /** Name of the provider */
  provider: string;
  /** reveal or overwrite */
  operation: string;
  /** The operator's own passphrase */
  passphrase?: string | null;
}

/** A token for one reveal or one change */
export interface SecretConfirmed {
  /** To be sent as sessionToken, once */
  confirmationToken: string;
  /** When it is worth nothing any more */
  expiresAt: number;
  /** The same in microseconds */
  expiresAtUs: number;
}

/** Whose passphrase the gateway has checked, and for what */
export interface ConfirmationGrant {
  /** Name of the provider */
  provider: string;
  /** reveal or overwrite */
  operation: string;
  /** Login it is for, as its hash */
  session: string;
  /** Whose login that is */
  operatorName: string;
}

/** What ingest took of a batch */
export interface StoredReceipt {
  /** Events that are durable now */
  accepted: number;
  /** Events that had been taken before */
  duplicates: number;
  /** Events that were not taken, and why */
  rejected: Rejection[];
}

/** One event of a batch that was not taken */
export interface Rejection {
  /** Position in the batch, from 0 */
  index: number;
  /** Error code */
  code: string;
  /** What was wrong, naming field and value */
  message: string;
}

/** A verb that is in force on a scope */
export interface ControlHold {
  /** Id of the hold */
  id: string;
  /** Epoch since which it is as it is */
  epoch: number;
  /** Root of its tree; none: all trees */
  rootTaskId: string | null;
  /** tree, tier, agent, task or filter */
  scopeType: string;
  /** Tier of a tier scope */
  tier: number | null;
  /** Task of an agent scope, with all below it, or of a task scope */
  agentTaskId: string | null;
  /** Filter: provider of the model */
  provider: string | null;
  /** Filter: model */
  modelId: string | null;
  /** Filter: role prompt */
  persona: string | null;
  /** Filter: capability */
  skill: string | null;
  /** Filter: MCP server */
  mcpServer: string | null;
  /** Filter: runs that spend more than this in a minute */
  spendUsdPerMinute: number | null;
  /** pause, stop, or fence: runs of before a restart */
  kind: string;
  /** boundary, now, drain or quarantine */
  mode: string;
  /** Why */
  reason: string | null;
  /** Who asked */
  requestedBy: string | null;
  /** When it was made */
  createdAt: number | null;
  /** The same in microseconds */
  createdAtUs: number | null;
  /** When a pause has its limit */
  expiresAt: number | null;
  /** The same in microseconds */
  expiresAtUs: number | null;
  /** What happens then: resume or stop */
  onExpiry: string | null;
  /** Time between asking a process to end and ending it */
  graceSeconds: number | null;
  /** Receipt of the verb */
  receiptId: string | null;
  /** pausing, paused, stopping, stopped or unenforced: paused only once every part said so */
  state: string | null;
  /** Parts that said so */
  partsSettled: number | null;
  /** Parts that must */
  partsTotal: number | null;
  /** Parts that have not, at most 100 of them */
  missing: ReceiptPart[] | null;
  /** When it was said that the limit is near */
  warnedAt: number | null;
  /** The same in microseconds */
  warnedAtUs: number | null;
  /** Filter: that run */
  runId: string | null;
}

/** Id of a task or a run */
export interface HoldMember {
  /** Id of the task or the run */
  id: string;
}

/** Something that enforces: a router, a proxy, a supervisor, an agent that listens */
export interface ControlPart {
  /** Name of the part: the same after it was started again */
  id: string;
  /** router, mcp-proxy, run (a supervisor) or agent */
  kind: string;
  /** Where it runs */
  instance: string | null;
  /** Root of its run */
  rootTaskId: string | null;
  /** Run that it enforces */
  runId: string | null;
  /** Task of the run */
  taskId: string | null;
  /** strong, weak or none */
  enforcement: string | null;
  /** When it was started */
  startedAt: number | null;
  /** The same in microseconds */
  startedAtUs: number | null;
  /** Tier of the run */
  tier: number | null;
  /** Actor of the run */
  actor: string | null;
  /** Its role prompt */
  persona: string | null;
  /** Its capability */
  skill: string | null;
  /** Run that started it */
  parentRunId: string | null;
  /** It ends and is to be forgotten */
  isLeaving: boolean | null;
  /** Epoch that it has applied */
  epoch: number | null;
  /** here or gone */
  state: string | null;
  /** When it was last heard of */
  seenAt: number | null;
  /** The same in microseconds */
  seenAtUs: number | null;
  /** What holds for it */
  verdict: string | null;
  /** What it said last */
  acknowledged: string | null;
}

/** Something that enforces: a router, a proxy, a supervisor, an agent that listens */
export interface ControlPartInput {
  /** Name of the part: the same after it was started again */
  id: string;
  /** router, mcp-proxy, run (a supervisor) or agent */
  kind: string;
  /** Where it runs */
  instance?: string | null;
  /** Root of its run */
  rootTaskId?: string | null;
  /** Run that it enforces */
  runId?: string | null;
  /** Task of the run */
  taskId?: string | null;
  /** strong, weak or none */
  enforcement?: string | null;
  /** When it was started */
  startedAt?: number | null;
  /** The same in microseconds */
  startedAtUs?: number | null;
  /** Tier of the run */
  tier?: number | null;
  /** Actor of the run */
  actor?: string | null;
  /** Its role prompt */
  persona?: string | null;
  /** Its capability */
  skill?: string | null;
  /** Run that started it */
  parentRunId?: string | null;
  /** It ends and is to be forgotten */
  isLeaving?: boolean | null;
  /** Epoch that it has applied */
  epoch?: number | null;
}

/** What a part did */
export interface PartAck {
  /** Who says it */
  partId: string;
  /** Run that it enforces */
  runId?: string | null;
  /** Epoch of the verdict, or of the holds that it applied */
  epoch: number;
  /** Receipt of the verdict */
  receiptId?: string | null;
  /** paused, running, stopped, restarted or failed; applied of a router or a proxy */
  state: string;
  /** How it was done: strong, weak or none */
  enforcement?: string | null;
  /** Calls that are held */
  held?: number | null;
  /** Calls that were cut */
  cut?: number | null;
  /** Processes that it was done to */
  processes?: number | null;
  /** What else is to be known */
  note?: string | null;
}

/** What was asked of a scope, by whom, and what each part did */
export interface ControlReceipt {
  /** Id of the receipt */
  id: string;
  /** Epoch that the verb made */
  epoch: number;
  /** Root of the tree; none: all trees */
  rootTaskId: string | null;
  /** tree, tier, agent, task or filter */
  scopeType: string;
  /** Tier of a tier scope */
  tier: number | null;
  /** Task of an agent or a task scope */
  agentTaskId: string | null;
  /** Filter: provider of the model */
  provider: string | null;
  /** Filter: model */
  modelId: string | null;
  /** Filter: role prompt */
  persona: string | null;
  /** Filter: capability */
  skill: string | null;
  /** Filter: MCP server */
  mcpServer: string | null;
  /** Filter: runs that spend more than this in a minute */
  spendUsdPerMinute: number | null;
  /** pause, resume, stop or restart */
  verb: string;
  /** boundary, now, drain or quarantine */
  mode: string;
  /** Why */
  reason: string | null;
  /** Who asked */
  requestedBy: string | null;
  /** When */
  createdAt: number;
  /** The same in microseconds */
  createdAtUs: number;
  /** When the last part had acknowledged */
  doneAt: number | null;
  /** The same in microseconds */
  doneAtUs: number | null;
  /** pausing, paused, resuming, running, stopping, stopped, restarting, restarted, unenforced, or superseded by a later verb */
  state: string;
  /** Parts that acknowledged */
  acknowledged: number;
  /** Parts that must */
  expected: number;
  /** Calls held, over all parts */
  held: number;
  /** Calls cut */
  cut: number;
  /** Tasks whose status changed */
  tasksChanged: number;
  /** The parts, those that have not acknowledged first */
  parts: ReceiptPart[] | null;
  /** Number of its entry in the chain */
  chainSeq: number | null;
  /** SHA-256 of that entry and the hash before it */
  hash: string | null;
  /** Hold that it made or lifted */
  holdId: string | null;
  /** Filter: that run */
  runId: string | null;
}

/** One part of a receipt */
export interface ReceiptPart {
  /** The part */
  partId: string;
  /** router, mcp-proxy, run (a supervisor) or agent */
  kind: string;
  /** Run that it enforces */
  runId: string | null;
  /** Where it runs */
  instance: string | null;
  /** waiting, acknowledged, failed or gone */
  state: string;
  /** What it said: paused, running, stopped, restarted, applied or failed */
  acknowledged: string | null;
  /** When */
  ackedAt: number | null;
  /** The same in microseconds */
  ackedAtUs: number | null;
  /** How it was done */
  enforcement: string | null;
  /** Calls held */
  held: number | null;
  /** Calls cut */
  cut: number | null;
  /** Processes that it was done to */
  processes: number | null;
  /** What else is to be known */
  note: string | null;
}

/** What holds for a run */
export interface ControlVerdict {
  /** The run */
  runId: string | null;
  /** To be acknowledged with this number */
  epoch: number;
  /** Receipt of the verb */
  receiptId: string | null;
  /** run, pause, stop or restart */
  verdict: string;
  /** boundary, now, drain or quarantine */
  mode: string | null;
  /** Why */
  reason: string | null;
  /** Time between asking to end and ending */
  graceSeconds: number | null;
  /** When a pause has its limit */
  until: number | null;
  /** The same in microseconds */
  untilUs: number | null;
  /** What happens then: resume or stop */
  onExpiry: string | null;
}

/** What checking the chain of receipts found */
export interface ReceiptCheck {
  /** Every entry has the hash that it must have, and every receipt says what its entry says */
  isWhole: boolean;
  /** Entries of the chain */
  entries: number;
  /** Receipts */
  receipts: number;
  /** First entry that is wrong or missing */
  brokenSeq: number | null;
  /** First receipt that does not say what its entry says */
  brokenReceipt: string | null;
  /** Hash of the last entry */
  hash: string | null;
}

/** What a trigger found */
export interface TriggerFiring {
  /** heartbeat, loop, spend, root_spend or retries */
  name: string;
  /** observe or enforce */
  mode: string;
  /** The run, or the root of a root_spend */
  subject: string;
  /** Id of the event that it came with: one cause fires once */
  cause: number;
  /** Root of the run */
  rootTaskId: string;
  /** The run */
  runId: string;
  /** Its task */
  taskId: string | null;
  /** Who runs */
  actor: string;
  /** What was found: seconds, repeats, failures, or billionths of a dollar */
  measured: number;
  /** The bound that it passed */
  bound: number;
  /** The same in words */
  message: string;
  /** When */
  firedAt: number;
  /** The same in microseconds */
  firedAtUs: number;
  /** When what follows was done */
  doneAt: number | null;
  /** The same in microseconds */
  doneAtUs: number | null;
}

/** What can be asked by POST /api/v1/commands/<name>, and what comes back */
export interface Commands {
  /** What is running now, what happened last and how the models do; needs the role viewer */
  get_mission_control_snapshot: { input: SnapshotQuery; result: MissionControlSnapshot };
  /** Runs, newest start first; needs the role viewer */
  list_agent_runs: { input: RunQuery; result: AgentRunRecord[] };
  /** Events, newest first; needs the role viewer */
  list_agent_events: { input: EventQuery; result: AgentEventRecord[] };
  /** Pause, resume, stop or restart a tree, a tier or an agent; needs the role operator */
  control_execution_scope: { input: ScopeAction; result: TaskRecord[] };
  /** Settings that can change while everything runs; needs the role viewer */
  get_runtime_flags: { input: Nothing; result: RuntimeFlags };
  /** Change some of them; written back to .env; needs the role admin */
  set_runtime_flags: { input: RuntimeFlagsInput; result: RuntimeFlagsChange };
  /** Whether a provider has its secret; needs the role operator */
  get_provider_secret_status: { input: ProviderQuery; result: ProviderSecretStatus };
  /** Store a provider's secret; needs the role admin */
  set_provider_secret: { input: SecretChange; result: ProviderSecretChange };
  /** Show a provider's secret, once, after confirmation; needs the role admin */
  reveal_provider_secret: { input: SecretReveal; result: ProviderSecretReveal };
  /** Archive and prune what is older than the retention; needs the role admin */
  archive_telemetry: { input: ArchiveOrder; result: ArchiveResult };
  /** Create a task; needs the role operator */
  create_task: { input: TaskOrder; result: TaskRecord };
  /** Tasks, newest first; needs the role viewer */
  get_tasks: { input: TaskQuery; result: TaskRecord[] };
  /** Set the status of a task; needs the role operator */
  update_task_status: { input: TaskStatusChange; result: TaskRecord };
  /** Pause, resume, stop or restart a task, with its descendants if asked; needs the role operator */
  control_task: { input: TaskAction; result: TaskRecord[] };
  /** Ask for more tokens for a task; needs the role operator */
  request_task_budget_increase: { input: BudgetIncrease; result: BudgetRequestRecord };
  /** Requests for more tokens, newest first; needs the role viewer */
  list_task_budget_requests: { input: BudgetQuery; result: BudgetRequestRecord[] };
  /** Approve or reject such a request; needs the role operator */
  resolve_task_budget_request: { input: BudgetDecision; result: BudgetRequestRecord };
  /** The audit log, newest first; needs the role operator */
  list_audit_log: { input: AuditQuery; result: AuditLogEntry[] };
  /** What was done to a task and, if asked, below it, newest first; needs the role viewer */
  list_task_activity: { input: ActivityQuery; result: AuditLogEntry[] };
  /** Actors with output, latest first; needs the role viewer */
  list_agent_terminals: { input: TerminalQuery; result: AgentTerminalSession[] };
  /** Activity of one actor on one task, newest first; needs the role viewer */
  list_terminal_events: { input: TerminalEventQuery; result: TerminalEventRecord[] };
  /** The models that routing chooses from; needs the role viewer */
  get_model_registry: { input: Nothing; result: ModelRegistry };
  /** Where models are called, in the order of the registry; needs the role viewer */
  list_providers: { input: Nothing; result: ProviderRecord[] };
  /** Add a provider, or change the one of that name; needs the role admin */
  put_provider: { input: ProviderOrder; result: ProviderRecord };
  /** Remove a provider that was added; needs the role admin */
  remove_provider: { input: ProviderName; result: ProviderRecord };
  /** Ask a provider for its models, with its key; needs the role operator */
  test_provider: { input: ProviderName; result: ProviderTest };
  /** Every model of the registry with its card, and whether it may be called now; needs the role viewer */
  list_models: { input: Nothing; result: ModelRecord[] };
  /** Which model would answer, and why; nothing is called; needs the role viewer */
  explain_route: { input: RouteQuery; result: RouteDecision };
  /** A decision that is still in the memory of the router; needs the role viewer */
  get_route_decision: { input: DecisionQuery; result: RouteDecision };
  /** The last decisions, newest first, each by one router; needs the role viewer */
  list_route_decisions: { input: DecisionListQuery; result: RouteDecision[] };
  /** Say how good the outcome of a run was: moves the quality of the models that served it; needs the role operator */
  rate_run: { input: RunQuality; result: QualityChange[] };
  /** Read aop_models.json again, now; needs the role operator */
  reload_models: { input: Nothing; result: ModelRegistry };
  /** The same as control_execution_scope, answered with the receipt; also for trees that are known by their runs only; needs the role operator */
  control_scope: { input: ScopeAction; result: ControlReceipt };
  /** Receipts of verbs, newest first; needs the role viewer */
  list_receipts: { input: ReceiptQuery; result: ControlReceipt[] };
  /** Holds in force, and how far every part has done them; needs the role viewer */
  list_holds: { input: HoldQuery; result: ControlHold[] };
  /** Parts that enforce, here or gone; needs the role viewer */
  list_control_parts: { input: HoldQuery; result: ControlPart[] };
  /** Check the chain of receipts from its beginning; needs the role viewer */
  verify_receipts: { input: Nothing; result: ReceiptCheck };
  /** Before a stage: is enough left of the task's tokens? Grants more, or asks a person; needs the role operator */
  check_task_budget: { input: StagePlan; result: StageVerdict };
  /** Budgets that were set, with what is left of them; needs the role viewer */
  list_budgets: { input: BudgetListQuery; result: BudgetRecord[] };
  /** Set a hard limit; one for each scope, unit and period; needs the role admin */
  set_budget: { input: BudgetOrder; result: BudgetRecord };
  /** Remove a limit; needs the role admin */
  remove_budget: { input: BudgetId; result: BudgetRecord };
  /** Every budget above a run or a task, with what is left; needs the role agent */
  get_budget: { input: BudgetScopeQuery; result: BudgetRecord[] };
  /** What triggers found, newest first; needs the role viewer */
  list_triggers: { input: TriggerQuery; result: TriggerFiring[] };
  /** Forget a part that is gone for good; needs the role operator */
  forget_control_part: { input: PartName; result: ControlPart };
  /** Confirm with the operator's passphrase that a secret may be revealed or overwritten; answers with the token for it; needs the role admin */
  confirm_provider_secret_access: { input: SecretConfirmation; result: SecretConfirmed };
}

export type CommandName = keyof Commands;

/** The code of {"error": {"code", "message", "details"?}} */
export type ErrorCode =
  | "bad_input"
  | "bad_encoding"
  | "unauthenticated"
  | "bad_credentials"
  | "forbidden"
  | "over_budget"
  | "price_unknown"
  | "csrf_failed"
  | "confirmation_required"
  | "scope_stopped"
  | "scope_quarantined"
  | "not_found"
  | "unknown_route"
  | "bad_method"
  | "request_timeout"
  | "conflict"
  | "too_large"
  | "bad_media_type"
  | "too_deep"
  | "not_capable"
  | "context_too_long"
  | "time_out_of_window"
  | "task_cycle"
  | "headers_too_large"
  | "unknown_model"
  | "too_many_attempts"
  | "too_busy"
  | "internal"
  | "service_missing"
  | "store_away"
  | "spool_full"
  | "vault_sealed"
  | "audit_unwritable"
  | "no_model"
  | "deadline_passed";

/** The status of a task or a run */
export type StatusWord = "pending" | "executing" | "completed" | "failed" | "paused";

/** What a session or an API key may do; viewer, operator and admin include those before them */
export type Role = "agent" | "viewer" | "operator" | "admin";
