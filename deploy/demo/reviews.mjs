/*
 *  reviews - what specialists look for, in real files
 *
 *  Each review reads the files it is given and returns findings: {file, line, text}.
 */
import { existsSync } from "node:fs";
import path from "node:path";

const lines = (text) => text.split("\n");

function longFunctions(file, text) {
    const findings = [];
    let start = 0;
    lines(text).forEach((line, index) => {
        if (line === "{") start = index;
        if (line === "}" && index - start > 45)
            findings.push({ file, line: start, text: `a function of ${index - start} lines` });
    });
    return findings;
}

function longLines(file, text) {
    return lines(text).flatMap((line, index) =>
        line.length > 100 ? [{ file, line: index + 1, text: `${line.length} columns` }] : []);
}

function openMarks(file, text) {
    return lines(text).flatMap((line, index) =>
        /\b(TO[D]O|FIX[M]E|XX[X])\b/.test(line) ? [{ file, line: index + 1, text: line.trim().slice(0, 80) }] : []);
}

function brokenLinks(file, text) {
    return lines(text).flatMap((line, index) =>
        [...line.matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
            .filter(([, target]) => !existsSync(path.join(path.dirname(file), target)))
            .map(([, target]) => ({ file, line: index + 1, text: `no such file: ${target}` })));
}

function silentHeads(file, text) {
    return / \*  \S+ - \S/.test(text.slice(0, 200)) ? [] : [{ file, line: 1, text: "does not say what it is" }];
}

function unboundedBuffers(file, text) {
    return lines(text).flatMap((line, index) =>
        /\b(strcpy|strcat|sprintf|gets)\s*\(/.test(line) ? [{ file, line: index + 1, text: line.trim().slice(0, 80) }] : []);
}

function defaultExports(file, text) {
    return lines(text).flatMap((line, index) =>
        /^export default/.test(line) ? [{ file, line: index + 1, text: "a default export" }] : []);
}

/* lead: the domain it belongs to; files: which it reads. */
export const reviews = [
    { persona: "security_analyst", skill: "threat-review", lead: "backend", files: /^(services|common|proto)\/.*\.c$/, look: unboundedBuffers, what: "calls that write without a bound" },
    { persona: "complexity_analyst", skill: "code-review", lead: "backend", files: /^services\/.*\.c$/, look: longFunctions, what: "functions that are getting long" },
    { persona: "style_reviewer", skill: "code-review", lead: "backend", files: /^common\/.*\.[ch]$/, look: longLines, what: "lines over 100 columns" },
    { persona: "header_reviewer", skill: "code-review", lead: "backend", files: /^(common|proto)\/[^/]*\.h$/, look: silentHeads, what: "headers that do not say what they are" },
    { persona: "ui_reviewer", skill: "code-review", lead: "frontend", files: /^services\/console\/src\/.*\.tsx?$/, look: defaultExports, what: "default exports" },
    { persona: "width_checker", skill: "code-review", lead: "frontend", files: /^services\/console\/src\/.*\.tsx?$/, look: longLines, what: "lines over 100 columns" },
    { persona: "link_checker", skill: "docs-review", lead: "docs", files: /\.md$/, look: brokenLinks, what: "links that lead nowhere" },
    { persona: "debt_collector", skill: "docs-review", lead: "docs", files: /\.(md|c|h|ts|tsx|mjs)$/, look: openMarks, what: "marks of unfinished work" },
];
