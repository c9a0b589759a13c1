/*
 *  router - a stack with the router and the vault, for tests of model calls
 *
 *      const router = await openRouter("models", { providers, tiers, personas, secrets, settings });
 *      ... router.url, router.key, router.service, router.stack ...
 *      await router.close();
 *
 *  providers: [{ name, protocol, baseUrl, secret }], secret being the name of one of secrets
 *  { name: value }; they stand in aop_models.json, like tiers and personas, whose profiles are
 *  written [provider, model].
 */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { freePort, openStack, programIsBuilt, ROOT, IS_SANITIZED } from "../system/harness.mjs";

const SERVICES = ["ingest", "control", "vault", "gateway", "budget", "router", "missionctl"];
const BINARIES = path.join(ROOT, IS_SANITIZED ? "build/san/bin" : "build");
const MISSIONCTL = path.join(BINARIES, "missionctl");

/* Why these tests cannot run here, or null. */
export function routerMissing() {
    const absent = SERVICES.filter((name) => !programIsBuilt(name));
    return absent.length > 0 ? `not built: ${absent.map((name) => `build/${name}`).join(", ")}` : null;
}

const profile = ([provider, modelId]) => ({ provider, modelId });
const profiles = (lists) => Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, list.map(profile)]));

/* missionctl with something on standard input. */
function missionctlFed(stack, input, ...args) {
    return new Promise((resolve, reject) => {
        const child = execFile(MISSIONCTL, args, { cwd: ROOT, env: stack.env() }, (error, stdout, stderr) =>
            (error ? reject(new Error(`missionctl ${args.join(" ")}: ${stderr || stdout || error.message}`)) : resolve(stdout.trimEnd())));
        child.stdin.end(input);
    });
}

export async function openRouter(name, { providers, secrets, tiers = {}, personas = {}, cards, settings = {} }) {
    const folder = path.join(ROOT, "build/test", `router-${name}`);
    const stack = await openStack(`router-${name}`, {
        settings: { AOP_MODEL_CONFIG_PATH: path.join(folder, "aop_models.json"), ...settings },
    });
    for (const service of ["VAULT", "ROUTER"]) stack.ports[`AOP_${service}_PORT`] = String(await freePort());
    const writeModels = (file) => writeFileSync(path.join(folder, "aop_models.json"), JSON.stringify(file));
    const rows = providers.map((row) => ({ adapter: row.protocol, ...row }));
    writeModels({
        version: 2, defaultProvider: providers[0].name, tiers: profiles(tiers), personaOverrides: profiles(personas), providers: rows, cards,
    });
    for (const service of ["ingest", "control", "vault", "gateway", "budget"]) await stack.start(service);
    for (const [secret, value] of Object.entries(secrets)) await missionctlFed(stack, `${value}\n`, "secrets", "set", secret);
    const service = await stack.start("router");
    const key = await stack.missionctl("keys", "create", "--role", "agent", "--name", "tests");
    return {
        stack, service, key, url: service.url, writeModels,
        feed: (input, ...args) => missionctlFed(stack, input, ...args),
        close: () => stack.close(),
    };
}
