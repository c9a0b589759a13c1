/*
 *  control - the plan and the records over HTTP, for providers that are a process of their own
 *
 *      POST   /__plan      [{ script }, ...]           replaces the plan
 *      POST   /__defaults  { script }                  under every script from now on
 *      POST   /__keys      ["k1", ...] or null         the keys accepted; null: any
 *      POST   /__models    ["m1", ...] or null         the models that exist; null: any of the protocol
 *      GET    /__requests                              the records, oldest first
 *      POST   /__reset                                 forgets plan, records and stored responses
 *      POST   /__down, /__up                           refuses connections; listens again
 *
 *  ?provider=openai or anthropic says whose; without it, of the port that is asked. Ask another
 *  port of the process (--control) to bring one up again that is down.
 */
const plainRecord = ({ body, ...record }) => ({ ...record, bodyBase64: body.toString("base64") });

const VERBS = {
    "POST /__plan": (provider, value) => provider.plan(value),
    "POST /__defaults": (provider, value) => { provider.defaults = value ?? {}; },
    "POST /__keys": (provider, value) => { provider.keys = value; },
    "POST /__models": (provider, value) => { provider.models = value; },
    "GET /__requests": (provider) => provider.requests.map(plainRecord),
    "POST /__reset": (provider) => provider.reset(),
    "POST /__up": (provider) => (provider.isListening ? undefined : provider.up()),
};

function send(response, status, value) {
    response.writeHead(status, { "content-type": "application/json", connection: "close" });
    response.end(JSON.stringify(value ?? { done: true }));
}

/* A handler for http.createServer; own is the provider of the port, or null. */
export const controlOf = (providers, own = null) => async (request, response) => {
    const url = new URL(request.url, "http://control");
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const wanted = url.searchParams.get("provider");
    const chosen = wanted ? providers[wanted] : own;
    const verb = `${request.method} ${url.pathname}`;
    try {
        if (!chosen) return send(response, 404, { error: "say ?provider=openai or ?provider=anthropic" });
        if (verb === "POST /__down") {
            send(response, 200);
            return response.on("finish", () => chosen.down());
        }
        if (!VERBS[verb]) return send(response, 404, { error: `no ${verb}` });
        const text = Buffer.concat(pieces).toString();
        send(response, 200, await VERBS[verb](chosen, text ? JSON.parse(text) : null));
    } catch (error) {
        send(response, 400, { error: error.message });
    }
};
