/*
 *  router - a stack with the router and the vault, for tests of model calls
 *
 *      const router = await openRouter("models", { providers, tiers, personas, settings });
 *      ... router.url, router.key, router.stack, router.decision(id) ...
 *      await router.close();
 *
 *  providers: [{ name, protocol, baseUrl, secret }]; tiers and personas as in aop_models.json, a
 *  profile written [provider, model].
 */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { freePort, openStack, programIsBuilt, ROOT, IS_SANITIZED } from "../system/harness.mjs";

const SERVICES = ["vault", "router", "control", "missionctl"];
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

export async function openRouter(name, { providers, tiers = {}, personas = {}, cards, settings = {} }) {
    const stack = await openStack(`router-${name}`, {
        settings: { AOP_MODEL_CONFIG_PATH: path.join(ROOT, "build/test", `router-${name}`, "aop_models.json"), ...settings },
    });
    for (const service of ["VAULT", "ROUTER"]) stack.ports[`AOP_${service}_PORT`] = String(await freePort());
    const writeModels = (file) => writeFileSync(stack.env().AOP_MODEL_CONFIG_PATH, JSON.stringify(file));
    writeModels({
        version: 2, defaultProvider: providers[0].name,
        tiers: profiles(tiers), personaOverrides: profiles(personas), ...(cards ? { cards } : {}),
    });
    await stack.start("vault");
    await stack.start("control");
    for (const { name: provider, protocol, baseUrl, secret } of providers) {
        await stack.missionctl("providers", "add", provider, "--protocol", protocol, "--base-url", baseUrl);
        await missionctlFed(stack, `${secret}\n`, "secrets", "set", provider);
    }
    const service = await stack.start("router");
    const key = await stack.missionctl("keys", "create", "--role", "agent", "--name", "tests");
    return {
        stack, service, key, url: service.url, writeModels,
        feed: (input, ...args) => missionctlFed(stack, input, ...args),
        close: () => stack.close(),
    };
}
