import { OwnerMark } from "../../components/OwnerMark";
import { tip } from "../../components/Tips";
import { type Agent, SlotKind } from "../../gen/pedl/v1/cluster_pb";
import { hueOf } from "../../theme/hues";
import classes from "./Slots.module.css";
import { type Holder, layOut, type Segment, segmentsOf, slotWords } from "./slots";

/** As many as a line has room for. */
const MAX_OWNERS = 5;

/** An agent's slots: a cell each, or a bar where they are many; each in the hue of whose work holds it. */
export function Slots({ agent, holders }: { agent: Agent; holders: readonly Holder[] }) {
  const { slots, usedSlots, slotKind } = agent;
  const layout = layOut(slots, usedSlots, holders);
  const isGpu = slotKind === SlotKind.GPU;
  const words = slotWords(slots, usedSlots, isGpu ? "GPU" : "CPU slot", holders);
  return (
    <div className={classes.root}>
      <div
        role="img"
        aria-label={words}
        className={layout.kind === "bar" ? classes.bar : classes.cells}
        {...tip(words)}
      >
        {layout.kind === "bar"
          ? layout.segments.map(({ owner, slots: held }) => (
              <span
                key={owner ?? ""}
                className={classes.segment}
                style={{ ...hue(owner), width: `${(100 * held) / layout.total}%` }}
              />
            ))
          : layout.cells.map((cell, index) => (
              <span
                // A slot has no other identity than its place.
                // biome-ignore lint/suspicious/noArrayIndexKey: see above
                key={index}
                className={classes.cell}
                data-used={cell.used || undefined}
                style={cell.used ? hue(cell.owner) : undefined}
              />
            ))}
      </div>
      <span className={classes.numbers}>
        {usedSlots}/{slots} <span className="quiet">{isGpu ? "GPU" : "CPU"}</span>
      </span>
      <Owners segments={segmentsOf(Math.min(usedSlots, slots), holders)} />
    </div>
  );
}

/** Whose work holds how many slots: two people can have one hue. */
function Owners({ segments }: { segments: readonly Segment[] }) {
  const shown = segments.slice(0, MAX_OWNERS);
  const left = segments.slice(MAX_OWNERS).reduce((all, { slots }) => all + slots, 0);
  return (
    // What the picture's label says already.
    <span className={classes.owners} aria-hidden="true">
      {shown.map(({ owner, slots }) => (
        <span key={owner ?? ""} className={classes.share}>
          {owner === null ? <span className="quiet">others</span> : <OwnerMark username={owner} size={16} />}
          {slots}
        </span>
      ))}
      {left > 0 && <span className="quiet">and {left} more</span>}
    </span>
  );
}

function hue(owner: string | null): React.CSSProperties {
  const colour = owner === null ? "var(--ink-3)" : `var(--hue-${hueOf(owner)})`;
  return { "--held": colour } as React.CSSProperties;
}
