import { OwnerMark } from "../../components/OwnerMark";
import { RelativeTime } from "../../components/RelativeTime";
import { tip } from "../../components/Tips";
import type { Column } from "../../components/table";
import { AssetLink } from "./AssetLines";
import { slotsOf, type Waiting, whyWords } from "./queue";

/** What the queue shows of each asset that waits. */
const columns: readonly Column<Waiting>[] = [
  {
    id: "position",
    header: "#",
    width: 48,
    align: "right",
    narrow: "title",
    cell: ({ position }) => <span className="quiet">{String(position)}</span>,
  },
  { id: "asset", header: "Asset", narrow: "title", cell: ({ asset }) => <AssetLink asset={asset} /> },
  {
    id: "owner",
    header: "Owner",
    width: 144,
    cell: ({ asset }) => <OwnerMark username={asset.owner} withName />,
  },
  { id: "pool", header: "Pool", width: 96, from: 800, cell: ({ asset }) => asset.resourcePool },
  {
    id: "slots",
    header: "Slots",
    width: 56,
    align: "right",
    narrow: "none",
    cell: ({ asset }) => slotsOf(asset),
  },
  {
    id: "why",
    header: "Why it waits",
    from: 640,
    cell: ({ asset }) => (
      <span className="quiet" {...tip(asset.stateReason)}>
        {whyWords(asset)}
      </span>
    ),
  },
  {
    id: "since",
    header: "Since",
    width: 96,
    from: 720,
    narrow: "none",
    cell: ({ asset }) => <RelativeTime at={asset.latestTask?.createdAt ?? asset.createdAt} />,
  },
];

const withoutPool = columns.filter(({ id }) => id !== "pool");

/** With the pool where there is more than one. */
export function queueColumns(pools: number): readonly Column<Waiting>[] {
  return pools > 1 ? columns : withoutPool;
}
