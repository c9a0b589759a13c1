/*
 *  engine - docker and docker compose for the tests: what they run, where it is, what it says
 *
 *  The project, its images and ports come from the environment that tests/compose/run made.
 */
import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { ROOT } from "../system/harness.mjs";

const run = promisify(execFile);
const options = { cwd: ROOT, maxBuffer: 64 << 20 };

function hasPlugin() {
    try {
        execFileSync("docker", ["compose", "version"], { stdio: "ignore" });
        return true;
    } catch {
        return false;
    }
}

const [program, ...words] = hasPlugin() ? ["docker", "compose"] : ["docker-compose"];

/* Resolves with what it printed. */
export async function compose(...args) {
    return (await run(program, [...words, ...args], options)).stdout;
}

export async function docker(...args) {
    return (await run("docker", args, options)).stdout.trim();
}

/* The containers of a service, as docker inspect shows them. */
export async function containers(service, ...filters) {
    const args = ["ps", "--all", "--quiet", "--no-trunc", "--filter", `label=com.docker.compose.project=${process.env.COMPOSE_PROJECT_NAME}`];
    if (service) args.push("--filter", `label=com.docker.compose.service=${service}`);
    for (const filter of filters) args.push("--filter", filter);
    const ids = (await docker(...args)).split("\n").filter(Boolean);
    return ids.length ? JSON.parse(await docker("inspect", ...ids)) : [];
}

export const serviceOf = (container) => container.Config.Labels["com.docker.compose.service"];
export const addressOf = (container) => Object.values(container.NetworkSettings.Networks)[0].IPAddress;

/* Runs a program in a container that runs. Resolves with { code, text }. */
export async function inside(container, ...command) {
    try {
        const { stdout } = await run("docker", ["exec", container.Id, ...command], options);
        return { code: 0, text: stdout };
    } catch (error) {
        return { code: error.code, text: `${error.stdout}${error.stderr}` };
    }
}
