import type { ReactElement } from "react";
import { RelativeTime } from "../../components/RelativeTime";
import type { Agent } from "../../gen/pedl/v1/cluster_pb";
import classes from "./ConditionMark.module.css";
import { asideOf, CONDITION_LABEL, type Condition, conditionOf } from "./condition";

const ring = { cx: 5, cy: 5, r: 4, fill: "none", stroke: "currentColor", strokeWidth: 1.5 };

const glyphs: Record<Condition, ReactElement> = {
  connected: <circle cx="5" cy="5" r="4" fill="currentColor" />,
  away: <circle {...ring} strokeDasharray="2.2 2" />,
  draining: (
    <>
      <circle {...ring} />
      <path d="M1 5a4 4 0 0 0 8 0z" fill="currentColor" />
    </>
  ),
  disabled: (
    <>
      <circle {...ring} />
      <path d="M2.2 7.8l5.6-5.6" stroke="currentColor" strokeWidth="1.5" />
    </>
  ),
};

/** How an agent stands: the shape says it first, the colour again, and a word with it. */
export function ConditionMark({ agent }: { agent: Agent }) {
  const condition = conditionOf(agent);
  const aside = asideOf(agent);
  return (
    <span className={classes.root}>
      <svg
        className={classes.glyph}
        data-condition={condition}
        viewBox="0 0 10 10"
        width="10"
        height="10"
        aria-hidden="true"
      >
        {glyphs[condition]}
      </svg>
      <span className={classes.words}>
        {CONDITION_LABEL[condition]}
        {aside !== null && <span className="quiet">, {aside}</span>}
        <span className={classes.heard}>
          last heard <RelativeTime at={agent.lastSeenAt} />
        </span>
      </span>
    </span>
  );
}
