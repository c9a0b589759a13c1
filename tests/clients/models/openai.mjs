/*
 *  openai - the official SDK for Node: chat completions, or responses when MODELS_API says so
 */
import OpenAI from "openai";
import { CUT_CLEAN_PROMPT, CUT_PROMPT, ERROR_EVENT_PROMPT, ERROR_PROMPT, MAX_TOKENS, PROMPT, SYSTEM, TOOLS, TOOLS_PROMPT, api, baseUrl, key, model, report, resultOf, sum } from "./cases.mjs";

const client = new OpenAI({ apiKey: key, baseURL: `${baseUrl}/v1`, maxRetries: 0, timeout: 30_000 });

const chat = {
    tools: TOOLS.map(({ name, description, parameters }) => ({ type: "function", function: { name, description, parameters } })),

    start: (prompt) => [{ role: "system", content: SYSTEM }, { role: "user", content: prompt }],

    usage: (usage) => ({ input: usage.prompt_tokens, cached: usage.prompt_tokens_details.cached_tokens, output: usage.completion_tokens }),

    async ask(messages, { stream, tools }) {
        const body = { model, messages, max_completion_tokens: MAX_TOKENS, ...(tools ? { tools: chat.tools } : {}) };
        if (!stream) return client.chat.completions.create(body);
        const run = client.chat.completions.stream({ ...body, stream_options: { include_usage: true } });
        let pieces = 0;
        for await (const chunk of run) pieces += chunk.choices[0]?.delta?.content ? 1 : 0;
        return Object.assign(await run.finalChatCompletion(), { pieces });
    },

    read(answer) {
        const { message, finish_reason: finish } = answer.choices[0];
        const calls = (message.tool_calls ?? []).map((call) => ({ id: call.id, name: call.function.name, arguments: JSON.parse(call.function.arguments) }));
        return { text: message.content ?? "", calls, finish, usage: chat.usage(answer.usage) };
    },

    next: (messages, answer, calls) => [...messages, answer.choices[0].message,
        ...calls.map(({ id, name }) => ({ role: "tool", tool_call_id: id, content: resultOf(name) }))],
};

const responses = {
    tools: TOOLS.map(({ name, description, parameters }) => ({ type: "function", name, description, parameters, strict: true })),

    start: (prompt) => [{ role: "user", content: prompt }],

    async ask(input, { stream, tools }) {
        const body = { model, input, instructions: SYSTEM, store: false, max_output_tokens: MAX_TOKENS, ...(tools ? { tools: responses.tools } : {}) };
        if (!stream) return client.responses.create(body);
        const run = client.responses.stream(body);
        let pieces = 0;
        for await (const event of run) pieces += event.type === "response.output_text.delta" ? 1 : 0;
        return Object.assign(await run.finalResponse(), { pieces });
    },

    read(answer) {
        const calls = answer.output.filter((item) => item.type === "function_call")
            .map((item) => ({ id: item.call_id, name: item.name, arguments: JSON.parse(item.arguments) }));
        const { input_tokens: input, output_tokens: output, input_tokens_details: details } = answer.usage;
        return { text: answer.output_text, calls, finish: answer.status, usage: { input, cached: details.cached_tokens, output } };
    },

    next: (input, answer, calls) => [...input, ...answer.output.map(({ parsed: _parsed, parsed_arguments: _arguments, ...item }) => item),
        ...calls.map(({ id, name }) => ({ type: "function_call_output", call_id: id, output: resultOf(name) }))],
};

const dialect = { chat, responses }[api];

async function single(prompt, options) {
    const answer = await dialect.ask(dialect.start(prompt), options);
    const { text, calls, usage, finish } = dialect.read(answer);
    return { text, calls, usage, finish, isPieced: options.stream ? answer.pieces > 1 : undefined };
}

async function roundTrip(options) {
    const messages = dialect.start(TOOLS_PROMPT);
    const first = await dialect.ask(messages, { ...options, tools: true });
    const asked = dialect.read(first);
    const last = dialect.read(await dialect.ask(dialect.next(messages, first, asked.calls), { ...options, tools: true }));
    return { text: last.text, calls: asked.calls.map(({ name, arguments: args }) => ({ name, arguments: args })), usage: sum([asked.usage, last.usage]), finish: [asked.finish, last.finish] };
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
