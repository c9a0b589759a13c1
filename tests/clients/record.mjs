/*
 *  record - records what the client programs really send
 *
 *      node tests/clients/record.mjs [DIALECT...]        all of clients.json without names
 *
 *  A loopback receiver keeps each OTLP request; scrubbed (scrub.mjs), they become
 *  tests/fixtures/otlp/<dialect>/<nn>-<signal>.{pb,json} and rows of manifest.json there.
 *  Expectations beside them are written by hand and are not touched.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { earliestOtlp, rewriteOtlp } from "./otlp.mjs";
import { CLIENTS, ROOT, runClient } from "./run.mjs";
import { scrubber } from "./scrub.mjs";

const FIXTURES = path.join(ROOT, "tests/fixtures/otlp");
const MANIFEST = path.join(FIXTURES, "manifest.json");
const PATH = /^\/v1\/(traces|logs|metrics)$/;

function keep(requests, request, body) {
    const signal = PATH.exec(request.url)?.[1];
    if (!signal) return false;

    const coding = request.headers["content-encoding"] ?? "identity";
    const type = request.headers["content-type"].split(";")[0];
    const plain = coding === "gzip" ? gunzipSync(body) : body;
    requests.push({ signal, coding, type, encoding: type.endsWith("json") ? "json" : "pb", body: plain });
    return true;
}

async function startReceiver(requests) {
    const server = http.createServer((request, response) => {
        const chunks = [];
        request.on("data", (chunk) => chunks.push(chunk));
        request.on("end", () => {
            const taken = keep(requests, request, Buffer.concat(chunks));
            const json = (request.headers["content-type"] ?? "").includes("json");
            response.writeHead(taken ? 200 : 404, { "content-type": json ? "application/json" : "application/x-protobuf" });
            response.end(json && taken ? "{}" : "");
        });
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { url: `http://127.0.0.1:${server.address().port}`, stop: () => new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
    }) };
}

function versionOf(client) {
    if (client.version) return client.version;
    if (client.language === "node") {
        const file = path.join(ROOT, "tests/clients/node/package-lock.json");
        return JSON.parse(readFileSync(file, "utf8")).packages[`node_modules/${client.sdk}`].version;
    }
    const file = path.join(ROOT, "tests/clients/python/requirements.txt");
    const line = readFileSync(file, "utf8").split("\n").find((row) => row.startsWith(`${client.sdk}==`));
    return line.split("==")[1].trim();
}

function clearRecorded(folder) {
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder))
        if (/^\d\d-(traces|logs|metrics)\.(pb|json)$/.test(name)) rmSync(path.join(folder, name));
}

function writeFixtures(client, requests) {
    const folder = path.join(FIXTURES, client.dialect);
    const times = requests.map((r) => earliestOtlp(r.body, r.signal, r.encoding)).filter((time) => time > 0n);
    const earliest = times.reduce((least, time) => (time < least ? time : least), times[0]);
    const rewriter = scrubber(earliest, [[ROOT, "/app"]]);
    clearRecorded(folder);

    return requests.map((request, i) => {
        const name = `${String(i + 1).padStart(2, "0")}-${request.signal}.${request.encoding}`;
        writeFileSync(path.join(folder, name), rewriteOtlp(request.body, request.signal, request.encoding, rewriter));
        return {
            dialect: client.dialect, sdk: client.sdk, version: versionOf(client), signal: request.signal,
            file: `${client.dialect}/${name}`, encoding: request.encoding === "pb" ? "protobuf" : "json",
            contentType: request.type, contentEncoding: request.coding, recorded: true,
        };
    });
}

async function record(client) {
    const requests = [];
    const receiver = await startReceiver(requests);
    const code = await runClient(client, receiver.url);
    await receiver.stop();
    if (code !== 0) throw new Error(`${client.dialect}: the program ended with ${code}`);
    if (requests.length === 0) throw new Error(`${client.dialect}: nothing arrived`);
    return writeFixtures(client, requests);
}

let manifest = existsSync(MANIFEST) ? JSON.parse(readFileSync(MANIFEST, "utf8")) : [];
const names = process.argv.slice(2);
for (const client of CLIENTS) {
    if (names.length > 0 ? !names.includes(client.dialect) : client.optional) continue;
    const rows = await record(client);
    manifest = manifest.filter((row) => row.dialect !== client.dialect).concat(rows);
    console.log(`${client.dialect}: ${rows.length} requests`);
}
manifest.sort((a, b) => (a.file < b.file ? -1 : 1));
writeFileSync(MANIFEST, `[\n${manifest.map((row) => "  " + JSON.stringify(row)).join(",\n")}\n]\n`);
