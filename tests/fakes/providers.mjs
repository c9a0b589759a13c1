/*
 *  providers - the OpenAI and the Anthropic API on loopback, wire-exact, with every fault on demand
 *
 *      const fake = await startProviders();
 *      fake.openai.plan([{ fault: "rate_limit_seconds" }, { text: "Hello.", frameMs: 20 }]);
 *      ... fake.openai.url, fake.openai.requests, await fake.openai.until((r) => r.ended) ...
 *      await fake.stop();
 *
 *      node tests/fakes/providers.mjs --openai 9001 --anthropic 9002 [--key K] [--control 9003]
 *          [--latency MS] [--frame MS] [--tls CERT,KEY]
 *
 *  A script says how one request is answered. It is put together, later ones win, from: the
 *  defaults, the newest directive in a user message [[fake {"fault": "cut"}]], x-fake-* headers
 *  (x-fake-first-byte-ms: 50; x-fake-plan: whole script as JSON), and the next step of the plan
 *  whose match fits. Its fields:
 *
 *      match {path, model, key, method, stream}, times (1; 0 is for ever)     of a plan's step
 *      text, tokens (so many words), bytes (so many x), tools [{name, arguments}], thinking
 *      end "stop"|"length"|"tools"|"filter", usage {input, cached, written5m, written1h, output,
 *      reasoning} (input counts all), rawUsage (as is), noUsage, noNulls, choicesNull, neverDone
 *      firstByteMs, frameMs, drip + dripMs, split, coalesce, crlf, comments, gzip true|"forced",
 *      length (a Content-Length), headers {}, limits {}, lenient (no checks of the request),
 *      refuses ["max_completion_tokens", ...] (fields that a compatible server does not know)
 *      fault (a name of providers/faults.mjs), after (frames before it), status, retryAfterMs
 *
 *  Refused connections: provider.down() and up(). TLS that fails: https:// to a plain port, or
 *  selfSigned() as tls. Over HTTP: providers/control.mjs.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as anthropic from "./providers/anthropic.mjs";
import { controlOf } from "./providers/control.mjs";
import * as openai from "./providers/openai.mjs";
import { Provider } from "./providers/provider.mjs";

export { FAULTS } from "./providers/faults.mjs";

const PROTOCOLS = { openai, anthropic };

/* One provider that listens; options: port, keys, isOpen, models, defaults, tls. */
export const startProvider = (protocol, { port = 0, ...options } = {}) => new Provider(PROTOCOLS[protocol], options).up(port);

/* Both: { openai, anthropic, control, stop }. */
export async function startProviders({ ports = {}, ...options } = {}) {
    const fake = {};
    for (const name of ["openai", "anthropic"]) fake[name] = await startProvider(name, { port: ports[name], ...options });
    for (const name of ["openai", "anthropic"]) fake[name].control = controlOf(fake, fake[name]);
    const control = ports.control === undefined ? null : http.createServer(controlOf(fake));
    if (control) await new Promise((resolve) => control.listen(ports.control, "127.0.0.1", resolve));
    fake.stop = async () => {
        await Promise.all([fake.openai.down(), fake.anthropic.down()]);
        control?.close();
    };
    return fake;
}

/* A certificate for 127.0.0.1 that nobody vouches for: { cert, key }. */
export function selfSigned() {
    const folder = mkdtempSync(path.join(os.tmpdir(), "mc-tls-"));
    const [key, cert] = ["key.pem", "cert.pem"].map((file) => path.join(folder, file));
    try {
        execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert], { stdio: "ignore" });
        return { key: readFileSync(key), cert: readFileSync(cert) };
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

async function main() {
    const { values } = parseArgs({ options: Object.fromEntries(
        ["openai", "anthropic", "control", "key", "latency", "frame", "tls"].map((name) => [name, { type: "string" }])) });
    const [cert, key] = (values.tls ?? "").split(",");
    const ports = { openai: Number(values.openai ?? 0), anthropic: Number(values.anthropic ?? 0) };
    if (values.control) ports.control = Number(values.control);
    const fake = await startProviders({
        ports, keys: values.key ? [values.key] : null, tls: values.tls ? { cert: readFileSync(cert), key: readFileSync(key) } : null,
        defaults: { firstByteMs: Number(values.latency ?? 0), frameMs: Number(values.frame ?? 0) },
    });
    console.log(JSON.stringify({ ready: true, openai: fake.openai.url, anthropic: fake.anthropic.url, pid: process.pid }));
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => fake.stop().then(() => process.exit(0)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
