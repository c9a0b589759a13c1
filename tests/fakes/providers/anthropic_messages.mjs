/*
 *  anthropic_messages - POST /v1/messages and /v1/messages/count_tokens
 */
import { createHash } from "node:crypto";
import { errorEvent, hasModel, newId, unknownModel } from "./anthropic.mjs";
import { checkCount, checkMessage, signatureOf } from "./anthropic_checks.mjs";
import { argumentPieces, compose, countTokens, fragments } from "./script.mjs";

const blocksOf = (content) => (typeof content === "string" ? [{ type: "text", text: content }] : content ?? []);

const textOf = (content) => blocksOf(content).map((block) =>
    block.text ?? block.thinking ?? (block.type === "tool_result" ? textOf(block.content) : block.input ? JSON.stringify(block.input) : `[${block.type}]`)).join("\n");

function choiceOf({ tool_choice: choice }) {
    if (choice?.type === "tool") return { name: choice.name };
    return { any: "required", none: "none" }[choice?.type] ?? "auto";
}

/* Tokens of the part that cache_control marks: written the first time, read from then on. */
function cacheOf(input, provider) {
    const parts = [...(input.tools ?? []), ...blocksOf(input.system), ...input.messages.flatMap((message) => blocksOf(message.content))];
    const marked = parts.findLastIndex((part) => part.cache_control);
    if (marked === -1) return {};
    const text = JSON.stringify(parts.slice(0, marked + 1));
    const tokens = countTokens(text);
    const mark = createHash("sha1").update(input.model + text).digest("hex");
    if (provider.cached.has(mark)) return { cached: tokens };
    provider.cached.add(mark);
    return parts[marked].cache_control.ttl === "1h" ? { written1h: tokens } : { written5m: tokens };
}

const promptTextOf = (input) => textOf(input.system ?? "") + input.messages.map((message) => textOf(message.content)).join("\n") + JSON.stringify(input.tools ?? "");

function turnOf(input, provider) {
    const cache = cacheOf(input, provider);
    const spent = Object.values(cache).reduce((sum, tokens) => sum + tokens, 0);
    const users = input.messages.filter((message) => message.role === "user");
    const last = input.messages.at(-1);
    const texts = (message) => blocksOf(message.content).filter((block) => block.type === "text").map((block) => block.text).join("\n");
    const results = last.role === "user" ? blocksOf(last.content).filter((block) => block.type === "tool_result").map((block) => textOf(block.content)) : [];
    const text = promptTextOf(input);
    return {
        model: input.model, prompt: users.map(texts).findLast(Boolean) ?? "", promptText: text, results,
        cache: spent > 0 ? { ...cache, input: countTokens(text) + spent } : {},
        tools: (input.tools ?? []).filter((tool) => tool.input_schema).map((tool) => ({ name: tool.name, schema: tool.input_schema })),
        choice: choiceOf(input), parallel: !input.tool_choice?.disable_parallel_tool_use,
        schema: (input.output_config?.format ?? input.output_format)?.schema ?? null,
        maxTokens: input.max_tokens, stops: input.stop_sequences ?? [],
        thinks: ["enabled", "adaptive"].includes(input.thinking?.type),
    };
}

/* input_tokens leaves out what the cache took or gave. */
export function usageOf({ input, cached, written5m, written1h, output, reasoning }) {
    return {
        input_tokens: input - cached - written5m - written1h,
        cache_creation_input_tokens: written5m + written1h, cache_read_input_tokens: cached,
        cache_creation: { ephemeral_5m_input_tokens: written5m, ephemeral_1h_input_tokens: written1h },
        output_tokens: output, ...(reasoning ? { output_tokens_details: { thinking_tokens: reasoning } } : {}),
        service_tier: "standard", inference_geo: "not_available",
    };
}

function contentOf(said) {
    const content = [];
    if (said.thinking) content.push({ type: "thinking", thinking: said.thinking, signature: signatureOf(said.thinking) });
    if (said.text) content.push({ type: "text", text: said.text });
    for (const { name, json } of said.calls) content.push({ type: "tool_use", id: newId("toolu_01", 22), name, input: JSON.parse(json) });
    return content;
}

const REASONS = { stop: "end_turn", length: "max_tokens", tools: "tool_use", filter: "refusal" };

const reasonOf = (end) => (end.stop ? { stop_reason: "stop_sequence", stop_sequence: end.stop } : { stop_reason: REASONS[end] ?? end, stop_sequence: null });

const START = { text: { text: "" }, thinking: { thinking: "", signature: "" }, tool_use: { input: {} } };

function* deltasOf(block) {
    if (block.type === "text") for (const text of fragments(block.text)) yield { type: "text_delta", text };
    if (block.type === "thinking") {
        for (const thinking of fragments(block.thinking)) yield { type: "thinking_delta", thinking };
        yield { type: "signature_delta", signature: block.signature };
    }
    if (block.type === "tool_use")
        for (const partial_json of ["", ...argumentPieces(JSON.stringify(block.input))]) yield { type: "input_json_delta", partial_json };
}

function* eventsOf(head, content, said, script) {
    const usage = script.rawUsage ?? usageOf(said.usage);
    const { output_tokens_details: _thought, ...started } = usage;
    yield { type: "message_start", message: { ...head, content: [], stop_reason: null, stop_sequence: null, usage: { ...started, output_tokens: Math.min(1, usage.output_tokens ?? 0) } } };
    for (const [index, block] of content.entries()) {
        yield { type: "content_block_start", index, content_block: { ...block, ...START[block.type] } };
        if (index === 0) yield { type: "ping" };
        for (const delta of deltasOf(block)) yield { type: "content_block_delta", index, delta };
        yield { type: "content_block_stop", index };
    }
    const { service_tier: _tier, inference_geo: _geo, cache_creation: _split, ...counted } = usage;
    yield { type: "message_delta", delta: reasonOf(said.end), usage: script.noUsage ? { output_tokens: counted.output_tokens } : counted };
    yield { type: "message_stop" };
}

/* Frames carry blanks before their last brace, of no fixed number, as the real ones do. */
function frameOf(event, index) {
    if (event.type === "ping") return 'event: ping\ndata: {"type": "ping"}\n\n';
    return `event: ${event.type}\ndata: ${JSON.stringify(event).slice(0, -1)}${" ".repeat((index * 7) % 13)}}\n\n`;
}

export function answerMessage(provider, record) {
    const input = record.json;
    const { script } = record;
    const refusal = script.lenient ? null : checkMessage(input, record.headers["anthropic-version"]);
    if (refusal) return refusal;
    if (!hasModel(provider, input.model)) return unknownModel(input.model);
    const said = compose(turnOf(input, provider), script);
    const content = contentOf(said);
    const head = { model: input.model, id: newId("msg_01", 22), type: "message", role: "assistant" };
    if (input.stream) {
        const frames = [...eventsOf(head, content, said, script)].map(frameOf);
        return { status: 200, headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" }, frames, errorFrame: errorEvent };
    }
    return { status: 200, headers: {}, body: JSON.stringify({ ...head, content, ...reasonOf(said.end), stop_details: null, usage: script.rawUsage ?? usageOf(said.usage) }) };
}

export function answerCount(provider, record) {
    const refusal = checkCount(record.json, record.headers["anthropic-version"]);
    if (refusal) return refusal;
    if (!hasModel(provider, record.json.model)) return unknownModel(record.json.model);
    return { status: 200, headers: {}, body: JSON.stringify({ input_tokens: record.script.usage?.input ?? countTokens(promptTextOf(record.json)) }) };
}
