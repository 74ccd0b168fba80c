import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { AssetSchema } from "../../gen/pedl/v1/asset_pb";
import { type QueueEntry, QueueEntrySchema } from "../../gen/pedl/v1/cluster_pb";
import { poolsOf, slotsOf, waiting, whyWords } from "./queue";

/** `7@gpu#2`: asset 7 waits in `gpu` at place 2. */
function entries(text: string): QueueEntry[] {
  return text.split(" ").map((word) => {
    const [, id = "0", resourcePool = "", position = "0"] = /^(\d+)@(\w+)#(\d+)$/.exec(word) ?? [];
    return create(QueueEntrySchema, { asset: { id: BigInt(id), resourcePool }, position: BigInt(position) });
  });
}

test("an entry on two pages is shown once, as told last", () => {
  const queue = waiting(entries("1@p#1 2@p#2 2@p#1 3@p#2"));
  expect(queue.map(({ asset, position }) => `${asset.id}#${position}`)).toEqual(["1#1", "2#1", "3#2"]);
});

test("how many pools wait", () => {
  expect(poolsOf(waiting(entries("1@big#1 2@big#2 3@small#1")))).toBe(2);
  expect(poolsOf([])).toBe(0);
});

test("slots of an asset", () => {
  const command = (slots?: number) =>
    create(AssetSchema, {
      spec: { case: "command", value: { container: slots === undefined ? {} : { slots } } },
    });
  expect([command(), command(0), command(8), create(AssetSchema)].map(slotsOf)).toEqual([1, 0, 8, 1]);
});

test.each([
  ["waits for 8 free slots in resource pool `big`", "waits for 8 free slots"],
  ["needs 9 slots, but no agent in resource pool `big` has more than 8", "needs 9 slots, but no agent has more than 8"],
  ["ada is inactive", "ada is inactive"],
])("%j is told as %j", (stateReason, words) => expect(whyWords({ stateReason, resourcePool: "big" })).toBe(words));
