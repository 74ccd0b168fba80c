/** Where a join token is put on the machine that joins; docs/second-machine.md does the same. */
export const TOKEN_FILE = "/usr/local/pedl/etc/agent-token";

/** The line that makes a machine join. The token is read from a file: a command line can be seen by all of a machine. */
export function joinCommand(origin: string): string {
  return `sudo pedl-agent --master ${origin} --token-file ${TOKEN_FILE}`;
}

/** Takes the token from the terminal, so that it is in no shell's history. */
export const SAVE_COMMAND = `sudo install -D -m 600 /dev/stdin ${TOKEN_FILE}`;

/** Whether other machines cannot reach the master by the address that this page was opened with. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]" || /^127\./.test(hostname);
}
