/** Words and numbers as the console shows them. */

const THOUSAND = 1000;
const MILLION = 1_000_000;

/** Tokens in at most a few characters: 999, 1.5K, 2.0M. Below 1000, and so every negative, as it is. */
export function formatTokenCount(count: number): string {
  if (count < THOUSAND) return String(count);
  if (count < MILLION) return `${(count / THOUSAND).toFixed(1)}K`;
  return `${(count / MILLION).toFixed(1)}M`;
}

/** Dollars with as many decimals as the amount needs to say something. */
export function formatCost(usd: number | null): string {
  if (usd === null) return "–";
  const size = Math.abs(usd);
  if (size === 0) return "$0";
  if (size < 0.0001) return usd < 0 ? "-<$0.0001" : "<$0.0001";
  const text = size < 1 ? size.toFixed(4) : size < THOUSAND ? size.toFixed(2) : formatTokenCount(size);
  return `${usd < 0 ? "-" : ""}$${text}`;
}

/** A length of time in its two largest units: 48s, 2m 14s, 3h 05m, 2d 4h. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${pad(whole % 60)}s`;
  if (whole < 86400) return `${Math.floor(whole / 3600)}h ${pad(Math.floor((whole % 3600) / 60))}m`;
  return `${Math.floor(whole / 86400)}d ${Math.floor((whole % 86400) / 3600)}h`;
}

/** How long ago, in one unit: now, 12s, 3m, 5h, 2d. */
export function formatAge(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 2) return "now";
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m`;
  if (whole < 86400) return `${Math.floor(whole / 3600)}h`;
  return `${Math.floor(whole / 86400)}d`;
}

/** A latency: 0.4 s is 400 ms, longer ones in seconds. */
export function formatLatency(ms: number): string {
  if (ms < THOUSAND) return `${Math.round(ms)} ms`;
  if (ms < 60 * THOUSAND) return `${(ms / THOUSAND).toFixed(1)} s`;
  return formatDuration(ms / THOUSAND);
}

/** A count with thousands separated. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** `1 agent`, `2 agents`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Time of day with milliseconds, in the zone of the reader. */
export function formatClock(us: number): string {
  const at = new Date(us / THOUSAND);
  return `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

/** Date and time, in the zone of the reader. */
export function formatMoment(seconds: number): string {
  const at = new Date(seconds * THOUSAND);
  const date = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  return `${date} ${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
}

/** Bytes in the unit that fits. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
