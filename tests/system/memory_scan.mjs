/*
 *  memory_scan - what a core dump of a process would hold, searched for secrets
 *
 *  Reads the memory of a process as a dump does: every region that can be read
 *  and is not marked as left out of dumps (dd); or, where asked for, these too.
 *  Needs the right to trace it.
 */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";

const PIECE = 1 << 22;

/* Regions as { from, to, name }. */
function regions(pid, isWhole) {
    const found = [];
    for (const line of readFileSync(`/proc/${pid}/smaps`, "utf8").split("\n")) {
        const head = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)$/.exec(line);
        if (head) found.push({ from: parseInt(head[1], 16), to: parseInt(head[2], 16), mode: head[3], name: head[4] });
        else if (line.startsWith("VmFlags:")) found.at(-1).flags = line.split(/\s+/);
    }
    return found.filter(({ mode, flags, name }) =>
        mode.startsWith("r") && (isWhole || !flags.includes("dd")) && !flags.includes("io") && !name.startsWith("[v"));
}

/* Where the texts, or bytes, are: [{ text, name, at }]; isWhole: in what no dump would have too. */
export function scanMemory(pid, texts, { isWhole = false } = {}) {
    const needles = texts.map((text) => ({ text, bytes: Buffer.from(text) }));
    const overlap = Math.max(...needles.map(({ bytes }) => bytes.length));
    const hits = [];
    const fd = openSync(`/proc/${pid}/mem`, "r");
    const piece = Buffer.alloc(PIECE + overlap);
    for (const { from, to, name } of regions(pid, isWhole))
        for (let at = from; at < to; at += PIECE) {
            let size;
            try {
                size = readSync(fd, piece, 0, Math.min(PIECE + overlap, to - at), at);
            } catch {
                continue;
            }
            for (const { text, bytes } of needles)
                for (let i = piece.subarray(0, size).indexOf(bytes); i !== -1;
                    i = piece.subarray(0, size).indexOf(bytes, i + 1))
                    hits.push({ text, name: name || "anonymous", at: (at + i).toString(16) });
        }
    closeSync(fd);
    return hits;
}
