/*
 *  openai_chat - POST /v1/chat/completions
 */
import { randomBytes } from "node:crypto";
import { checkChat } from "./openai_checks.mjs";
import { datedModel, hasModel, isReasoningModel, newId, nowSeconds, pretty, streamError, unknownModel } from "./openai.mjs";
import { argumentPieces, compose, fragments } from "./script.mjs";

const textOf = (content) =>
    (Array.isArray(content) ? content.map((part) => part.text ?? part.refusal ?? `[${part.type}]`).join("\n") : content ?? "");

function choiceOf(input) {
    const { tool_choice: choice } = input;
    return typeof choice === "object" && choice ? { name: choice.function?.name } : choice ?? "auto";
}

/* The request in the terms of script.mjs. */
function turnOf(input) {
    const last = input.messages.findLastIndex((message) => message.role !== "tool");
    const results = input.messages.slice(last + 1).map((message) => textOf(message.content));
    const user = input.messages.findLast((message) => message.role === "user");
    return {
        model: input.model, prompt: textOf(user?.content), results,
        promptText: input.messages.map((message) => textOf(message.content) + JSON.stringify(message.tool_calls ?? "")).join("\n")
            + JSON.stringify(input.tools ?? ""),
        tools: (input.tools ?? []).filter((tool) => tool.type === "function").map((tool) => ({ name: tool.function.name, schema: tool.function.parameters })),
        choice: choiceOf(input), parallel: input.parallel_tool_calls !== false,
        schema: input.response_format?.json_schema?.schema ?? (input.response_format?.type === "json_object" ? { type: "object" } : null),
        maxTokens: input.max_completion_tokens ?? input.max_tokens, stops: [].concat(input.stop ?? []), thinks: false,
    };
}

const FINISH = { stop: "stop", length: "length", tools: "tool_calls", filter: "content_filter" };

export function usageOf({ input, cached, output, reasoning }) {
    return {
        prompt_tokens: input, completion_tokens: output, total_tokens: input + output,
        prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: reasoning, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
    };
}

function messageOf(said, calls) {
    const refused = said.end === "filter" && said.text === "";
    const message = { role: "assistant", content: calls.length > 0 && !said.text ? null : refused ? null : said.text };
    if (calls.length > 0) message.tool_calls = calls.map(({ id, name, json }) => ({ id, type: "function", function: { name, arguments: json } }));
    if (said.thinking) message.reasoning_content = said.thinking; /* as the compatible servers write it */
    return { ...message, refusal: null, annotations: [] };
}

/* The deltas of one choice, in order. */
function* deltasOf(said, calls) {
    const first = calls.length > 0 && !said.text ? { role: "assistant", content: null } : { role: "assistant", content: "", refusal: null };
    let head = first;
    if (calls.length === 0 || said.text) {
        yield first;
        head = {};
    }
    for (const piece of fragments(said.thinking)) yield { reasoning_content: piece };
    for (const piece of fragments(said.text)) yield { content: piece };
    for (const [index, { id, name, json }] of calls.entries()) {
        yield { ...head, tool_calls: [{ index, id, type: "function", function: { name, arguments: "" } }], ...(head.role ? { refusal: null } : {}) };
        head = {};
        for (const piece of argumentPieces(json)) yield { tool_calls: [{ index, function: { arguments: piece } }] };
    }
}

function* framesOf({ input, head, said, choices, usage, script }) {
    const { include_usage: wantsUsage, include_obfuscation: obfuscates = true } = input.stream_options ?? {};
    const nulls = wantsUsage && !script.noNulls ? { usage: null } : {};
    const noise = () => (obfuscates ? { obfuscation: randomBytes(12).toString("base64url").slice(0, 4 + (randomBytes(1)[0] % 12)) } : {});
    const logprobs = isReasoningModel(input.model) ? {} : { logprobs: null };
    const frame = (value) => `data: ${JSON.stringify(value)}\n\n`;
    const chunk = (index, delta, finish_reason) => frame({ ...head, choices: [{ index, delta, ...logprobs, finish_reason }], ...nulls, ...noise() });
    for (const [index, { calls }] of choices.entries())
        for (const delta of deltasOf(said, calls)) yield chunk(index, delta, null);
    for (const index of choices.keys()) yield chunk(index, {}, FINISH[said.end] ?? "stop");
    if (wantsUsage && !script.noUsage) yield frame({ ...head, choices: script.choicesNull ? null : [], usage, ...noise() });
    yield "data: [DONE]\n\n";
}

export function answerChat(provider, record) {
    const input = record.json;
    const { script } = record;
    const refusal = script.lenient ? null : checkChat(input);
    if (refusal) return refusal;
    if (!hasModel(provider, input.model)) return unknownModel(input.model);
    const turn = turnOf(input);
    const said = compose(turn, script);
    const choices = Array.from({ length: input.n ?? 1 }, () => ({
        calls: said.calls.map((call) => ({ ...call, id: newId("call_", 24) })),
    }));
    const usage = script.rawUsage ?? usageOf({ ...said.usage, output: said.usage.output * choices.length });
    const head = {
        id: newId("chatcmpl-", 29), object: input.stream ? "chat.completion.chunk" : "chat.completion", created: nowSeconds(),
        model: datedModel(input.model),
    };
    const tail = { service_tier: "default", system_fingerprint: isReasoningModel(input.model) ? null : "fp_simulated" };
    if (input.stream) {
        const frames = framesOf({ input, head: { ...head, ...tail }, said, choices, usage, script });
        return { status: 200, headers: { "content-type": "text/event-stream; charset=utf-8" }, frames, errorFrame: () => `data: ${JSON.stringify(streamError())}\n\n` };
    }
    const logprobs = isReasoningModel(input.model) ? {} : { logprobs: null };
    const body = {
        ...head,
        choices: choices.map(({ calls }, index) => ({ index, message: messageOf(said, calls), ...logprobs, finish_reason: FINISH[said.end] ?? "stop" })),
        ...(script.noUsage ? {} : { usage }), ...tail,
    };
    return { status: 200, headers: {}, body: pretty(body) };
}
