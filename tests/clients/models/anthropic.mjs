/*
 *  anthropic - the official SDK for Node
 */
import Anthropic from "@anthropic-ai/sdk";
import { CUT_CLEAN_PROMPT, CUT_PROMPT, ERROR_EVENT_PROMPT, ERROR_PROMPT, MAX_TOKENS, PROMPT, SYSTEM, TOOLS, TOOLS_PROMPT, baseUrl, key, model, report, resultOf, sum } from "./cases.mjs";

const client = new Anthropic({ apiKey: key, baseURL: baseUrl, maxRetries: 0, timeout: 30_000 });
const tools = TOOLS.map(({ name, description, parameters }) => ({ name, description, input_schema: parameters }));

async function ask(messages, options) {
    const body = { model, messages, system: SYSTEM, max_tokens: MAX_TOKENS, ...(options.tools ? { tools } : {}) };
    if (!options.stream) return client.messages.create(body);
    const run = client.messages.stream(body);
    let pieces = 0;
    for await (const event of run) pieces += event.delta?.type === "text_delta" ? 1 : 0;
    return Object.assign(await run.finalMessage(), { pieces });
}

const usageOf = ({ input_tokens: input, cache_read_input_tokens: cached, cache_creation_input_tokens: written, output_tokens: output }) =>
    ({ input: input + (cached ?? 0) + (written ?? 0), cached: cached ?? 0, output });

function read(answer) {
    const text = answer.content.filter((block) => block.type === "text").map((block) => block.text).join("");
    const calls = answer.content.filter((block) => block.type === "tool_use");
    return { text, calls, finish: answer.stop_reason, usage: usageOf(answer.usage) };
}

async function single(prompt, options) {
    const answer = await ask([{ role: "user", content: prompt }], options);
    return { ...read(answer), isPieced: options.stream ? answer.pieces > 1 : undefined };
}

async function roundTrip(options) {
    const messages = [{ role: "user", content: TOOLS_PROMPT }];
    const first = await ask(messages, { ...options, tools: true });
    const asked = read(first);
    const results = asked.calls.map((call) => ({ type: "tool_result", tool_use_id: call.id, content: resultOf(call.name) }));
    const last = read(await ask([...messages, { role: "assistant", content: first.content }, { role: "user", content: results }], { ...options, tools: true }));
    return { text: last.text, calls: asked.calls.map((call) => ({ name: call.name, arguments: call.input })), usage: sum([asked.usage, last.usage]), finish: [asked.finish, last.finish] };
}

await report({
    plain: () => single(PROMPT, {}),
    stream: () => single(PROMPT, { stream: true }),
    tools: () => roundTrip({}),
    streamTools: () => roundTrip({ stream: true }),
    error: () => single(ERROR_PROMPT, {}),
    cut: () => single(CUT_PROMPT, { stream: true }),
    cutClean: () => single(CUT_CLEAN_PROMPT, { stream: true }),
    errorEvent: () => single(ERROR_EVENT_PROMPT, { stream: true }),
});
