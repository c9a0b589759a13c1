/*
 *  script - what a simulated model says: the words, the tools it calls, and what it counts
 *
 *  A script comes from the plan, from x-fake-* headers, or from a directive in the prompt,
 *      [[fake {"tokens": 40, "fault": "cut"}]]
 *  which survives any gateway and any translation. Without one the model calls the tools whose
 *  names are in the prompt (else the first one), and once it has their results says them back;
 *  with no tools it says the prompt back.
 */
const DIRECTIVE = /\[\[fake (\{.*?\})\]\]/s;
const BYTES_PER_TOKEN = 4;
const ARGUMENT_PIECE = 5; /* characters of a fragment of tool arguments */
const WORDS = "a quick answer from the simulated model in words that can be counted ".split(" ").slice(0, -1);

/* x-fake-first-byte-ms: 5 -> { firstByteMs: 5 }; x-fake-plan holds a whole script as JSON. */
export function scriptOfHeaders(headers) {
    const script = headers["x-fake-plan"] ? JSON.parse(headers["x-fake-plan"]) : {};
    for (const [name, value] of Object.entries(headers)) {
        if (!name.startsWith("x-fake-") || name === "x-fake-plan") continue;
        const field = name.slice(7).replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
        try {
            script[field] = JSON.parse(value);
        } catch {
            script[field] = value;
        }
    }
    return script;
}

export function scriptOfText(text) {
    const found = DIRECTIVE.exec(text);
    return found ? JSON.parse(found[1]) : {};
}

export const countTokens = (text) => Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);

export const fragments = (text) => text.match(/\S+\s*|\s+/g) ?? [];

export const argumentPieces = (text) => text.match(new RegExp(`.{1,${ARGUMENT_PIECE}}`, "gsu")) ?? [];

const words = (count) => Array.from({ length: count }, (_, i) => WORDS[i % WORDS.length]).join(" ");

/* A value that a JSON schema accepts; always the same one. */
export function exampleOf(schema, name = "value", root = schema) {
    if (!schema || typeof schema !== "object") return `${name}`;
    if (schema.$ref) return exampleOf(schema.$ref.split("/").slice(1).reduce((node, key) => node?.[key], root), name, root);
    if ("const" in schema) return schema.const;
    if (schema.enum) return schema.enum[0];
    if (schema.examples) return schema.examples[0];
    const choice = schema.anyOf ?? schema.oneOf;
    if (choice) return exampleOf(choice[0], name, root);
    const type = [].concat(schema.type ?? (schema.properties ? "object" : "string"))[0];
    if (type === "object")
        return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, value]) => [key, exampleOf(value, key, root)]));
    if (type === "array") return [exampleOf(schema.items, name, root)];
    if (type === "integer" || type === "number") return schema.minimum ?? 7;
    if (type === "boolean") return true;
    return type === "null" ? null : name;
}

/* The tools to call now: [{ name, arguments }]. */
function chooseTools(turn) {
    if (turn.tools.length === 0 || turn.choice === "none") return [];
    const call = (tool) => ({ name: tool.name, arguments: exampleOf(tool.schema ?? { type: "object" }) });
    if (turn.choice?.name) return turn.tools.filter((tool) => tool.name === turn.choice.name).map(call);
    if (turn.results.length > 0 && turn.choice !== "required") return [];
    const named = turn.tools.filter((tool) => turn.prompt.includes(tool.name));
    const chosen = named.length > 0 ? named : turn.tools.slice(0, 1);
    return (turn.parallel ? chosen : chosen.slice(0, 1)).map(call);
}

function chooseText(turn, script) {
    if (script.text !== undefined) return String(script.text);
    if (script.bytes) return "x".repeat(script.bytes);
    if (script.tokens !== undefined) return words(script.tokens);
    if (turn.schema) return JSON.stringify(exampleOf(turn.schema));
    if (turn.results.length > 0) return `The tools say: ${turn.results.join("; ")}`;
    return `You said: ${turn.prompt.replace(DIRECTIVE, "").trim().slice(0, 200)}`;
}

/* Cuts at a stop sequence and at the output limit: [text, why it ended]. */
function limit(text, turn) {
    for (const stop of turn.stops) {
        const at = text.indexOf(stop);
        if (at !== -1) return [text.slice(0, at), { stop }];
    }
    const pieces = fragments(text);
    if (turn.maxTokens && pieces.length > turn.maxTokens) return [pieces.slice(0, turn.maxTokens).join(""), "length"];
    return [text, "stop"];
}

/*
 * What the model answers to a turn { model, prompt, promptText, tools, results, choice, parallel,
 * schema, maxTokens, stops, thinks }: { thinking, text, calls, end, usage }. usage counts as the
 * bill does, whatever the protocol: input (all of it), cached, written5m, written1h, output
 * (thinking included), reasoning.
 */
export function compose(turn, script) {
    const calls = (script.tools ?? chooseTools(turn)).map((call) => ({
        name: call.name,
        json: typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments ?? {}),
    }));
    const speaks = calls.length === 0 || script.text !== undefined;
    const [text, textEnd] = speaks ? limit(chooseText(turn, script), turn) : ["", "stop"];
    const thinking = script.thinking ?? (turn.thinks ? "The question is plain, so is the answer." : "");
    const reasoning = thinking ? fragments(thinking).length : 0;
    const output = fragments(text).length + reasoning
        + calls.reduce((sum, call) => sum + argumentPieces(call.json).length + 1, 0);
    const usage = {
        input: countTokens(turn.promptText), cached: 0, written5m: 0, written1h: 0, output, reasoning,
        ...turn.cache, ...script.usage,
    };
    return { thinking, text, calls, end: script.end ?? (calls.length > 0 ? "tools" : textEnd), usage };
}
