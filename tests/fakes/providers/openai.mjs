/*
 *  openai - the OpenAI API: its routes, its keys, its headers, its errors
 */
import { createHash, randomBytes } from "node:crypto";
import { answerChat } from "./openai_chat.mjs";
import { cancelResponse, answerResponse, deleteResponse, getResponse, listInputItems } from "./openai_responses.mjs";
import { countTokens, compose } from "./script.mjs";
import { checkCompletion, checkEmbeddings } from "./openai_checks.mjs";

export const name = "openai";
export const bodyBytesMax = 32 << 20;

export const newId = (prefix, length = 32) => prefix + randomBytes(length).toString("hex").slice(0, length);
export const nowSeconds = () => Math.floor(Date.now() / 1000);
export const pretty = (value, indent = 2) => `${JSON.stringify(value, null, indent)}\n`;

/* gpt-5-nano -> gpt-5-nano-2025-08-07: answers name the dated model. */
export const datedModel = (model) => (/\d{4}-\d{2}-\d{2}$/.test(model) || !/^(gpt|o\d)/.test(model) ? model : `${model}-2025-08-07`);

export const isReasoningModel = (model) => /^(gpt-5|o\d)/.test(model) && !model.includes("chat");

export function keyOf(headers) {
    const found = /^Bearer\s+(.+)$/i.exec(headers.authorization ?? "");
    return found ? found[1] : headers["api-key"] ?? null;
}

/* Durations as the rate-limit headers write them: 120ms, 8.64s, 6m0s. */
function duration(ms) {
    if (ms < 1000) return `${ms}ms`;
    if (ms < 60_000) return `${ms / 1000}s`;
    return `${Math.floor(ms / 60_000)}m${(ms % 60_000) / 1000}s`;
}

export function headers(record) {
    const limits = record.script.limits ?? {};
    return {
        "content-type": "application/json",
        "access-control-expose-headers": "X-Request-ID",
        "openai-organization": "simulated-org",
        "openai-processing-ms": String(Date.now() - record.arrivedAt),
        "openai-project": "proj_simulated",
        "openai-version": "2020-10-01",
        "x-envoy-upstream-service-time": String(Date.now() - record.arrivedAt + 2),
        "x-ratelimit-limit-requests": String(limits.requests ?? 10_000),
        "x-ratelimit-limit-tokens": String(limits.tokens ?? 200_000),
        "x-ratelimit-remaining-requests": String(limits.remainingRequests ?? 9_999),
        "x-ratelimit-remaining-tokens": String(limits.remainingTokens ?? 199_971),
        "x-ratelimit-reset-requests": duration(limits.resetRequestsMs ?? 8_640),
        "x-ratelimit-reset-tokens": duration(limits.resetTokensMs ?? 120),
        "x-request-id": newId("req_"),
        "cf-cache-status": "DYNAMIC",
        "x-content-type-options": "nosniff",
        "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
        server: "cloudflare",
        "cf-ray": `${createHash("sha1").update(String(record.number)).digest("hex").slice(0, 16)}-FRA`,
        "alt-svc": 'h3=":443"; ma=86400',
    };
}

/* status, type, code, message of each named failure. */
const FAILURES = {
    bad_request: [400, "invalid_request_error", null, "Invalid value for 'messages'."],
    context_length: [400, "invalid_request_error", "context_length_exceeded", "This model's maximum context length is 400000 tokens. However, your messages resulted in 412345 tokens. Please reduce the length of the messages.", "messages"],
    credit_low: [429, "insufficient_quota", "credit_balance_exhausted", "Your credit balance is exhausted. Please add credits to continue."],
    auth: [401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided: sk-simul*************0000. You can find your API key at https://platform.openai.com/account/api-keys."],
    billing: [402, "insufficient_quota", "billing_not_active", "Your account is not active, please check your billing details on our website."],
    permission: [403, "invalid_request_error", "unsupported_country_region_territory", "Country, region, or territory not supported"],
    not_found: [404, "invalid_request_error", "model_not_found", "The model `gpt-none` does not exist or you do not have access to it."],
    request_timeout: [408, "invalid_request_error", null, "Request timed out."],
    conflict: [409, "invalid_request_error", null, "The resource was updated by another process, please try again."],
    too_large: [413, "invalid_request_error", null, "Request body too large."],
    unprocessable: [422, "invalid_request_error", null, "Unable to process the request despite its format being correct."],
    rate_limit: [429, "requests", "rate_limit_exceeded", "Rate limit reached for gpt-5-nano in organization org-simulated on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 20s. Visit https://platform.openai.com/account/rate-limits to learn more."],
    insufficient_quota: [429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors."],
    slow_down: [429, "rate_limit_error", "slow_down", "Too many requests, please slow down."],
    server_error: [500, "server_error", null, "The server had an error while processing your request. Sorry about that!"],
    unavailable: [503, "server_error", null, "The engine is currently overloaded, please try again later."],
    gateway_timeout: [504, "server_error", null, "Request timed out."],
    overloaded: [529, "server_error", null, "The server is currently overloaded with other requests. Sorry about that!"],
};
for (const alias of ["rate_limit_seconds", "rate_limit_ms", "rate_limit_date"]) FAILURES[alias] = FAILURES.rate_limit;
FAILURES.unavailable_seconds = FAILURES.unavailable;

export function failed(status, message, { type = "invalid_request_error", param = null, code = null } = {}) {
    return { status, headers: {}, body: pretty({ error: { message, type, param, code } }) };
}

export function failure(which, _record) {
    const [status, type, code, message, param = null] = FAILURES[which];
    return { status, headers: {}, body: pretty({ error: { message, type, param, code } }, status === 401 ? 4 : 2) };
}

export const unknownField = (field) => failed(400, `Unrecognized request argument supplied: ${field}`);

const masked = (key) => (key.length > 12 ? `${key.slice(0, 8)}${"*".repeat(key.length - 12)}${key.slice(-4)}` : "*".repeat(key.length));

export function authorise(provider, record) {
    if (!record.key && !provider.isOpen) return failed(401, "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the API from your browser and are prompted for a username and password. You can obtain an API key from https://platform.openai.com/account/api-keys.");
    if (provider.keys && !provider.keys.includes(record.key))
        return failed(401, `Incorrect API key provided: ${masked(record.key)}. You can find your API key at https://platform.openai.com/account/api-keys.`, { code: "invalid_api_key" });
    return null;
}

const MODELS = ["gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-4.1", "gpt-4o-mini", "gpt-3.5-turbo-instruct", "text-embedding-3-small", "text-embedding-3-large"];

const modelCard = (id) => ({ id, object: "model", created: 1754425777, owned_by: "system" });

const listModels = (provider) =>
    ({ status: 200, headers: {}, body: pretty({ object: "list", data: (provider.models ?? MODELS).map(modelCard) }) });

export const unknownModel = (model) =>
    failed(404, `The model \`${model}\` does not exist or you do not have access to it.`, { code: "model_not_found" });

export const hasModel = (provider, model) => (provider.models ? provider.models.includes(model) : !/^(claude|no-such)/.test(model));

function getModel(provider, record) {
    const id = decodeURIComponent(record.path.split("/").pop());
    return hasModel(provider, id) ? { status: 200, headers: {}, body: pretty(modelCard(id)) } : unknownModel(id);
}

/* A unit vector that follows from the text alone. */
function vectorOf(text, dimensions) {
    const seed = createHash("sha256").update(String(text)).digest();
    const raw = Array.from({ length: dimensions }, (_, i) => (seed[i % 32] - 127.5) * (1 + (i % 7)));
    const norm = Math.hypot(...raw);
    return raw.map((value) => Math.fround(value / norm));
}

function answerEmbeddings(provider, record) {
    const input = record.json;
    const refusal = checkEmbeddings(input);
    if (refusal) return refusal;
    if (!hasModel(provider, input.model)) return unknownModel(input.model);
    const texts = Array.isArray(input.input) && typeof input.input[0] !== "number" ? input.input : [input.input];
    const size = input.dimensions ?? (input.model.includes("large") ? 3072 : 1536);
    const coded = (vector) => (input.encoding_format === "base64" ? Buffer.from(new Float32Array(vector).buffer).toString("base64") : vector);
    const tokens = record.script.usage?.input ?? texts.reduce((sum, text) => sum + countTokens(String(text)), 0);
    return { status: 200, headers: { "openai-model": input.model }, body: pretty({
        object: "list",
        data: texts.map((text, index) => ({ object: "embedding", index, embedding: coded(vectorOf(text, size)) })),
        model: input.model, usage: { prompt_tokens: tokens, total_tokens: tokens },
    }) };
}

function answerCompletion(provider, record) {
    const input = record.json;
    const refusal = checkCompletion(input);
    if (refusal) return refusal;
    if (!hasModel(provider, input.model)) return unknownModel(input.model);
    const prompt = [].concat(input.prompt).join("\n");
    const said = compose({ prompt, promptText: prompt, tools: [], results: [], maxTokens: input.max_tokens, stops: [].concat(input.stop ?? []) }, record.script);
    const head = { id: newId("cmpl-", 28), object: "text_completion", created: nowSeconds(), model: input.model };
    const choice = (text, finish_reason) => ({ text, index: 0, logprobs: null, finish_reason });
    const finish = said.end === "length" ? "length" : "stop";
    const usage = { prompt_tokens: said.usage.input, completion_tokens: said.usage.output, total_tokens: said.usage.input + said.usage.output };
    if (!input.stream) return { status: 200, headers: {}, body: pretty({ ...head, choices: [choice(said.text, finish)], usage }) };
    const nulls = input.stream_options?.include_usage ? { usage: null } : {};
    const frame = (value) => `data: ${JSON.stringify(value)}\n\n`;
    const frames = (said.text.match(/\S+\s*/g) ?? []).map((piece) => frame({ ...head, choices: [choice(piece, null)], ...nulls }));
    frames.push(frame({ ...head, choices: [choice("", finish)], ...nulls }));
    if (input.stream_options?.include_usage) frames.push(frame({ ...head, choices: [], usage }));
    frames.push("data: [DONE]\n\n");
    return { status: 200, headers: { "content-type": "text/event-stream" }, frames, errorFrame: () => frame(streamError(record)) };
}

/* The error that ends a stream of chat completions. */
export const streamError = () => JSON.parse(failure("server_error").body);

const ROUTES = [
    ["POST", /^(\/v1)?\/chat\/completions$/, answerChat],
    ["POST", /^(\/v1)?\/responses$/, answerResponse],
    ["GET", /^(\/v1)?\/responses\/([^/]+)$/, getResponse],
    ["DELETE", /^(\/v1)?\/responses\/([^/]+)$/, deleteResponse],
    ["POST", /^(\/v1)?\/responses\/([^/]+)\/cancel$/, cancelResponse],
    ["GET", /^(\/v1)?\/responses\/([^/]+)\/input_items$/, listInputItems],
    ["POST", /^(\/v1)?\/embeddings$/, answerEmbeddings],
    ["POST", /^(\/v1)?\/completions$/, answerCompletion],
    ["GET", /^(\/v1)?\/models$/, listModels],
    ["GET", /^(\/v1)?\/models\/([^/]+)$/, getModel],
];

const noRoute = (_provider, record) => failed(404, `Invalid URL (${record.method} ${record.path})`);

const BAD_JSON = "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble figuring out how to fix this, please contact us through our help center at help.openai.com.)";

export function route(_provider, record) {
    const row = ROUTES.find(([method, path]) => method === record.method && path.test(record.path));
    if (!row) return noRoute;
    const takesBody = record.method === "POST" && !record.path.endsWith("/cancel");
    const isObject = record.json !== null && typeof record.json === "object" && !Array.isArray(record.json);
    return takesBody && !isObject ? () => failed(400, BAD_JSON) : row[2];
}
