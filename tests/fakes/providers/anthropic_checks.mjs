/*
 *  anthropic_checks - what the Anthropic API refuses, with its own words
 */
import { createHash } from "node:crypto";
import { failed } from "./anthropic.mjs";

const set = (text) => new Set(text.split(" "));
const FIELDS = set("max_tokens messages model cache_control container context_management diagnostics inference_geo mcp_servers metadata output_config output_format service_tier speed stop_sequences stream system thinking tool_choice tools user_profile_id workspace_id");
const COUNT_FIELDS = set("messages model cache_control context_management mcp_servers output_config output_format speed system thinking tool_choice tools user_profile_id workspace_id");
const BLOCKS = set("text image document search_result thinking redacted_thinking tool_use tool_result server_tool_use web_search_tool_result");
const NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const NO_PREFILL = /^claude-(sonnet-4-6|opus-4-[6-9]|opus-5|sonnet-5|haiku-5)/;
const TAKES_SYSTEM_TURNS = /^claude-(opus-4-[89]|opus-5|sonnet-5|haiku-5)/;
const SERVER_TOOL = /_20\d{6}$|^mcp_toolset$/;
const SAMPLING = ["temperature", "top_p", "top_k"];

const isNewest = (version) => version === "2026-10-21";

/* The signature that this provider puts on a thought, and wants back unchanged. */
export const signatureOf = (thinking) => createHash("sha512").update(`simulated:${thinking}`).digest("base64").repeat(2);

const bad = (message) => failed(400, "invalid_request_error", message);

function checkNumbers(input) {
    if (!Number.isInteger(input.max_tokens)) return bad(input.max_tokens === undefined ? "max_tokens: Field required" : "max_tokens: Input should be a valid integer");
    if (input.max_tokens < 1) return bad("max_tokens: Input should be greater than or equal to 1");
    if (input.temperature != null && (input.temperature < 0 || input.temperature > 1))
        return bad(`temperature: range: 0..1`);
    for (const [i, stop] of (input.stop_sequences ?? []).entries())
        if (!stop.trim()) return bad(`stop_sequences.${i}: each stop sequence must contain non-whitespace`);
    return null;
}

function checkThinking(input) {
    const { thinking } = input;
    if (thinking?.type !== "enabled") return null;
    if (!Number.isInteger(thinking.budget_tokens)) return bad("thinking.enabled.budget_tokens: Field required");
    if (thinking.budget_tokens < 1024) return bad("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024");
    if (thinking.budget_tokens >= input.max_tokens)
        return bad("`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size");
    if (input.temperature != null && input.temperature !== 1)
        return bad("`temperature` may only be set to 1 when thinking is enabled. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#important-considerations-when-using-extended-thinking");
    if (["any", "tool"].includes(input.tool_choice?.type)) return bad("Thinking may not be enabled when tool_choice forces tool use.");
    return null;
}

function checkTools(input) {
    if (input.tools !== undefined && !Array.isArray(input.tools)) return bad("tools: Input should be a valid list");
    const names = new Set();
    for (const [i, tool] of (input.tools ?? []).entries()) {
        if (tool.type && tool.type !== "custom") {
            if (SERVER_TOOL.test(tool.type)) continue;
            return bad(`tools.${i}: Input tag '${tool.type}' found using 'type' does not match any of the expected tags: 'bash_20250124', 'custom', 'text_editor_20250728', 'web_search_20250305'`);
        }
        if (typeof tool.name !== "string") return bad(`tools.${i}.custom.name: Field required`);
        if (!NAME.test(tool.name)) return bad(`tools.${i}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
        if (!tool.input_schema) return bad(`tools.${i}.custom.input_schema: Field required`);
        if (tool.input_schema.type !== "object") return bad(`tools.${i}.custom.input_schema.type: Input should be 'object'`);
        if (names.has(tool.name)) return bad("tools: Tool names must be unique.");
        names.add(tool.name);
    }
    if (input.tool_choice && !input.tools?.length) return bad("tool_choice: tool_choice may only be specified while providing tools.");
    if (input.tool_choice && !["auto", "any", "tool", "none"].includes(input.tool_choice.type))
        return bad(`tool_choice: Input tag '${input.tool_choice.type}' found using 'type' does not match any of the expected tags: 'auto', 'any', 'tool', 'none'`);
    return null;
}

function checkBlock(block, at) {
    if (!BLOCKS.has(block?.type)) return bad(`${at}: Input tag '${block?.type}' found using 'type' does not match any of the expected tags: 'document', 'image', 'redacted_thinking', 'search_result', 'server_tool_use', 'text', 'thinking', 'tool_result', 'tool_use', 'web_search_tool_result'`);
    if (block.type === "text" && block.text === "") return bad("messages: text content blocks must be non-empty");
    if (block.type === "tool_use" && (typeof block.input !== "object" || block.input === null)) return bad(`${at}.tool_use.input: Input should be a valid dictionary`);
    if (block.type === "thinking" && block.signature !== signatureOf(block.thinking)) return bad(`${at}: Invalid \`signature\` in \`thinking\` block`);
    if (block.type === "image" && !["base64", "url", "file"].includes(block.source?.type))
        return bad(`${at}.image.source: Input tag '${block.source?.type}' found using 'type' does not match any of the expected tags: 'base64', 'file', 'url'`);
    return null;
}

const blocksOf = (message) => (Array.isArray(message.content) ? message.content : []);

/* What the newest version of the API no longer takes. */
function checkNewest(input) {
    for (const message of Array.isArray(input.messages) ? input.messages : [])
        for (const block of blocksOf(message)) {
            if (message.role === "assistant" && block.type === "document") return bad("messages: `document` blocks are not permitted in assistant messages");
            if (message.role === "user" && block.type === "text" && block.citations?.length > 0) return bad("messages: `citations` are not permitted on text blocks in user messages");
        }
    return null;
}

function checkMessages(input, version) {
    if (!Array.isArray(input.messages)) return bad("messages: Field required");
    if (input.messages.length === 0) return bad("messages: at least one message is required");
    for (const [i, message] of input.messages.entries()) {
        const takesSystem = isNewest(version) || TAKES_SYSTEM_TURNS.test(input.model);
        if (!["user", "assistant"].includes(message.role) && !(message.role === "system" && takesSystem && i > 0))
            return bad(message.role === "system"
                ? 'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.'
                : `messages.${i}.role: Input should be 'user' or 'assistant'`);
        const isLast = i === input.messages.length - 1;
        if (message.content === undefined || message.content === null) return bad(`messages.${i}.content: Field required`);
        if (message.content.length === 0 && !(isLast && message.role === "assistant"))
            return bad(`messages.${i}: all messages must have non-empty content except for the optional final assistant message`);
        for (const [j, block] of blocksOf(message).entries()) {
            const refusal = checkBlock(block, `messages.${i}.content.${j}`);
            if (refusal) return refusal;
        }
    }
    return checkTurns(input.messages) ?? checkLast(input);
}

/* A call is answered in the very next message, all of one turn together, before any text. */
function checkTurns(messages) {
    for (const [i, message] of messages.entries()) {
        const calls = blocksOf(message).filter((block) => block.type === "tool_use").map((block) => block.id);
        const answered = i + 1 < messages.length ? blocksOf(messages[i + 1]).filter((block) => block.type === "tool_result").map((block) => block.tool_use_id) : null;
        const left = calls.filter((id) => !answered?.includes(id));
        if (message.role === "assistant" && left.length > 0 && answered)
            return bad(`messages.${i}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${left.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`);
        const before = i > 0 ? blocksOf(messages[i - 1]).filter((block) => block.type === "tool_use").map((block) => block.id) : [];
        for (const [j, block] of blocksOf(message).entries())
            if (block.type === "tool_result" && !before.includes(block.tool_use_id))
                return bad(`messages.${i}.content.${j}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${block.tool_use_id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`);
    }
    return null;
}

function checkLast(input) {
    const last = input.messages.at(-1);
    if (last.role === "assistant" && NO_PREFILL.test(input.model))
        return bad("This model does not support assistant message prefill. The conversation must end with a user message.");
    const turn = input.messages.at(-2);
    const continues = turn?.role === "assistant" && blocksOf(last).some((block) => block.type === "tool_result");
    const first = blocksOf(turn ?? {})[0];
    if (continues && input.thinking?.type === "enabled" && !["thinking", "redacted_thinking"].includes(first?.type))
        return bad(`messages.${input.messages.length - 2}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first?.type}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks). To avoid this requirement, disable \`thinking\`.`);
    return null;
}

function checkSystem({ system }) {
    if (system === undefined || typeof system === "string") return null;
    if (!Array.isArray(system)) return bad("system: Input should be a valid list");
    return system.some((block) => block.type !== "text") ? bad("system.0.type: Input should be 'text'") : null;
}

function checkFields(input, fields, version) {
    const sampling = isNewest(version) ? [] : SAMPLING;
    for (const field of Object.keys(input))
        if (!fields.has(field) && !sampling.includes(field)) return bad(`${field}: Extra inputs are not permitted`);
    return typeof input.model === "string" ? null : bad("model: Field required");
}

export const checkMessage = (input, version) =>
    checkFields(input, FIELDS, version) ?? checkNumbers(input) ?? checkSystem(input) ?? checkTools(input) ?? checkThinking(input)
    ?? checkMessages(input, version) ?? (isNewest(version) ? checkNewest(input) : null);

export const checkCount = (input, version) =>
    checkFields(input, COUNT_FIELDS, version) ?? checkSystem(input) ?? checkTools(input) ?? checkMessages(input, version);
