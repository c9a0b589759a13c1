/*
 *  fake_models - the OpenAI and the Anthropic API on loopback, for programs that need a model
 *
 *  Answers by a fixed script: a conversation that offers tools and has no result of one yet gets
 *  a call of the first tool (a helper agent before anything else), every other one gets a
 *  sentence. Usage is fixed, with cached and reasoning tokens, so that sums can be checked.
 */
import http from "node:http";

const ANSWER = "The parser rejects truncated input; no finding above low severity.";
const HELPER_PROMPT = "Count the suites and report.";
const OPENAI_USAGE = {
    prompt_tokens: 1200, completion_tokens: 96, total_tokens: 1296,
    prompt_tokens_details: { cached_tokens: 800, audio_tokens: 0 },
    completion_tokens_details: {
        reasoning_tokens: 32, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0,
    },
};
const ANTHROPIC_USAGE = { input_tokens: 40, cache_creation_input_tokens: 300, cache_read_input_tokens: 2000 };
const CREATED = 1780272000;

/* The tool to call and its arguments, or null when it is time to answer. */
function nextCall(tools, hasResult, isHelper) {
    if (hasResult || tools.length === 0) return null;
    const named = (...names) => tools.find((name) => names.includes(name));
    const helper = named("Agent", "Task");
    if (helper && !isHelper)
        return [helper, { description: "Check the parser", prompt: HELPER_PROMPT, subagent_type: "general-purpose", run_in_background: false }];
    if (named("Bash")) return ["Bash", { command: "echo 4 suites passed", description: "Count suites" }];
    return [tools[0], { path: "README.md" }];
}

function openaiChoice(input) {
    const hasResult = input.messages.some((message) => message.role === "tool");
    const call = nextCall((input.tools ?? []).map((tool) => tool.function.name), hasResult);
    if (!call) return { message: { role: "assistant", content: ANSWER, refusal: null }, finish_reason: "stop" };
    const toolCall = { id: "call_0001", type: "function", function: { name: call[0], arguments: JSON.stringify(call[1]) } };
    return { message: { role: "assistant", content: null, refusal: null, tool_calls: [toolCall] }, finish_reason: "tool_calls" };
}

const openaiHead = (input, object) => ({
    id: "chatcmpl-0001", object, created: CREATED, model: `${input.model}-2026-05-01`,
    service_tier: "default", system_fingerprint: "fp_0001",
});

function* openaiChunks(input) {
    const head = openaiHead(input, "chat.completion.chunk");
    const { message, finish_reason } = openaiChoice(input);
    const chunk = (delta, reason) => ({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }], usage: null });
    yield chunk({ role: "assistant", content: "", refusal: null }, null);
    if (message.tool_calls) yield chunk({ tool_calls: [{ index: 0, ...message.tool_calls[0] }] }, null);
    else for (const word of ANSWER.split(/(?<= )/)) yield chunk({ content: word }, null);
    yield chunk({}, finish_reason);
    if (input.stream_options?.include_usage) yield { ...head, choices: [], usage: OPENAI_USAGE };
}

function answerChat(input, response) {
    response.setHeader("x-request-id", "req_0001");
    if (!input.stream) {
        const choice = { index: 0, ...openaiChoice(input), logprobs: null };
        return sendJson(response, 200, { ...openaiHead(input, "chat.completion"), choices: [choice], usage: OPENAI_USAGE });
    }
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    for (const chunk of openaiChunks(input)) response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    response.end("data: [DONE]\n\n");
}

function answerEmbeddings(input, response) {
    const texts = [].concat(input.input);
    const vector = [0.5, -0.25, 0.125, 1];
    const coded = Buffer.from(new Float32Array(vector).buffer).toString("base64");
    const embedding = input.encoding_format === "base64" ? coded : vector;
    sendJson(response, 200, {
        object: "list", model: input.model, usage: { prompt_tokens: 12 * texts.length, total_tokens: 12 * texts.length },
        data: texts.map((_, index) => ({ object: "embedding", index, embedding })),
    });
}

function anthropicBlock(input) {
    const parts = input.messages.flatMap((message) => (Array.isArray(message.content) ? message.content : []));
    const hasResult = parts.some((part) => part.type === "tool_result");
    const isHelper = JSON.stringify(input.messages[0]).includes(HELPER_PROMPT);
    const call = nextCall((input.tools ?? []).map((tool) => tool.name), hasResult, isHelper);
    if (!call) return [{ type: "text", text: ANSWER }, "end_turn"];
    return [{ type: "tool_use", id: "toolu_0001", name: call[0], input: call[1] }, "tool_use"];
}

function* anthropicEvents(input) {
    const [block, stop_reason] = anthropicBlock(input);
    const isText = block.type === "text";
    const message = { id: "msg_0001", type: "message", role: "assistant", model: input.model, content: [], stop_reason: null, stop_sequence: null };
    yield { type: "message_start", message: { ...message, usage: { ...ANTHROPIC_USAGE, output_tokens: 1 } } };
    yield { type: "content_block_start", index: 0, content_block: isText ? { type: "text", text: "" } : { ...block, input: {} } };
    const delta = isText ? { type: "text_delta", text: block.text } : { type: "input_json_delta", partial_json: JSON.stringify(block.input) };
    yield { type: "content_block_delta", index: 0, delta };
    yield { type: "content_block_stop", index: 0 };
    yield { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage: { ...ANTHROPIC_USAGE, output_tokens: 64 } };
    yield { type: "message_stop" };
}

function answerMessages(input, response) {
    response.setHeader("request-id", "req_0001");
    if (!input.stream) {
        const [block, stop_reason] = anthropicBlock(input);
        return sendJson(response, 200, {
            id: "msg_0001", type: "message", role: "assistant", model: input.model, content: [block],
            stop_reason, stop_sequence: null, usage: { ...ANTHROPIC_USAGE, output_tokens: 64 },
        });
    }
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    for (const event of anthropicEvents(input)) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    response.end();
}

function sendJson(response, status, value) {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(value));
}

const ROUTES = {
    "/v1/chat/completions": answerChat,
    "/v1/embeddings": answerEmbeddings,
    "/v1/messages": answerMessages,
    "/v1/messages/count_tokens": (input, response) => sendJson(response, 200, { input_tokens: 2340 }),
};

function answer(request, response, body) {
    const route = ROUTES[request.url.split("?")[0]];
    if (route && request.method === "POST") return route(JSON.parse(body), response);
    sendJson(response, 404, { error: { message: `no route ${request.url}`, type: "invalid_request_error", param: null, code: null } });
}

/* Listens on a free port of loopback; resolves with its url and a function that stops it. */
export async function startFakeModels() {
    const server = http.createServer((request, response) => {
        const chunks = [];
        request.on("data", (chunk) => chunks.push(chunk));
        request.on("end", () => answer(request, response, Buffer.concat(chunks)));
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { url: `http://127.0.0.1:${server.address().port}`, stop: () => new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
    }) };
}
