/*
 *  poller - a client that reads events by `id > sinceId` and remembers what it saw
 *
 *  What it reads with is its own affair: read(sinceId) resolves with ids above sinceId in
 *  ascending order, as many as it likes, and may fail while something is down.
 */
import { setImmediate } from "node:timers/promises";

export class Poller {
    constructor(read) {
        Object.assign(this, { read, sinceId: 0, ids: [], polls: 0, failures: 0, isEnding: false });
    }

    async poll() {
        try {
            const ids = await this.read(this.sinceId);
            this.polls += 1;
            for (const id of ids) this.ids.push(id);
            if (ids.length) this.sinceId = ids[ids.length - 1];
            return ids.length;
        } catch (error) {
            this.failures += 1;
            this.lastError = error;
            return 0;
        }
    }

    start() {
        this.running = (async () => {
            while (!this.isEnding) {
                await this.poll();
                await setImmediate();
            }
        })();
        return this;
    }

    /* Reads what is left, once everything is stored. */
    async end() {
        this.isEnding = true;
        await this.running;
        while ((await this.poll()) > 0);
        return this.ids;
    }
}

export const readFromTable = (database) => async (sinceId) => {
    const text = await database.query(
        `SELECT id FROM aop_agent_events WHERE id > ${sinceId} ORDER BY id LIMIT 5000`);
    return text.split("\n").filter(Boolean).map(Number);
};
