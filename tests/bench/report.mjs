/*
 *  report - the figures of a bench as a table and as build/bench/<name>.json
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../system/harness.mjs";

const run = promisify(execFile);

/* The JSON that a bench tool prints. */
export async function tool(name, ...args) {
    const { stdout } = await run(path.join(ROOT, "build/bench", name), args.map(String), { maxBuffer: 1 << 24 });
    return JSON.parse(stdout);
}

export function percentile(values, share) {
    const sorted = [...values].sort((one, other) => one - other);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/* results: [{figure, value, unit, aim, better}] */
export function report(name, results) {
    const machine = `${cpus().length} x ${cpus()[0].model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`;
    const rows = results.map((row) => ({ ...row, value: Number(row.value.toPrecision(4)) }));
    mkdirSync(path.join(ROOT, "build/bench"), { recursive: true });
    writeFileSync(path.join(ROOT, "build/bench", `${name}.json`),
        `${JSON.stringify({ name, when: new Date().toISOString(), machine, results: rows }, null, 2)}\n`);
    console.log(`\n${name} (${machine})`);
    for (const { figure, value, unit, aim, better } of rows) {
        const ratio = aim == null ? "" : `${(better === "lower" ? aim / value : value / aim).toFixed(2)} of aim ${aim} ${unit}`;
        console.log(`  ${figure.padEnd(64)} ${String(value).padStart(10)} ${unit.padEnd(10)} ${ratio}`);
    }
}
