const two = (n: number) => String(n).padStart(2, "0");

/** The time of day here, to the millisecond: `14:03:22.081`. */
export function clockTime(ms: number): string {
  const at = new Date(ms);
  const millis = String(at.getMilliseconds()).padStart(3, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${millis}`;
}

/** Date and time here, and in UTC. */
export function exactTime(ms: number): string {
  const at = new Date(ms);
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${clockTime(ms)} here\n${at.toISOString().replace("T", " ").replace("Z", "")} UTC`;
}
