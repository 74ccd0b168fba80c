export interface Outcome<Item, Result> {
  readonly item: Item;
  readonly result?: Result;
  readonly error?: unknown;
}

/** Does something with each item, at most `width` at a time; one that fails stops none of the others. */
export async function inTurns<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<Outcome<Item, Result>[]> {
  const outcomes: Outcome<Item, Result>[] = [];
  const rest = items.entries();
  const worker = async () => {
    for (const [index, item] of rest) {
      try {
        outcomes[index] = { item, result: await work(item) };
      } catch (error) {
        outcomes[index] = { item, error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return outcomes;
}
