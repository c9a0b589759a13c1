/*
 *  faults - everything that can go wrong at a provider, by name
 *
 *  A fault is one of three kinds:
 *  status    an answer with that status and the protocol's own error body; some carry a
 *            Retry-After in one of its forms (script.retryAfterMs, 1000 unless told)
 *  answer    a 200 that is none, or is not what was asked for
 *  wire      something that happens to the connection or to the stream, after script.after frames
 */
export const FAULTS = {
    bad_request: { kind: "status", status: 400 },
    context_length: { kind: "status", status: 400 },
    credit_low: { kind: "status", status: 400 },
    auth: { kind: "status", status: 401 },
    billing: { kind: "status", status: 402 },
    permission: { kind: "status", status: 403 },
    not_found: { kind: "status", status: 404 },
    request_timeout: { kind: "status", status: 408 },
    conflict: { kind: "status", status: 409 },
    too_large: { kind: "status", status: 413 },
    unprocessable: { kind: "status", status: 422 },
    rate_limit: { kind: "status", status: 429 },
    rate_limit_seconds: { kind: "status", status: 429, retryAfter: "seconds" },
    rate_limit_ms: { kind: "status", status: 429, retryAfter: "ms" },
    rate_limit_date: { kind: "status", status: 429, retryAfter: "date" },
    insufficient_quota: { kind: "status", status: 429 },
    slow_down: { kind: "status", status: 429 },
    server_error: { kind: "status", status: 500 },
    bad_gateway: { kind: "status", status: 502, html: true },
    unavailable: { kind: "status", status: 503 },
    unavailable_seconds: { kind: "status", status: 503, retryAfter: "seconds" },
    gateway_timeout: { kind: "status", status: 504 },
    overloaded: { kind: "status", status: 529 },

    error_200: { kind: "answer", note: "200, application/json, an error as its body" },
    wrong_type: { kind: "answer", note: "200, text/html, a page" },
    empty_200: { kind: "answer", note: "200 with no body at all" },
    malformed_json: { kind: "answer", note: "200, application/json, half of the JSON, well ended" },
    redirect: { kind: "answer", note: "302 to another host" },

    header_hang: { kind: "wire", note: "reads the request, never answers" },
    partial_headers: { kind: "wire", note: "half of the head, then silence" },
    oversize_headers: { kind: "wire", note: "a head of a megabyte" },
    malformed_http: { kind: "wire", note: "bytes that are no HTTP" },
    cut_before_headers: { kind: "wire", note: "closes without a byte" },
    reset_before_headers: { kind: "wire", note: "resets without a byte" },
    cut_before_body: { kind: "wire", note: "head of a 200, then closes" },
    cut: { kind: "wire", stream: true, note: "closes mid-stream, no end of chunks" },
    cut_reset: { kind: "wire", stream: true, note: "resets mid-stream" },
    cut_clean: { kind: "wire", stream: true, note: "ends mid-stream, HTTP well ended" },
    cut_frame: { kind: "wire", stream: true, note: "ends within a frame, HTTP well ended" },
    cut_finish: { kind: "wire", stream: true, note: "all but the closing frame, HTTP well ended" },
    stall: { kind: "wire", stream: true, note: "goes silent mid-stream, connection open" },
    error_event: { kind: "wire", stream: true, note: "an error of the protocol mid-stream, then the end" },
    malformed_sse: { kind: "wire", stream: true, note: "a frame that is no JSON, then the rest" },
};

const RETRY_AFTER = {
    seconds: (ms) => ({ "retry-after": String(Math.ceil(ms / 1000)) }),
    ms: (ms) => ({ "retry-after": String(Math.ceil(ms / 1000)), "retry-after-ms": String(ms) }),
    date: (ms) => ({ "retry-after": new Date(Math.ceil((Date.now() + ms) / 1000) * 1000).toUTCString() }),
};

export const retryAfterOf = (fault, script) =>
    fault.retryAfter ? RETRY_AFTER[fault.retryAfter](script.retryAfterMs ?? 1000) : {};

export const PAGE = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    + "<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n";
