/*
 *  agents - the OpenAI Agents SDK, over chat completions or over responses
 */
import { Agent, OpenAIProvider, Runner, setTracingDisabled, tool } from "@openai/agents";
import OpenAI from "openai";
import { CUT_CLEAN_PROMPT, CUT_PROMPT, ERROR_EVENT_PROMPT, ERROR_PROMPT, PROMPT, SYSTEM, TOOLS, TOOLS_PROMPT, api, baseUrl, key, model, report } from "./cases.mjs";

setTracingDisabled(true);
const openAIClient = new OpenAI({ apiKey: key, baseURL: `${baseUrl}/v1`, maxRetries: 0, timeout: 30_000 });
const runner = new Runner({ modelProvider: new OpenAIProvider({ openAIClient, useResponses: api === "responses" }), tracingDisabled: true });

const tools = TOOLS.map(({ name, description, parameters, result }) => tool({ name, description, parameters, strict: true, execute: () => result }));
const agentWith = (some) => new Agent({ name: "tester", instructions: SYSTEM, model, tools: some, modelSettings: { store: false } });

const detail = (details, name) => [].concat(details ?? []).reduce((total, one) => total + (one[name] ?? 0), 0);

function read(result, pieces) {
    const calls = result.newItems.filter((item) => item.type === "tool_call_item").map(({ rawItem }) => ({ name: rawItem.name, arguments: JSON.parse(rawItem.arguments) }));
    const usage = result.rawResponses.map((response) => response.usage).reduce((total, one) => ({
        input: total.input + one.inputTokens, cached: total.cached + detail(one.inputTokensDetails, "cached_tokens"), output: total.output + one.outputTokens,
    }), { input: 0, cached: 0, output: 0 });
    return { text: result.finalOutput, calls, usage, isPieced: pieces === undefined ? undefined : pieces > 1 };
}

const plain = async (prompt, some = []) => read(await runner.run(agentWith(some), prompt));

async function streamed(prompt, some = []) {
    const result = await runner.run(agentWith(some), prompt, { stream: true });
    let pieces = 0;
    for await (const event of result)
        if (event.type === "raw_model_stream_event" && event.data.type === "output_text_delta") pieces++;
    await result.completed;
    if (result.error) throw result.error;
    return read(result, pieces);
}

await report({
    plain: () => plain(PROMPT),
    stream: () => streamed(PROMPT),
    tools: () => plain(TOOLS_PROMPT, tools),
    streamTools: () => streamed(TOOLS_PROMPT, tools),
    error: () => plain(ERROR_PROMPT),
    cut: () => streamed(CUT_PROMPT),
    cutClean: () => streamed(CUT_CLEAN_PROMPT),
    errorEvent: () => streamed(ERROR_EVENT_PROMPT),
});
