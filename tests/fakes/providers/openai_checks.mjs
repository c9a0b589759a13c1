/*
 *  openai_checks - what the OpenAI API refuses, with its own words
 */
import { failed, isReasoningModel } from "./openai.mjs";

const set = (text) => new Set(text.split(" "));
const CHAT_FIELDS = set("messages model audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens metadata modalities moderation n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_options prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity web_search_options");
const RESPONSE_FIELDS = set("access_programs background context_management conversation image include input instructions max_output_tokens max_tool_calls metadata model moderation parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options temperature text tool_choice tools top_logprobs top_p truncation user");
const EMBEDDING_FIELDS = set("input model dimensions encoding_format user");
const COMPLETION_FIELDS = set("model prompt best_of echo frequency_penalty logit_bias logprobs max_tokens n presence_penalty seed stop stream stream_options suffix temperature top_p user");
const ROLES = set("system developer user assistant tool function");
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

const missing = (param) => failed(400, `Missing required parameter: '${param}'.`, { param, code: "missing_required_parameter" });
const wrongType = (param, wanted, got) =>
    failed(400, `Invalid type for '${param}': expected ${wanted}, but got ${got} instead.`, { param, code: "invalid_type" });
const unsupported = (param, value) =>
    failed(400, `Unsupported value: '${param}' does not support ${value} with this model. Only the default (1) value is supported.`, { param, code: "unsupported_value" });

function checkCommon(input, fields, unknown) {
    for (const field of Object.keys(input)) if (!fields.has(field)) return unknown(field);
    if (typeof input.model !== "string") return failed(400, "you must provide a model parameter");
    if (input.stream_options && !input.stream)
        return failed(400, "The 'stream_options' parameter is only allowed when 'stream' is enabled.", { param: "stream_options" });
    if (input.temperature != null && (input.temperature < 0 || input.temperature > 2))
        return failed(400, `Invalid 'temperature': decimal ${input.temperature > 2 ? "above maximum" : "below minimum"} value. Expected a value ${input.temperature > 2 ? "<= 2" : ">= 0"}, but got ${input.temperature} instead.`, { param: "temperature", code: "decimal_above_max_value" });
    if (isReasoningModel(input.model)) {
        if (input.temperature != null && input.temperature !== 1) return unsupported("temperature", input.temperature);
        if (input.top_p != null && input.top_p !== 1) return unsupported("top_p", input.top_p);
    }
    return null;
}

function checkTools(tools, path) {
    if (!Array.isArray(tools)) return wrongType("tools", "an array of objects", typeof tools);
    if (tools.length === 0) return failed(400, "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.", { param: "tools", code: "empty_array" });
    for (const [i, tool] of tools.entries()) {
        if (typeof tool.type !== "string") return missing(`tools[${i}].type`);
        if (tool.type !== "function") continue;
        const body = path === "function" ? tool.function : tool;
        if (!body || typeof body.name !== "string") return missing(path === "function" ? `tools[${i}].function` : `tools[${i}].name`);
        if (!NAME.test(body.name))
            return failed(400, `Invalid 'tools[${i}].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`, { param: `tools[${i}].function.name`, code: "invalid_value" });
        if (body.parameters && body.parameters.type !== "object")
            return failed(400, `Invalid schema for function '${body.name}': schema must be a JSON Schema of 'type: "object"', got 'type: "${body.parameters.type ?? "None"}"'.`, { param: `tools[${i}].function.parameters`, code: "invalid_function_parameters" });
    }
    return null;
}

/* Every call of an assistant must be answered before anyone else speaks; nothing else may be. */
function checkTurns(messages) {
    let open = new Set();
    for (const [i, message] of messages.entries()) {
        if (message.role === "tool") {
            if (typeof message.tool_call_id !== "string") return missing(`messages[${i}].tool_call_id`);
            if (!open.delete(message.tool_call_id))
                return failed(400, "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.", { param: `messages.[${i}].role` });
            continue;
        }
        if (open.size > 0) break;
        open = new Set((message.tool_calls ?? []).map((call) => call.id));
    }
    if (open.size > 0)
        return failed(400, `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(", ")}`, { param: "messages" });
    return null;
}

function checkMessage(message, i) {
    if (!ROLES.has(message.role))
        return failed(400, `Invalid value: '${message.role}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.`, { param: `messages[${i}].role`, code: "invalid_value" });
    if (message.content == null && message.role !== "assistant")
        return failed(400, `Invalid value for 'content': expected a string, got null.`, { param: `messages.[${i}].content` });
    for (const [j, part] of (Array.isArray(message.content) ? message.content : []).entries())
        if (!["text", "image_url", "input_audio", "file", "refusal"].includes(part.type))
            return failed(400, `Invalid value: '${part.type}'. Supported values are: 'text', 'image_url', 'input_audio', 'refusal', 'audio', and 'file'.`, { param: `messages[${i}].content[${j}].type`, code: "invalid_value" });
    for (const [j, call] of (message.tool_calls ?? []).entries()) {
        if (typeof call.id !== "string") return missing(`messages[${i}].tool_calls[${j}].id`);
        if (call.type !== "function") return missing(`messages[${i}].tool_calls[${j}].type`);
        if (typeof call.function?.arguments !== "string")
            return wrongType(`messages[${i}].tool_calls[${j}].function.arguments`, "a string", "an object");
    }
    return null;
}

export function checkChat(input) {
    const common = checkCommon(input, CHAT_FIELDS, (field) => failed(400, `Unrecognized request argument supplied: ${field}`));
    if (common) return common;
    if (!Array.isArray(input.messages)) return missing("messages");
    if (input.messages.length === 0)
        return failed(400, "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.", { param: "messages", code: "empty_array" });
    if (isReasoningModel(input.model) && input.max_tokens != null)
        return failed(400, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", { param: "max_tokens", code: "unsupported_parameter" });
    if (input.tool_choice && !input.tools)
        return failed(400, "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.", { param: "tool_choice" });
    if ("parallel_tool_calls" in input && !input.tools)
        return failed(400, "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified.", { param: "parallel_tool_calls" });
    if (input.stop && [].concat(input.stop).length > 4)
        return failed(400, "Invalid 'stop': array too long. Expected an array with maximum length 4.", { param: "stop", code: "array_above_max_length" });
    const tools = input.tools === undefined ? null : checkTools(input.tools, "function");
    if (tools) return tools;
    for (const [i, message] of input.messages.entries()) {
        const refusal = checkMessage(message, i);
        if (refusal) return refusal;
    }
    return checkTurns(input.messages);
}

export function checkResponse(input, stored) {
    const common = checkCommon(input, RESPONSE_FIELDS, (field) =>
        failed(400, `Unknown parameter: '${field}'.`, { param: field, code: "unknown_parameter" }));
    if (common) return common;
    if (input.input === undefined && !input.prompt && !input.previous_response_id) return missing("input");
    if (input.max_output_tokens != null && input.max_output_tokens < 16)
        return failed(400, `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got ${input.max_output_tokens} instead.`, { param: "max_output_tokens", code: "integer_below_min_value" });
    if (input.previous_response_id && !stored.has(input.previous_response_id))
        return failed(400, `Previous response with id '${input.previous_response_id}' not found.`, { param: "previous_response_id", code: "previous_response_not_found" });
    const tools = input.tools === undefined || input.tools.length === 0 ? null : checkTools(input.tools, "flat");
    if (tools) return tools;
    const before = input.previous_response_id ? stored.get(input.previous_response_id).context : [];
    const items = [...before, ...(Array.isArray(input.input) ? input.input : [])];
    const calls = new Set(items.filter((item) => item.type === "function_call").map((item) => item.call_id));
    const outputs = items.filter((item) => item.type === "function_call_output");
    for (const item of outputs) {
        if (!calls.has(item.call_id)) return failed(400, `No tool call found for function call output with call_id ${item.call_id}.`, { param: "input" });
        calls.delete(item.call_id);
    }
    for (const id of calls) return failed(400, `No tool output found for function call ${id}.`, { param: "input" });
    return null;
}

export function checkEmbeddings(input) {
    const common = checkCommon(input, EMBEDDING_FIELDS, (field) => failed(400, `Unrecognized request argument supplied: ${field}`));
    if (common) return common;
    if (input.input === undefined) return missing("input");
    if (input.input === "" || input.input?.length === 0) return failed(400, "Invalid 'input': input cannot be an empty string.", { param: "input" });
    return null;
}

export const checkCompletion = (input) =>
    checkCommon(input, COMPLETION_FIELDS, (field) => failed(400, `Unrecognized request argument supplied: ${field}`))
    ?? (input.prompt === undefined ? missing("prompt") : null);
