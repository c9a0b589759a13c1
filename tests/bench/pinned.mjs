/*
 *  pinned - processes on a core of their own, and what they use of it
 *
 *  The one that is measured runs on core 0; what asks it and what answers it run
 *  on core 1.
 */
import { execFile, execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../system/harness.mjs";
import { request } from "../system/request.mjs";

const run = promisify(execFile);
export const MEASURED_CORE = "0";
export const OTHER_CORE = "1";
const TOOLS = path.join(ROOT, "build/bench");
/* Of this run alone, so that two do not meet; removed at its end. */
export const FOLDER = path.join(ROOT, `build/bench/router-${process.pid}`);

/* Before what else the machine does, as far as that is allowed: a slice of another program on the core would
 * count as latency. */
const NICENESS = "-19";

/* A command line that stays on a core. */
export const onCore = (core, ...command) => ["nice", ["-n", NICENESS, "taskset", "-c", core, ...command]];

/* All threads of a process that runs already. */
export function pin(pid, core) {
    execFileSync("taskset", ["-acp", core, String(pid)], { stdio: "ignore" });
    for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), Number(NICENESS));
}

/* CPU of all threads so far, in microseconds. */
export function cpuOf(pid) {
    const folder = `/proc/${pid}/task`;
    const threads = readdirSync(folder).map((thread) =>
        Number(readFileSync(path.join(folder, thread, "schedstat"), "utf8").split(" ")[0]));
    return threads.reduce((sum, part) => sum + part, 0) / 1000;
}

/* Resident memory in MiB. */
export function memoryOf(pid) {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
}

/* One request as it goes over the wire, in a file. */
function writeRequest(name, head, body) {
    const file = path.join(FOLDER, `${name}.request`);
    const lines = ["POST /v1/chat/completions HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", ...head,
        `Content-Length: ${Buffer.byteLength(body)}`];
    writeFileSync(file, `${lines.join("\r\n")}\r\n\r\n${body}`);
    return file;
}

/* Calls a contender for some seconds: what calls prints, and the CPU that the contender used for it. more goes
 * into the body. */
export async function callIt(contender, { connections = 1, seconds = 1, rate = 0, ...more }) {
    const messages = [{ role: "user", content: "Say hello, and nothing else." }];
    const body = JSON.stringify({ model: contender.model, messages, ...more });
    const file = writeRequest(contender.name, contender.head, body);
    const before = contender.pid ? cpuOf(contender.pid) : 0;
    const [program, options] = onCore(OTHER_CORE, path.join(TOOLS, "calls"), contender.port, connections, seconds, rate, file);
    const { stdout } = await run(program, options.map(String));
    const seen = JSON.parse(stdout);
    if (seen.refused || !seen.calls) {
        const headers = Object.fromEntries(["Content-Type: application/json", ...contender.head].map((line) => line.split(": ")));
        const answer = await request(`http://127.0.0.1:${contender.port}/v1/chat/completions`, { method: "POST", headers, body });
        throw new Error(`${contender.name}: ${seen.refused} of ${seen.calls} calls were refused: ${answer.status} ${answer.text}`);
    }
    return { ...seen, cpu_us: contender.pid ? cpuOf(contender.pid) - before : 0 };
}
