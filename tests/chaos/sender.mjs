/*
 *  sender - several connections that send every event until it is acknowledged, and some again
 *
 *  A batch goes to one of the doors; what was not acknowledged (refused, cut off, no answer) is
 *  sent again, to any door; some of what was acknowledged is sent again too, and some batches go
 *  to two doors at once. What it keeps is what it was promised. It makes no more events than
 *  its limit, which whoever kills moves on, so that kills meet it all along the way.
 */
import http from "node:http";
import { request } from "../system/request.mjs";

const BATCH_MAX = 200;
const CONNECTIONS = 6;
const ANSWER_MS = 20_000;
const RESEND_SHARE = 0.15; /* of acknowledged batches, once more */
const TWIN_SHARE = 0.05; /* of batches, to two doors at once */
const REGROUP_SHARE = 0.3; /* of unacknowledged batches, cut in two and sent in another order */

export class Sender {
    constructor({ workload, random, doors, total }) {
        Object.assign(this, { workload, random, doors, total, made: 0, limit: 0, waiting: [], all: [] });
        this.acknowledged = new Map(); /* events by uid */
        this.counts = { requests: 0, failures: 0, refusals: 0, resends: 0, twins: 0, duplicates: 0 };
        this.progress = () => {};
        this.agents = new Map(doors.map((door) => [door, new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS })]));
    }

    get isDone() {
        return this.acknowledged.size === this.total;
    }

    chance(share) {
        return this.random() < share;
    }

    anyDoor() {
        return this.doors[Math.floor(this.random() * this.doors.length)];
    }

    /* What comes next: something unacknowledged, else something new. */
    nextBatch() {
        const left = Math.min(this.limit, this.total) - this.made;
        if (this.waiting.length && (left <= 0 || this.chance(0.5))) return this.waiting.shift();
        const count = Math.min(1 + Math.floor(this.random() * BATCH_MAX), Math.max(left, 0));
        if (count === 0) return null;
        this.made += count;
        const batch = this.workload.batch(count);
        this.all.push(...batch);
        return batch;
    }

    /* True when the door has promised to keep the batch. */
    async post(door, batch) {
        this.counts.requests += 1;
        try {
            const answer = await request(`${door.url}/v1/events`, {
                method: "POST", body: JSON.stringify(batch), agent: this.agents.get(door), timeoutMs: ANSWER_MS,
                headers: { "content-type": "application/json" },
            });
            if (answer.status !== 200) {
                this.counts.refusals += 1;
                return false;
            }
            const { accepted, duplicates, rejected } = answer.json;
            if (rejected.length || accepted + duplicates !== batch.length)
                throw new Error(`a batch of ${batch.length} was answered ${answer.text}`);
            this.counts.duplicates += duplicates;
            return true;
        } catch (error) {
            if (!error.code && !/no answer/.test(error.message)) throw error;
            this.counts.failures += 1;
            return false;
        }
    }

    /* Back into the line, sometimes in other company and order. */
    putBack(batch) {
        if (batch.length < 2 || !this.chance(REGROUP_SHARE)) {
            this.waiting.push(batch);
            return;
        }
        const half = Math.floor(batch.length / 2);
        this.waiting.push(batch.slice(half).reverse(), batch.slice(0, half));
    }

    async sendOne(batch) {
        const twin = this.chance(TWIN_SHARE);
        this.counts.twins += twin;
        const targets = twin ? this.doors : [this.anyDoor()];
        const answers = await Promise.all(targets.map((door) => this.post(door, batch)));
        if (!answers.some(Boolean)) {
            this.putBack(batch);
            return;
        }
        for (const event of batch) this.acknowledged.set(event.eventUid, event);
        this.progress(this.acknowledged.size);
        if (this.chance(RESEND_SHARE)) {
            this.counts.resends += 1;
            await this.post(this.anyDoor(), batch);
        }
    }

    async connection() {
        while (!this.isDone) {
            const batch = this.nextBatch();
            if (batch) await this.sendOne(batch);
            else await new Promise((resolve) => setTimeout(resolve, 5)); /* all are with the others, or over the limit */
        }
    }

    /* Resolves when every event has been acknowledged. */
    async run() {
        await Promise.all(Array.from({ length: CONNECTIONS }, () => this.connection()));
        for (const agent of this.agents.values()) agent.destroy();
    }
}
