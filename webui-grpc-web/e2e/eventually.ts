/** After this many milliseconds, what a test waits for will not come. */
export const PATIENCE = Number(process.env.PEDL_TEST_PATIENCE ?? 30) * 1000;

/** Asks until there is something other than undefined, null and false, and answers that. */
export async function eventually<T>(what: string, probe: () => Promise<T> | T): Promise<NonNullable<T>> {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== null && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
