/*
 *  models - the AI SDK's own mock models, with a script: call each tool once, then answer
 */
import { simulateReadableStream } from "ai";
import { MockLanguageModelV4 } from "ai/test";

const USAGE = {
    inputTokens: { total: 500, noCache: 180, cacheRead: 300, cacheWrite: 20 },
    outputTokens: { total: 60, text: 50, reasoning: 10 },
};

function scripted(prompt, tools) {
    const done = prompt.filter((message) => message.role === "tool").length;
    const tool = (tools ?? [])[done];
    if (!tool) return { content: [{ type: "text", text: "Two findings, both low." }], finishReason: { unified: "stop", raw: "stop" } };
    const call = { type: "tool-call", toolCallId: `call-${tool.name}`, toolName: tool.name, input: '{"subject":"parser"}' };
    return { content: [call], finishReason: { unified: "tool-calls", raw: "tool_calls" } };
}

function* streamed({ content, finishReason }) {
    yield { type: "stream-start", warnings: [] };
    for (const part of content) {
        if (part.type === "tool-call") yield part;
        else yield* [
            { type: "text-start", id: "1" }, { type: "text-delta", id: "1", delta: part.text }, { type: "text-end", id: "1" },
        ];
    }
    yield { type: "finish", finishReason, usage: USAGE };
}

export const mockModel = (provider, modelId) => new MockLanguageModelV4({
    provider,
    modelId,
    doGenerate: async ({ prompt, tools }) => ({
        ...scripted(prompt, tools), usage: USAGE, warnings: [],
        response: { id: "resp-0001", modelId: `${modelId}-2026-05-01`, timestamp: new Date(0) },
    }),
    doStream: async ({ prompt, tools }) => ({
        stream: simulateReadableStream({ chunks: [...streamed(scripted(prompt, tools))], initialDelayInMs: null, chunkDelayInMs: null }),
    }),
});
