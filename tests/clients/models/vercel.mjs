/*
 *  vercel - the AI SDK with its OpenAI provider (chat or responses) or its Anthropic one
 */
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";
import { CUT_CLEAN_PROMPT, CUT_PROMPT, ERROR_EVENT_PROMPT, ERROR_PROMPT, MAX_TOKENS, PROMPT, SYSTEM, TOOLS, TOOLS_PROMPT, api, baseUrl, key, model, report } from "./cases.mjs";

const settings = { apiKey: key, baseURL: `${baseUrl}/v1` };
const language = {
    chat: () => createOpenAI(settings).chat(model),
    responses: () => createOpenAI(settings).responses(model),
    messages: () => createAnthropic(settings)(model),
}[api]();

const tools = Object.fromEntries(TOOLS.map(({ name, description, parameters, result }) =>
    [name, tool({ description, inputSchema: jsonSchema(parameters), execute: () => result })]));

const common = { model: language, instructions: SYSTEM, maxOutputTokens: MAX_TOKENS, maxRetries: 0 };

const usageOf = (usage) => ({ input: usage.inputTokens, cached: usage.inputTokenDetails?.cacheReadTokens ?? usage.cachedInputTokens ?? 0, output: usage.outputTokens });

async function read(result, pieces) {
    const steps = await result.steps;
    const calls = steps.flatMap((step) => step.toolCalls).map((call) => ({ name: call.toolName, arguments: call.input }));
    const usage = steps.map((step) => usageOf(step.usage)).reduce((a, b) => ({ input: a.input + b.input, cached: a.cached + b.cached, output: a.output + b.output }));
    return { text: await result.text, calls, usage, finish: await result.finishReason, isPieced: pieces === undefined ? undefined : pieces > 1 };
}

const plain = async (prompt, options) => read(await generateText({ ...common, prompt, ...options }));

async function streamed(prompt, options) {
    const result = streamText({ ...common, prompt, onError: () => {}, ...options });
    let pieces = 0;
    for await (const part of result.fullStream ?? result.stream) {
        if (part.type === "error") throw part.error;
        if (part.type === "text-delta") pieces++;
    }
    return read(result, pieces);
}

const loop = { tools, stopWhen: stepCountIs(3) };

await report({
    plain: () => plain(PROMPT),
    stream: () => streamed(PROMPT),
    tools: () => plain(TOOLS_PROMPT, loop),
    streamTools: () => streamed(TOOLS_PROMPT, loop),
    error: () => plain(ERROR_PROMPT),
    cut: () => streamed(CUT_PROMPT),
    cutClean: () => streamed(CUT_CLEAN_PROMPT),
    errorEvent: () => streamed(ERROR_EVENT_PROMPT),
});
