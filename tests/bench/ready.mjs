/*
 *  ready - what a stack takes before it is measured: the product's database settings, a key
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../system/harness.mjs";
import { request } from "../system/request.mjs";

/* The settings of the product's own PostgreSQL, as far as they can change while it runs. */
export async function tune(database) {
    const text = readFileSync(path.join(ROOT, "deploy/postgresql.conf"), "utf8");
    const known = new Set((await database.query(
        "SELECT name FROM pg_settings WHERE context <> 'postmaster'")).split("\n"));
    for (const line of text.split("\n")) {
        const [, name, value] = /^(\w+)\s*=\s*(.+)$/.exec(line) ?? [];
        if (!known.has(name)) continue;
        const quoted = value.startsWith("'") ? value : `'${value}'`;
        await database.query(`ALTER SYSTEM SET ${name} = ${quoted}`);
    }
    await database.query("SELECT pg_reload_conf()");
}

/* An API key of the stack's own. */
export async function makeKey(stack, gateway) {
    const local = readFileSync(path.join(stack.dir, "var/local-token"), "utf8").trim();
    const answer = await request(`${gateway.url}/api/v1/keys`, {
        method: "POST", headers: { "x-mc-local": local, "content-type": "application/json" },
        body: JSON.stringify({ name: "bench", role: "viewer" }),
    });
    if (answer.status !== 201) throw new Error(`no key: ${answer.text}`);
    return answer.json.key;
}
