/*
 *  anthropic - the Anthropic API: its routes, its keys, its headers, its errors
 */
import { createHash, randomBytes } from "node:crypto";
import { answerCount, answerMessage } from "./anthropic_messages.mjs";

export const name = "anthropic";
export const bodyBytesMax = 32 << 20;

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

export const newId = (prefix, length = 24) => prefix + [...randomBytes(length)].map((byte) => ALPHABET[byte % ALPHABET.length]).join("");

export function keyOf(headers) {
    if (headers["x-api-key"]) return headers["x-api-key"];
    return /^Bearer\s+(.+)$/i.exec(headers.authorization ?? "")?.[1] ?? null;
}

/* Resets as this API writes them: 2026-01-31T12:00:07Z */
const at = (ms) => new Date(Date.now() + ms).toISOString().replace(/\.\d+Z$/, "Z");

export function headers(record) {
    const limits = record.script.limits ?? {};
    const rates = {};
    const rate = (kind, limit, remaining, resetMs) => Object.assign(rates, {
        [`anthropic-ratelimit-${kind}-limit`]: String(limit),
        [`anthropic-ratelimit-${kind}-remaining`]: String(remaining),
        [`anthropic-ratelimit-${kind}-reset`]: at(resetMs),
    });
    rate("requests", limits.requests ?? 4000, limits.remainingRequests ?? 3999, limits.resetRequestsMs ?? 1000);
    rate("input-tokens", limits.inputTokens ?? 400_000, limits.remainingInputTokens ?? 399_000, limits.resetTokensMs ?? 2000);
    rate("output-tokens", limits.outputTokens ?? 80_000, limits.remainingOutputTokens ?? 80_000, limits.resetTokensMs ?? 2000);
    rate("tokens", limits.tokens ?? 480_000, limits.remainingTokens ?? 479_000, limits.resetTokensMs ?? 2000);
    record.requestId = newId("req_011C", 20);
    return {
        "content-type": "application/json", ...rates, "request-id": record.requestId,
        "anthropic-organization-id": "00000000-0000-4000-8000-000000000000",
        "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
        via: "1.1 google", "cf-cache-status": "DYNAMIC", "x-robots-tag": "none", server: "cloudflare",
        "cf-ray": `${createHash("sha1").update(String(record.number)).digest("hex").slice(0, 16)}-FRA`,
    };
}

const FAILURES = {
    bad_request: [400, "invalid_request_error", "messages: Input should be a valid list"],
    context_length: [400, "invalid_request_error", "prompt is too long: 212345 tokens > 200000 maximum"],
    credit_low: [400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits."],
    auth: [401, "authentication_error", "invalid x-api-key"],
    billing: [402, "billing_error", "There's an issue with your billing or payment information. Please check your payment details in the Console."],
    permission: [403, "permission_error", "Your API key does not have permission to use the specified resource."],
    not_found: [404, "not_found_error", "model: claude-none"],
    request_timeout: [408, "timeout_error", "Request timed out"],
    conflict: [409, "invalid_request_error", "The request conflicts with the current state of the resource."],
    too_large: [413, "request_too_large", "Request exceeds the maximum size"],
    unprocessable: [422, "invalid_request_error", "Unprocessable request"],
    rate_limit: [429, "rate_limit_error", "This request would exceed your organization's rate limit of 50 requests per minute. For details, refer to: https://docs.claude.com/en/api/rate-limits."],
    insufficient_quota: [429, "rate_limit_error", "You have reached your specified API usage limits. You will regain access on 2026-02-01 at 00:00 UTC.", { error_code: "enforced_spend_limit_reached" }],
    slow_down: [429, "rate_limit_error", "Number of concurrent connections has exceeded your rate limit. Please try again later or contact sales to increase your limit."],
    server_error: [500, "api_error", "Internal server error"],
    unavailable: [503, "api_error", "Service temporarily unavailable"],
    gateway_timeout: [504, "timeout_error", "Request timed out. Consider using streaming for long-running requests."],
    overloaded: [529, "overloaded_error", "Overloaded"],
};
for (const alias of ["rate_limit_seconds", "rate_limit_ms", "rate_limit_date"]) FAILURES[alias] = FAILURES.rate_limit;
FAILURES.unavailable_seconds = FAILURES.unavailable;

const bodyOf = (type, message, details, requestId) =>
    JSON.stringify({ type: "error", error: { type, message, ...(details ? { details } : {}) }, request_id: requestId });

/* The id in the body is the one of the header: headers are made from what failed returns. */
export function failed(status, type, message, details = null) {
    const requestId = newId("req_011C", 20);
    return { status, headers: { "request-id": requestId }, body: bodyOf(type, message, details, requestId) };
}

export function failure(which) {
    const [status, type, message, details] = FAILURES[which];
    const answer = failed(status, type, message, details);
    if (status === 529 || status === 500) answer.headers["x-should-retry"] = "true";
    return answer;
}

export const errorEvent = () =>
    `event: error\ndata: ${JSON.stringify({ type: "error", error: { details: null, type: "overloaded_error", message: "Overloaded" }, request_id: newId("req_011C", 20) })}\n\n`;

export const unknownField = (field) => failed(400, "invalid_request_error", `${field}: Extra inputs are not permitted`);

export function authorise(provider, record) {
    if (!record.key && !provider.isOpen) return failed(401, "authentication_error", "x-api-key header is required");
    if (provider.keys && !provider.keys.includes(record.key)) return failed(401, "authentication_error", "invalid x-api-key");
    const version = record.headers["anthropic-version"];
    if (!version) return failed(400, "invalid_request_error", "anthropic-version: header is required");
    if (!VERSIONS.includes(version))
        return failed(400, "invalid_request_error", `anthropic-version: "${version}" is not a valid version. Please consult our documentation at https://docs.claude.com/en/api/versioning for details.`);
    return null;
}

/* The newest one is what the SDKs send since October 2026; it knows no sampling parameters. */
const VERSIONS = ["2023-01-01", "2023-06-01", "2026-10-21"];

const MODELS = ["claude-opus-4-8", "claude-sonnet-4-6", "claude-haiku-4-5"];

export const hasModel = (provider, model) => (provider.models ? provider.models.includes(model) : model.startsWith("claude-"));
export const unknownModel = (model) => failed(404, "not_found_error", `model: ${model}`);

const modelCard = (id) => ({
    type: "model", id, display_name: id.replaceAll("-", " ").replace(/\b\w/g, (letter) => letter.toUpperCase()), created_at: "2026-02-04T00:00:00Z",
});

function listModels(provider, record) {
    const ids = provider.models ?? MODELS;
    const start = record.query.after_id ? ids.indexOf(record.query.after_id) + 1 : 0;
    const page = ids.slice(start, start + Number(record.query.limit ?? 20));
    return { status: 200, headers: {}, body: JSON.stringify({
        data: page.map(modelCard), has_more: start + page.length < ids.length, first_id: page[0] ?? null, last_id: page.at(-1) ?? null,
    }) };
}

function getModel(provider, record) {
    const id = decodeURIComponent(record.path.split("/").pop());
    return hasModel(provider, id) ? { status: 200, headers: {}, body: JSON.stringify(modelCard(id)) } : unknownModel(id);
}

const ROUTES = [
    ["POST", /^\/v1\/messages$/, answerMessage],
    ["POST", /^\/v1\/messages\/count_tokens$/, answerCount],
    ["GET", /^\/v1\/models$/, listModels],
    ["GET", /^\/v1\/models\/([^/]+)$/, getModel],
];

export function route(_provider, record) {
    const row = ROUTES.find(([method, path]) => method === record.method && path.test(record.path));
    if (!row) return () => failed(404, "not_found_error", "Not Found");
    if (record.method !== "POST") return row[2];
    if (record.json === undefined)
        return () => failed(400, "invalid_request_error", "The request body is not valid JSON: expected value at line 1 column 1");
    if (record.json === null || typeof record.json !== "object" || Array.isArray(record.json))
        return () => failed(400, "invalid_request_error", "Input should be a valid dictionary");
    return row[2];
}
