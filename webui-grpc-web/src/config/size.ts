// Sizes in bytes as people write them, read as the CLI reads them.

const UNITS = ["k", "m", "g", "t", "p", "e"];
const MAX_U64 = (1n << 64n) - 1n;
const MAX_I64 = (1n << 63n) - 1n;

/** Reads bytes (`1000`), or a number with a unit: `4GiB` and `4Gi` by 1024, `4GB` and `4G` by 1000. */
export function parseSize(text: string): bigint | undefined {
  if (/^\+?\d+$/.test(text)) {
    const bytes = BigInt(text.replace("+", ""));
    return bytes <= MAX_U64 ? bytes : undefined;
  }
  const parts = /^(\d+\.?\d*|\.\d+)\s*([A-Za-z]+)$/u.exec(text);
  const factor = factorOf(parts?.[2]?.toLowerCase() ?? "");
  const number = parts?.[1];
  if (factor === undefined || number === undefined) {
    return undefined;
  }
  if (!number.includes(".")) {
    return atMost(MAX_U64, BigInt(number) * factor);
  }
  const bytes = Number(number) * Number(factor);
  return bytes >= Number(MAX_U64) ? MAX_U64 : BigInt(Math.trunc(bytes));
}

function factorOf(unit: string): bigint | undefined {
  if (unit === "b") {
    return 1n;
  }
  const binary = unit.length > 1 && unit[1] === "i";
  const power = UNITS.indexOf(unit[0] ?? "") + 1;
  const rest = unit.slice(binary ? 2 : 1);
  if (power === 0 || (rest !== "" && rest !== "b")) {
    return undefined;
  }
  return (binary ? 1024n : 1000n) ** BigInt(power);
}

/** In the largest unit that says it exactly. */
export function printSize(bytes: bigint): string {
  for (const [bits, unit] of [
    [30n, "GiB"],
    [20n, "MiB"],
    [10n, "KiB"],
  ] as const) {
    if (bytes > 0n && (bytes >> bits) << bits === bytes) {
      return `${bytes >> bits}${unit}`;
    }
  }
  return `${bytes}`;
}

/** For the master. What does not fit is larger than any machine, and refused as such. */
export function sizeToProto(size: bigint | undefined): bigint {
  return atMost(MAX_I64, size ?? 0n);
}

/** As the master has it; 0: none. */
export function sizeFromProto(bytes: bigint): bigint | undefined {
  return bytes > 0n ? bytes : undefined;
}

function atMost(most: bigint, value: bigint): bigint {
  return value < most ? value : most;
}
