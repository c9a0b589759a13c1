/*
 *  commands - the commands of a stack's gateway, as who sits at this machine
 *
 *      const { done } = await openCommands(stack, gateway, ["get_runtime_flags", "list_budgets"]);
 *      const [task] = await done("get_tasks", { id });
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { waitFor } from "./harness.mjs";
import { request } from "./request.mjs";

/* Resolves once every command of answering, which take nothing, is answered by its service. */
export async function openCommands(stack, gateway, answering) {
    const headers = { "x-mc-local": readFileSync(path.join(stack.dir, "var/local-token"), "utf8").trim() };
    const command = (name, input = {}) => request(`${gateway.url}/api/v1/commands/${name}`,
        { method: "POST", headers, body: JSON.stringify({ input }) });
    const done = async (name, input) => {
        const answer = await command(name, input);
        assert.equal(answer.status, 200, answer.text);
        return answer.json;
    };
    for (const name of answering)
        await waitFor(async () => (await command(name)).status === 200, { what: `${name} is answered` });
    return { headers, command, done };
}
