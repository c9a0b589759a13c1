/*
 *  real_run - missionctl run on a stack of the tests, known to control as a part
 *
 *      const run = await new RealRun(stack, gateway, ["--root", "r", "--", "sleep", "1000"]).open();
 *      await run.end();
 *
 *  The keeper ends the processes of a run whose supervisor is killed, so nothing outlives a test.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { IS_SANITIZED, ROOT, waitFor } from "./harness.mjs";
import { request } from "./request.mjs";

export const missionctl = path.join(ROOT, IS_SANITIZED ? "build/san/bin" : "build", "missionctl");

export class RealRun {
    constructor(stack, gateway, args) {
        this.gateway = gateway;
        this.local = { "x-mc-local": readFileSync(path.join(stack.dir, "var/local-token"), "utf8").trim() };
        this.child = spawn(missionctl, ["run", "--drain-timeout", "0", ...args],
            { env: { ...stack.env(), MC_URL: gateway.url }, cwd: stack.dir, stdio: ["ignore", "pipe", "ignore"] });
        this.stdout = "";
        this.child.stdout.on("data", (chunk) => (this.stdout += chunk));
        this.ended = once(this.child, "close");
    }

    async parts() {
        return (await request(`${this.gateway.url}/api/v1/control/parts`, { headers: this.local })).json.items;
    }

    /* Waits until control knows it. */
    async open() {
        const part = await waitFor(async () => (await this.parts()).find(({ instance, state }) =>
            state === "here" && instance?.endsWith(`:${this.child.pid}`)), { what: "the supervisor says hello" });
        this.id = part.id;
        this.runId = part.runId;
        return this;
    }

    says(text) {
        return waitFor(() => this.stdout.includes(text), { what: `it says ${text}` });
    }

    async end() {
        this.child.kill("SIGKILL");
        await this.ended;
    }
}
