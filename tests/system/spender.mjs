/*
 *  spender - a process that reserves and settles as a router does, and what it said
 *
 *      const spender = new Spender(stack, "hold", { task: id, tokens: 100, count: 3 });
 *      await spender.answered();
 *      spender.settle();
 *      await spender.ended;
 *
 *  settle: settles at once and ends; half: settles half and holds the rest; hold: holds all. What
 *  is held is settled on demand, or lost with the process.
 */
import { spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { ROOT, waitFor } from "./harness.mjs";

let instances = 0;

export class Spender {
    granted = []; /* { id, tokens }, in the order of the answers */
    refused = []; /* codes */
    isAnswered = false;
    settled = null; /* how many, once it says so */

    constructor(stack, how, what) {
        const words = Object.entries(what).map(([name, value]) => `${name}=${value}`);
        this.child = spawn(path.join(ROOT, "build/test-spender"), [how, ...words],
            { cwd: stack.dir, env: { ...stack.env(), AOP_INSTANCE: `s${++instances}` }, stdio: ["pipe", "pipe", "inherit"] });
        process.on("exit", () => this.child.kill("SIGKILL"));
        this.instance = `s${instances}`;
        this.ended = new Promise((resolve) => this.child.on("close", (code, signal) => resolve(signal ?? code)));
        this.child.stdin.on("error", () => {});
        createInterface({ input: this.child.stdout }).on("line", (text) => this.take(JSON.parse(text)));
    }

    take(line) {
        if (line.granted) this.granted.push({ id: line.granted, tokens: line.tokens });
        if (line.refused) this.refused.push(line.refused);
        if (line.all) this.isAnswered = true;
        if (line.settled !== undefined) this.settled = line.settled;
    }

    answered() {
        return waitFor(() => this.isAnswered, { what: `every call of ${this.instance} is answered` });
    }

    halfSettled() {
        return waitFor(() => this.settled !== null, { what: `${this.instance} has settled half` });
    }

    settle() {
        this.child.stdin.write("settle\n");
    }

    async kill(signal = "SIGKILL") {
        this.child.kill(signal);
        return signal === "SIGKILL" ? this.ended : null;
    }
}

/* Nobody has heard of that one for long, and the service has given it up. */
export async function forget(stack, spender) {
    const isIt = `id LIKE '${spender.instance}/%'`;
    await stack.database.query(`UPDATE aop_budget_holders SET beat_at = now() - interval '11 seconds' WHERE ${isIt}`);
    await waitFor(async () => await stack.database.number(
        `SELECT count(*) FROM aop_budget_holders WHERE is_gone AND ${isIt}`) === 1,
    { what: `${spender.instance} is given up` });
}
