/** A UUID (version 4). `crypto.randomUUID` is there only under TLS and on the own machine. */
export function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/**
 * The ids of requests: the same for the same request, so that asking again after an answer was lost creates nothing twice,
 * and another one where something was changed.
 */
export function requestIds(): (content: string) => string {
  let last: { content: string; id: string } | undefined;
  return (content) => {
    if (last?.content !== content) {
      last = { content, id: randomUuid() };
    }
    return last.id;
  };
}
