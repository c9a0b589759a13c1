/*
 *  fleet - a small fleet that reviews this repository, round after round
 *
 *  One orchestrator plans, three leads split, specialists read the files. The work is real: every
 *  file is read, every finding is in a file of this checkout, found by the rules of reviews.mjs.
 *  What to do about it is asked of a model, through the router (models.mjs).
 *
 *  DEMO_ROUNDS ends it after so many rounds, DEMO_PAUSE_MS is the pace between two files.
 */
import { execFile, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { askChat, askMessages, closeModels } from "./models.mjs";
import { reviews } from "./reviews.mjs";
import { asAgent, asStep, flush, tell, uuid } from "./telemetry.mjs";

const ROUNDS = Number(process.env.DEMO_ROUNDS ?? Infinity);
const PAUSE_MS = Number(process.env.DEMO_PAUSE_MS ?? 250);
const FILE_CHARACTERS_MAX = 6000; /* of a file that go into a question */
const FILES_MAX = 40; /* that one specialist reads in a round */

const pause = (share = 1) => new Promise((resolve) => setTimeout(resolve, PAUSE_MS * share * (0.5 + Math.random())));
let isEnding = false;

async function listFiles() {
    const { stdout } = await promisify(execFile)("git", ["ls-files"], { maxBuffer: 1 << 24 });
    return stdout.split("\n").filter(Boolean);
}

function shuffled(items) {
    return items.map((item) => [Math.random(), item]).sort(([one], [other]) => one - other).map(([, item]) => item);
}

const describe = (findings) => findings.slice(0, 20).map((one) => `${one.file}:${one.line}: ${one.text}`).join("\n");

/* Reads one file as a tool call and lets the rules have a look at it. */
async function reviewFile(agent, review, file) {
    const text = await asStep("execute_tool read_file", agent, {
        "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "read_file", "mc.mcp.server": "files",
        "gen_ai.tool.call.arguments": JSON.stringify({ path: file }),
    }, () => readFile(file, "utf8"));
    const findings = await asStep("execute_tool review", agent, {
        "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "review", "mc.mcp.server": "rules",
    }, async (span) => {
        const found = review.look(file, text);
        span.setAttribute("output.value", found.map((one) => `${one.file}:${one.line}: ${one.text}`).join("\n") || "nothing found");
        return found;
    });
    if (findings.length)
        await askChat(agent, "tier:3", `What is to be done about this, in one sentence?\n${describe(findings)}\n\n${text.slice(0, FILE_CHARACTERS_MAX)}`,
            `Look at ${findings[0].file}, line ${findings[0].line} first: ${findings[0].text}; ${findings.length} such places in this file.`);
    return findings;
}

async function specialist(review, lead, root, files) {
    const agent = {
        run: uuid(), root, task: `${lead.task}.${review.persona}`, tier: 3, actor: `tier3_${review.persona}`,
        persona: review.persona, skill: review.skill, parentRun: lead.run, goal: `look for ${review.what} in ${files.length} files`,
    };
    return asAgent(agent, async (span) => {
        const findings = [];
        for (const file of files) {
            if (isEnding) break;
            findings.push(...await reviewFile(agent, review, file));
            await pause();
        }
        span.setAttribute("output.value", `${findings.length} findings: ${review.what}`);
        return findings;
    });
}

/* A specialist of another kind: a real command under missionctl run, with its terminal. */
function commander(lead, root, persona, command) {
    const missionctl = process.env.MISSIONCTL;
    if (!missionctl) return Promise.resolve([]);
    return new Promise((resolve) => {
        const child = spawn(missionctl, ["run", "--root", root, "--task", `${lead.task}.${persona}`, "--tier", "3",
            "--actor", `tier3_${persona}`, "--persona", persona, "--no-pty", "--", "bash", "-c", command],
        { stdio: ["ignore", "ignore", "inherit"] });
        child.on("error", () => resolve([]));
        child.on("exit", () => resolve([]));
    });
}

const commands = {
    backend: ["history_reader", "git log --stat -n 12 --color=always | while IFS= read -r line; do echo \"$line\"; sleep 0.05; done"],
    frontend: ["size_reporter", "find services/console/src -name '*.tsx' -exec wc -l {} + | sort -n | tail -20 | while IFS= read -r line; do echo \"$line\"; sleep 0.2; done"],
    docs: ["word_counter", "for f in $(git ls-files '*.md'); do wc -w \"$f\"; sleep 0.3; done"],
};

async function lead(domain, orchestrator, root, files) {
    const agent = {
        run: uuid(), root, task: `${orchestrator.task}.${domain}`, tier: 2, actor: `tier2_${domain}_lead`,
        persona: `${domain}_lead`, skill: "planning", parentRun: orchestrator.run, goal: `review the ${domain}`,
    };
    const mine = reviews.filter((review) => review.lead === domain);
    return asAgent(agent, async (span) => {
        const plan = await asStep(`plan ${domain}`, agent, { "gen_ai.operation.name": "plan" }, async () => {
            await pause(3);
            return mine.map((review) => ({ review, files: shuffled(files.filter((file) => review.files.test(file))).slice(0, FILES_MAX) }));
        });
        const results = await Promise.all([
            ...plan.map(({ review, files: share }) => specialist(review, agent, root, share)),
            commander(agent, root, ...commands[domain]),
        ]);
        const findings = results.flat().filter(Boolean);
        await askMessages(agent, "tier:2", `Sum up in two sentences for the orchestrator:\n${describe(findings)}`,
            `The ${domain} has ${findings.length} findings. ${findings.length ? `Most weighty: ${findings[0].text} in ${findings[0].file}.` : "Nothing is to be done."}`);
        tell({ actor: agent.actor, action: "report", phase: "progress", isPart: true, status: "executing", runId: agent.run, rootTaskId: root,
            taskId: agent.task, tier: 2, message: `${findings.length} findings in the ${domain}`, payload: { findings: findings.slice(0, 50) } });
        span.setAttribute("output.value", `${findings.length} findings`);
        return findings;
    });
}

async function round(number) {
    const root = `review-${new Date().toISOString().slice(0, 16).replace(/[-:T]/g, "")}-${number}`;
    const orchestrator = { run: uuid(), root, task: root, tier: 1, actor: "tier1_orchestrator", persona: "orchestrator", goal: "review this repository" };
    const files = await listFiles();
    await asAgent(orchestrator, async (span) => {
        await asStep("plan review", orchestrator, { "gen_ai.operation.name": "plan" }, () => askChat(orchestrator, "tier:1",
            `Split the review of ${files.length} files among backend, frontend and docs.`,
            `Three leads: backend, frontend and docs, each with its own specialists; ${files.length} files in all.`));
        const results = await Promise.all(["backend", "frontend", "docs"].map((domain) => lead(domain, orchestrator, root, files)));
        const findings = results.flat().filter(Boolean);
        span.setAttribute("output.value", `${findings.length} findings in ${files.length} files`);
        console.log(`demo: round ${number} (${root}): ${findings.length} findings in ${files.length} files`);
    });
}

for (const signal of ["SIGINT", "SIGTERM"])
    process.on(signal, () => { isEnding = true; });

for (let number = 1; number <= ROUNDS && !isEnding; number++) {
    await round(number);
    await pause(8);
}
await flush();
await closeModels();
