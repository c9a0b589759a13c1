/*
 *  langchain - LangChain's chat models: OpenAI (completions or responses), Anthropic
 */
import { ChatAnthropic } from "@langchain/anthropic";
import { HumanMessage, SystemMessage, ToolMessage } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import { CUT_CLEAN_PROMPT, CUT_PROMPT, ERROR_EVENT_PROMPT, ERROR_PROMPT, MAX_TOKENS, PROMPT, SYSTEM, TOOLS, TOOLS_PROMPT, api, baseUrl, key, model, report, resultOf, sum } from "./cases.mjs";

const openai = (useResponsesApi) => new ChatOpenAI({
    model, apiKey: key, maxRetries: 0, maxTokens: MAX_TOKENS, useResponsesApi, configuration: { baseURL: `${baseUrl}/v1` },
});
const chat = {
    chat: () => openai(false),
    responses: () => openai(true),
    messages: () => new ChatAnthropic({ model, apiKey: key, anthropicApiUrl: baseUrl, maxRetries: 0, maxTokens: MAX_TOKENS }),
}[api]();
const withTools = chat.bindTools(TOOLS.map(({ name, description, parameters }) => ({ type: "function", function: { name, description, parameters } })));

const usageOf = (message) => {
    const { input_tokens: input, output_tokens: output, input_token_details: details } = message.usage_metadata;
    return { input, cached: details?.cache_read ?? 0, output };
};

async function ask(runnable, messages, isStreamed) {
    if (!isStreamed) return [await runnable.invoke(messages), 1];
    let whole = null, pieces = 0;
    for await (const chunk of await runnable.stream(messages)) {
        whole = whole ? whole.concat(chunk) : chunk;
        if (chunk.text) pieces++;
    }
    return [whole, pieces];
}

async function single(prompt, isStreamed) {
    const [answer, pieces] = await ask(chat, [new SystemMessage(SYSTEM), new HumanMessage(prompt)], isStreamed);
    return { text: answer.text, calls: [], usage: usageOf(answer), isPieced: isStreamed ? pieces > 1 : undefined };
}

async function roundTrip(isStreamed) {
    const messages = [new SystemMessage(SYSTEM), new HumanMessage(TOOLS_PROMPT)];
    const [first] = await ask(withTools, messages, isStreamed);
    const results = first.tool_calls.map((call) => new ToolMessage({ tool_call_id: call.id, content: resultOf(call.name) }));
    const [last] = await ask(withTools, [...messages, first, ...results], isStreamed);
    return { text: last.text, calls: first.tool_calls.map((call) => ({ name: call.name, arguments: call.args })), usage: sum([usageOf(first), usageOf(last)]) };
}

await report({
    plain: () => single(PROMPT, false),
    stream: () => single(PROMPT, true),
    tools: () => roundTrip(false),
    streamTools: () => roundTrip(true),
    error: () => single(ERROR_PROMPT, false),
    cut: () => single(CUT_PROMPT, true),
    cutClean: () => single(CUT_CLEAN_PROMPT, true),
    errorEvent: () => single(ERROR_EVENT_PROMPT, true),
});
