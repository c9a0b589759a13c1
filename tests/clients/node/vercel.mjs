/*
 *  vercel - the AI SDK with OpenTelemetry of @ai-sdk/otel
 */
import { OpenTelemetry } from "@ai-sdk/otel";
import { registerTelemetry } from "ai";
import { startOtel } from "./otel.mjs";
import { runFleet } from "./vercel_fleet.mjs";

const { finish } = startOtel({ encoding: "protobuf", scope: "fleet", resource: { "service.name": "vercel-fleet" } });
registerTelemetry(new OpenTelemetry());
await runFleet();
await finish();
