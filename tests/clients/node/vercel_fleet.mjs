/*
 *  vercel_fleet - three tiers on the AI SDK: each agent is a tool of the one above
 */
import { generateText, isStepCount, streamText, tool } from "ai";
import { z } from "zod";
import { mockModel } from "./models.mjs";

const QUIET = { recordInputs: false, recordOutputs: false };
const inputSchema = z.object({ subject: z.string() });

const agentTool = (description, execute) => tool({ description, inputSchema, execute });

async function specialist() {
    const result = streamText({
        model: mockModel("openai.responses", "gpt-5-nano"),
        prompt: "Look for memory errors in the parser.",
        tools: {
            run_tests: agentTool("Runs the tests", async () => { throw new Error("2 of 40 tests failed"); }),
        },
        stopWhen: isStepCount(3),
        telemetry: { functionId: "security_analyst", recordInputs: false },
    });
    return await result.text;
}

async function lead() {
    const result = await generateText({
        model: mockModel("anthropic.messages", "claude-haiku-4-5"),
        prompt: "Review the parser.",
        tools: { security_analyst: agentTool("Finds memory errors", specialist) },
        stopWhen: isStepCount(3),
        telemetry: { functionId: "backend_lead", ...QUIET },
    });
    return result.text;
}

export async function runFleet() {
    await generateText({
        model: mockModel("openai.responses", "gpt-5-mini"),
        prompt: "Make the parser safe.",
        tools: { backend_lead: agentTool("Leads the backend work", lead) },
        stopWhen: isStepCount(3),
        maxRetries: 1,
        telemetry: { functionId: "orchestrator", ...QUIET },
    });
}
