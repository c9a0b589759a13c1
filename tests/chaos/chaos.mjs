/*
 *  chaos - nothing lost and nothing twice, whatever is killed
 *
 *      node tests/chaos/chaos.mjs [--events 200000] [--seed N]
 *
 *  Senders put events in at two ingest processes, with resends, while those and PostgreSQL are
 *  killed and started again at moments counted in acknowledged events. In the end what was
 *  acknowledged is compared with the table, runs with the sums of their events, and what a
 *  polling client saw with what there is. PostgreSQL syncs to disk as in real life. The seed
 *  gives batches, resends and kills again; what a kill meets is up to the machine.
 */
import { parseArgs } from "node:util";
import { openStack, waitFor } from "../system/harness.mjs";
import { Poller, readFromTable } from "../system/poller.mjs";
import { Workload, checkStored, randomOf } from "../system/workload.mjs";
import { Sender } from "./sender.mjs";

const { values: options } = parseArgs({
    options: { events: { type: "string", default: "200000" }, seed: { type: "string" } },
});
const TOTAL = Number(options.events);
const SEED = Number(options.seed ?? Math.floor(Math.random() * 2 ** 31));
const KILLS = Math.max(16, Math.round(TOTAL / 2500));
const SLICE = Math.ceil(TOTAL / KILLS); /* events between two kills */
const DRAIN_MS = 180_000;

const random = randomOf(SEED);
const startedMs = Date.now();
const say = (text) => console.log(`${String(Math.round((Date.now() - startedMs) / 1000)).padStart(4)} s  ${text}`);
const between = (least, most) => least + Math.floor(random() * (Math.floor(most) - least + 1));

console.log(`chaos: ${TOTAL} events, ${KILLS} kills, seed ${SEED}`);
const stack = await openStack("chaos", { fsync: true });
const doors = [await stack.start("ingest"), await stack.start("ingest", { AOP_INSTANCE: "2" })];
const { database } = stack;
const workload = new Workload({ seed: SEED + 1, runs: 200, roots: 8, payloadBytes: 150 });
const sender = new Sender({ workload, random: randomOf(SEED + 2), doors, total: TOTAL });
const poller = new Poller(readFromTable(database)).start();

/* Resolves once so many events have been acknowledged; kills wait for progress, not for time. */
let marks = [];
sender.progress = (count) => {
    marks = marks.filter((mark) => (count < mark.count ? true : (mark.resolve(), false)));
};
const reached = (count) => new Promise((resolve) => {
    if (sender.acknowledged.size >= Math.min(count, TOTAL)) resolve();
    else marks.push({ count: Math.min(count, TOTAL), resolve });
});
const after = (events) => {
    sender.limit = Math.max(sender.limit, sender.acknowledged.size) + Math.ceil(events);
    return reached(sender.acknowledged.size + events);
};

async function killIngest() {
    const door = doors[between(0, 1)];
    await door.kill("SIGKILL");
    await after(between(0, SLICE / 2)); /* the other one goes on alone */
    await door.start();
}

async function killBothIngests() {
    await Promise.all(doors.map((door) => door.kill("SIGKILL")));
    await Promise.all(doors.map((door) => door.start()));
}

async function killPostgres() {
    await database.kill();
    await after(between(0, SLICE / 2));
    await database.start();
}

/* PostgreSQL answers the death of one of its processes by starting all of them again. */
async function killBackend() {
    const [pid] = await database.backends("ingest");
    if (pid) process.kill(pid, "SIGKILL");
    await waitFor(() => database.query("SELECT 1"), { what: "PostgreSQL is back" });
}

async function killEverything() {
    await Promise.all([database.kill(), ...doors.map((door) => door.kill("SIGKILL"))]);
    await Promise.all(doors.map((door) => door.start()));
    await after(between(0, SLICE / 4));
    await database.start();
}

const ways = [
    [0.45, "an ingest", killIngest], [0.10, "both ingests", killBothIngests], [0.20, "PostgreSQL", killPostgres],
    [0.15, "a backend of PostgreSQL", killBackend], [0.10, "everything", killEverything],
];

function chooseWay() {
    let left = random();
    return ways.find(([share]) => (left -= share) < 0) ?? ways[0];
}

async function disturb() {
    for (let i = 1; i <= KILLS && !sender.isDone; i++) {
        sender.limit = Math.max(sender.limit, SLICE * (i + 1));
        await reached(Math.floor(SLICE * (i - random())));
        const [, name, kill] = chooseWay();
        await kill();
        say(`killed ${name}; ${sender.acknowledged.size} acknowledged`);
    }
    sender.limit = TOTAL;
}

async function check() {
    for (const door of doors) await door.drained(DRAIN_MS);
    const found = await checkStored(database, [...sender.acknowledged.values()], sender.all);
    const seen = new Set(await poller.end());
    const there = (await database.query("SELECT id FROM aop_agent_events ORDER BY id")).split("\n").map(Number);
    const missed = there.filter((id) => !seen.has(id)).length;
    if (missed) throw new Error(`the polling client missed ${missed} of ${there.length} events`);
    return found;
}

let failed = 0;
try {
    await Promise.all([sender.run(), disturb()]);
    say(`all ${sender.acknowledged.size} acknowledged: ${JSON.stringify(sender.counts)}`);
    const found = await check();
    say(`${found.events} events in the table, each once; ${found.runs} runs hold their sums; ${poller.polls} polls missed nothing`);
    for (const door of doors) say(`${door.name} ${door.settings.AOP_INSTANCE ?? "1"}: ${Math.round(door.memory() / 1024)} MiB resident`);
} catch (error) {
    failed = 1;
    console.error(error.message);
    for (const door of doors) console.error(door.lastLog(10));
}
poller.isEnding = true;
await poller.running;
for (const [name, end] of await stack.close()) if (end !== 0 && !failed) { console.error(`${name} ended with ${end}`); failed = 1; }
console.log(`chaos: ${1 - failed} passed, ${failed} failed (seed ${SEED})`);
process.exit(failed);
