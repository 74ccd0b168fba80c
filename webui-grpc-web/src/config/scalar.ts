// What plain scalars of YAML 1.2's core schema mean, as the CLI reads them.

const MAX_I64 = (1n << 63n) - 1n;

export function isNull(text: string): boolean {
  return ["", "null", "Null", "NULL", "~"].includes(text);
}

export function parseBool(text: string): boolean | undefined {
  if (["true", "True", "TRUE"].includes(text)) {
    return true;
  }
  return ["false", "False", "FALSE"].includes(text) ? false : undefined;
}

/** An integer of at most 64 bits; `010` is none. */
export function parseInteger(text: string): bigint | undefined {
  const parts = /^([-+]?)(0x[0-9a-fA-F]+|0o[0-7]+|0b[01]+|0|[1-9]\d*)$/.exec(text);
  if (parts?.[2] === undefined) {
    return undefined;
  }
  const size = BigInt(parts[2]);
  const value = parts[1] === "-" ? -size : size;
  return value <= MAX_I64 && value >= -MAX_I64 - 1n ? value : undefined;
}

export function parseFloat64(text: string): number | undefined {
  const infinity = /^([-+]?)\.(?:inf|Inf|INF)$/.exec(text);
  if (infinity !== null) {
    return infinity[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  if ([".nan", ".NaN", ".NAN"].includes(text)) {
    return Number.NaN;
  }
  if (!/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)) {
    return undefined;
  }
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** What a plain scalar is, in the words of the CLI's errors. */
export function describePlain(text: string): string {
  if (isNull(text)) {
    return "nothing";
  }
  if (parseBool(text) !== undefined) {
    return `boolean \`${parseBool(text)}\``;
  }
  const integer = parseInteger(text);
  if (integer !== undefined) {
    return `integer \`${integer}\``;
  }
  if (!/^[-+]?0\d+$/.test(text) && parseFloat64(text) !== undefined) {
    return `floating point \`${text}\``;
  }
  return `string "${text}"`;
}

/** Whether this stands for something else than text when it is without quotes. */
export function looksLikeMore(text: string): boolean {
  return describePlain(text) !== `string "${text}"` || /^[-+]?\d+$/.test(text);
}
