/*
 *  vercel_legacy - the AI SDK with LegacyOpenTelemetry of @ai-sdk/otel
 */
import { LegacyOpenTelemetry } from "@ai-sdk/otel";
import { registerTelemetry } from "ai";
import { startOtel } from "./otel.mjs";
import { runFleet } from "./vercel_fleet.mjs";

const { finish } = startOtel({ encoding: "protobuf", scope: "fleet", resource: { "service.name": "vercel-fleet" } });
registerTelemetry(new LegacyOpenTelemetry());
await runFleet();
await finish();
