/** Where to go after a login: the path that was asked for, if it is one of this site; otherwise the start. */
export function safeNext(next: string | undefined, origin: string): string {
  // A browser takes `\` for `/` and drops tabs and line ends, so `/\host` and `/<tab>/host` name another host.
  if (!next || !/^\/(?![/\\])/.test(next) || hasControl(next)) return "/";
  try {
    const url = new URL(next, origin);
    if (url.origin !== origin || url.pathname === "/login" || url.pathname.startsWith("//")) return "/";
    return url.pathname + url.search + url.hash;
  } catch {
    return "/";
  }
}

function hasControl(text: string): boolean {
  return [...text].some((c) => c.charCodeAt(0) < 0x20 || c.charCodeAt(0) === 0x7f);
}
