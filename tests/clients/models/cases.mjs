/*
 *  cases - what every client program does, and the line of JSON it ends with
 *
 *  A program hands over a function for each case and gets its line printed:
 *      await report({ plain, stream, tools, streamTools, error, cut, cutClean,
 *      errorEvent });
 *  Each returns { text, calls: [{ name, arguments }], usage: { input, cached, output } } with usage
 *  summed over the calls of the case and input counting all of the prompt; what it throws becomes
 *  { error: { class, status, message } }.
 */
const fixed = { usage: { input: 1200, cached: 800, output: 96 } };
const directive = (script) => `[[fake ${JSON.stringify(script)}]]`;

export const { MODELS_BASE_URL: baseUrl, MODELS_KEY: key, MODELS_MODEL: model, MODELS_API: api = "chat" } = process.env;
export const MAX_TOKENS = 512;
export const SYSTEM = "You are a careful assistant.";
export const PROMPT = `Say it back: blue. ${directive(fixed)}`;
export const TOOLS_PROMPT = `Use get_weather and get_time for Paris. ${directive(fixed)}`;
export const ERROR_PROMPT = `This one is refused. ${directive({ fault: "bad_request" })}`;
const broken = (fault) => `This one breaks. ${directive({ fault, tokens: 20, after: 9 })}`;
export const CUT_PROMPT = broken("cut");
export const CUT_CLEAN_PROMPT = broken("cut_clean");
export const ERROR_EVENT_PROMPT = broken("error_event");

const parameters = { type: "object", properties: { city: { type: "string", enum: ["Paris"] } }, required: ["city"], additionalProperties: false };
export const TOOLS = [
    { name: "get_weather", description: "The weather in a city", parameters, result: "sunny" },
    { name: "get_time", description: "The time in a city", parameters, result: "noon" },
];
export const resultOf = (name) => TOOLS.find((tool) => tool.name === name).result;

export const sum = (usages) => usages.reduce((total, usage) => ({
    input: total.input + usage.input, cached: total.cached + usage.cached, output: total.output + usage.output,
}), { input: 0, cached: 0, output: 0 });

/* One summary, whatever the SDK wraps its errors in: the first in the chain that has a status. */
function describe(error) {
    const chain = [];
    for (let at = error; at && chain.length < 5; at = at.cause ?? at.lastError) chain.push(at);
    const status = chain.map((one) => one.status ?? one.statusCode).find((value) => value !== undefined) ?? null;
    return { class: error.constructor?.name ?? typeof error, status, message: String(error.message ?? error).slice(0, 300) };
}

export async function report(cases) {
    const seen = {};
    for (const [name, run] of Object.entries(cases)) {
        try {
            seen[name] = await run();
        } catch (error) {
            seen[name] = { error: describe(error) };
        }
    }
    process.stdout.write(`${JSON.stringify(seen)}\n`);
    process.exit(0);
}
