/*
 *  openai_responses - POST /v1/responses and what can be done with a stored one
 */
import { randomBytes } from "node:crypto";
import { checkResponse } from "./openai_checks.mjs";
import { datedModel, failed, failure, hasModel, isReasoningModel, newId, nowSeconds, pretty, unknownModel } from "./openai.mjs";
import { argumentPieces, compose, fragments } from "./script.mjs";

const textOf = (content) => (Array.isArray(content) ? content.map((part) => part.text ?? part.refusal ?? `[${part.type}]`).join("\n") : content ?? "");

const itemsOf = (input) => (typeof input === "string" ? [{ type: "message", role: "user", content: input }] : input ?? []);

function choiceOf({ tool_choice: choice }) {
    return typeof choice === "object" && choice ? { name: choice.name } : choice ?? "auto";
}

function turnOf(input, items) {
    const last = items.findLastIndex((item) => item.type !== "function_call_output");
    const user = items.findLast((item) => item.role === "user");
    const results = items.slice(last + 1).map((item) => textOf(item.output));
    return {
        model: input.model, prompt: textOf(user?.content), results,
        promptText: (input.instructions ?? "") + items.map((item) => textOf(item.content ?? item.output) + (item.arguments ?? "")).join("\n")
            + JSON.stringify(input.tools ?? ""),
        tools: (input.tools ?? []).filter((tool) => tool.type === "function").map((tool) => ({ name: tool.name, schema: tool.parameters })),
        choice: choiceOf(input), parallel: input.parallel_tool_calls !== false, schema: input.text?.format?.schema ?? null,
        maxTokens: input.max_output_tokens, stops: [],
        thinks: Boolean(input.reasoning?.summary) && isReasoningModel(input.model),
    };
}

const usageOf = ({ input, cached, output, reasoning }) => ({
    input_tokens: input, input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
    output_tokens: output, output_tokens_details: { reasoning_tokens: reasoning }, total_tokens: input + output,
});

function outputOf(said, input) {
    const output = [];
    if (said.thinking) {
        const sealed = input.include?.includes("reasoning.encrypted_content") ? { encrypted_content: Buffer.from(said.thinking).toString("base64") } : {};
        output.push({ id: newId("rs_", 48), type: "reasoning", ...sealed, summary: [{ type: "summary_text", text: said.thinking }] });
    }
    if (said.text || said.calls.length === 0)
        output.push({
            id: newId("msg_", 48), type: "message", status: said.end === "length" ? "incomplete" : "completed",
            content: [{ type: "output_text", annotations: [], logprobs: [], text: said.text }], role: "assistant",
        });
    for (const { name, json } of said.calls)
        output.push({ id: newId("fc_", 48), type: "function_call", status: "completed", arguments: json, call_id: newId("call_", 24), name });
    return output;
}

const toolOf = (tool) => (tool.type === "function" ? { ...tool, description: tool.description ?? null, strict: tool.strict ?? true } : tool);

function responseOf(input) {
    return {
        id: newId("resp_", 48), object: "response", created_at: nowSeconds(), status: "in_progress",
        background: input.background ?? false, completed_at: null, error: null, incomplete_details: null,
        instructions: input.instructions ?? null, max_output_tokens: input.max_output_tokens ?? null, max_tool_calls: null,
        model: datedModel(input.model), output: [], parallel_tool_calls: input.parallel_tool_calls ?? true,
        previous_response_id: input.previous_response_id ?? null, prompt_cache_key: input.prompt_cache_key ?? null,
        reasoning: { effort: input.reasoning?.effort ?? (isReasoningModel(input.model) ? "medium" : null), summary: input.reasoning?.summary ?? null },
        safety_identifier: null, service_tier: "auto", store: input.store ?? true, temperature: input.temperature ?? 1,
        text: { format: input.text?.format ?? { type: "text" }, verbosity: input.text?.verbosity ?? "medium" },
        tool_choice: input.tool_choice ?? "auto", tools: (input.tools ?? []).map(toolOf), top_logprobs: 0, top_p: input.top_p ?? 1,
        truncation: input.truncation ?? "disabled", usage: null, user: input.user ?? null, metadata: input.metadata ?? {},
    };
}

function finished(response, said, output, script) {
    const isCut = said.end === "length" || said.end === "filter";
    const reason = said.end === "length" ? "max_output_tokens" : "content_filter";
    return {
        ...response, status: isCut ? "incomplete" : "completed", completed_at: isCut ? null : nowSeconds(),
        incomplete_details: isCut ? { reason } : null, output, service_tier: "default",
        usage: script.noUsage ? null : script.rawUsage ?? usageOf(said.usage),
    };
}

function* messageEvents(item, output_index) {
    const part = item.content[0];
    const at = { item_id: item.id, output_index, content_index: 0 };
    yield { type: "response.output_item.added", output_index, item: { ...item, status: "in_progress", content: [] } };
    yield { type: "response.content_part.added", ...at, part: { ...part, text: "" } };
    for (const delta of fragments(part.text))
        yield { type: "response.output_text.delta", ...at, delta, logprobs: [], noise: true };
    yield { type: "response.output_text.done", ...at, text: part.text, logprobs: [] };
    yield { type: "response.content_part.done", ...at, part };
    yield { type: "response.output_item.done", output_index, item };
}

function* callEvents(item, output_index) {
    const at = { item_id: item.id, output_index };
    yield { type: "response.output_item.added", output_index, item: { ...item, status: "in_progress", arguments: "" } };
    for (const delta of argumentPieces(item.arguments)) yield { type: "response.function_call_arguments.delta", ...at, delta, noise: true };
    yield { type: "response.function_call_arguments.done", ...at, arguments: item.arguments };
    yield { type: "response.output_item.done", output_index, item };
}

function* reasoningEvents(item, output_index) {
    const at = { item_id: item.id, output_index, summary_index: 0 };
    const [part] = item.summary;
    yield { type: "response.output_item.added", output_index, item: { ...item, summary: [] } };
    yield { type: "response.reasoning_summary_part.added", ...at, part: { ...part, text: "" } };
    for (const delta of fragments(part.text)) yield { type: "response.reasoning_summary_text.delta", ...at, delta, noise: true };
    yield { type: "response.reasoning_summary_text.done", ...at, text: part.text };
    yield { type: "response.reasoning_summary_part.done", ...at, part };
    yield { type: "response.output_item.done", output_index, item };
}

const ITEM_EVENTS = { message: messageEvents, function_call: callEvents, reasoning: reasoningEvents };

function* eventsOf(start, end) {
    yield { type: "response.created", response: start };
    yield { type: "response.in_progress", response: start };
    for (const [index, item] of end.output.entries()) yield* ITEM_EVENTS[item.type](item, index);
    yield { type: `response.${end.status}`, response: end };
}

function framesOf(events, { obfuscates = true, after = -1 } = {}) {
    const numbered = [...events].map(({ noise, ...event }, sequence_number) => ({
        ...event, sequence_number, ...(noise && obfuscates ? { obfuscation: randomBytes(9).toString("base64url") } : {}),
    }));
    return numbered.filter((event) => event.sequence_number > after).map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}

function errorFrame(seen) {
    const { error } = JSON.parse(failure("server_error").body);
    const event = { type: "error", code: "server_error", message: error.message, param: null, sequence_number: seen };
    return `event: error\ndata: ${JSON.stringify(event)}\n\n`;
}

const streamed = (frames) => ({ status: 200, headers: { "content-type": "text/event-stream; charset=utf-8" }, frames, errorFrame });
const plain = (value) => ({ status: 200, headers: {}, body: pretty(value) });

export function answerResponse(provider, record) {
    const input = record.json;
    const { script } = record;
    const refusal = script.lenient ? null : checkResponse(input, provider.stored);
    if (refusal) return refusal;
    if (!hasModel(provider, input.model)) return unknownModel(input.model);
    const before = input.previous_response_id ? provider.stored.get(input.previous_response_id)?.context ?? [] : [];
    const items = [...before, ...itemsOf(input.input)];
    const said = compose(turnOf(input, items), script);
    const output = outputOf(said, input);
    const start = responseOf(input);
    const end = finished(start, said, output, script);
    const events = [...eventsOf(start, end)];
    const isBackground = input.background === true && script.neverDone === true;
    if (input.store !== false)
        provider.stored.set(start.id, { response: isBackground ? { ...start, status: "queued" } : end, input: itemsOf(input.input), context: [...items, ...output], events });
    if (input.stream) return streamed(framesOf(events, { obfuscates: input.stream_options?.include_obfuscation }));
    return plain(input.background ? { ...start, status: "queued" } : end);
}

const idOf = (record) => /\/responses\/([^/]+)/.exec(record.path)[1];

const absent = (id) => failed(404, `Response with id '${id}' not found.`);

export function getResponse(provider, record) {
    const found = provider.stored.get(idOf(record));
    if (!found) return absent(idOf(record));
    if (record.query.stream !== "true") return plain(found.response);
    return streamed(framesOf(found.events, { after: Number(record.query.starting_after ?? -1) }));
}

export function deleteResponse(provider, record) {
    const id = idOf(record);
    return provider.stored.delete(id) ? plain({ id, object: "response", deleted: true }) : absent(id);
}

export function cancelResponse(provider, record) {
    const found = provider.stored.get(idOf(record));
    if (!found) return absent(idOf(record));
    if (!found.response.background) return failed(400, "Cannot cancel a synchronous response.");
    if (found.response.status === "queued") found.response.status = "cancelled";
    return plain(found.response);
}

export function listInputItems(provider, record) {
    const found = provider.stored.get(idOf(record));
    if (!found) return absent(idOf(record));
    const data = found.input.map((item) => ({
        id: item.id ?? newId("msg_", 48), type: item.type ?? "message", ...item, ...(item.role ? { status: "completed" } : {}),
        ...(typeof item.content === "string" ? { content: [{ type: "input_text", text: item.content }] } : {}),
    })).reverse();
    return plain({ object: "list", data, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null, has_more: false });
}
