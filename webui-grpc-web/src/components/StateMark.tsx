import type { ReactElement } from "react";
import { stateOf } from "../assets/states";
import { AssetState } from "../gen/pedl/v1/asset_pb";
import classes from "./StateMark.module.css";

interface Props {
  state: AssetState;
  /** Whether its word stands beside it; otherwise only assistive technology gets it. */
  withLabel?: boolean;
}

/** How something stands: the shape says it first, the colour says it again. */
export function StateMark({ state, withLabel = false }: Props) {
  const { label, tone } = stateOf(state);
  return (
    <span className={classes.root} data-tone={tone}>
      <svg
        className={classes.glyph}
        viewBox="0 0 10 10"
        width="10"
        height="10"
        {...(withLabel ? { "aria-hidden": true } : { role: "img", "aria-label": label })}
      >
        <title>{label}</title>
        {glyphs[state] ?? glyphs[AssetState.UNSPECIFIED]}
      </svg>
      {withLabel ? <span className={classes.label}>{label}</span> : null}
    </span>
  );
}

const ring = { cx: 5, cy: 5, r: 4, fill: "none", stroke: "currentColor", strokeWidth: 1.5 };
const stroke = {
  fill: "none",
  stroke: "currentColor",
  strokeWidth: 2,
  strokeLinecap: "round",
  strokeLinejoin: "round",
} as const;

const glyphs: Record<AssetState, ReactElement> = {
  [AssetState.UNSPECIFIED]: <circle cx="5" cy="5" r="1.5" fill="currentColor" />,
  [AssetState.QUEUED]: <circle {...ring} />,
  [AssetState.STARTING]: (
    <>
      <circle {...ring} />
      <path d="M5 1a4 4 0 0 1 0 8z" fill="currentColor" />
    </>
  ),
  [AssetState.RUNNING]: (
    <>
      <circle className={classes.halo} cx="5" cy="5" r="4" fill="currentColor" />
      <circle cx="5" cy="5" r="4" fill="currentColor" />
    </>
  ),
  [AssetState.PAUSED]: <path d="M3 1.2v7.6M7 1.2v7.6" {...stroke} />,
  [AssetState.STOPPING]: (
    <>
      <circle {...ring} />
      <rect x="3.4" y="3.4" width="3.2" height="3.2" fill="currentColor" />
    </>
  ),
  [AssetState.COMPLETED]: <path d="M1.2 5.4 3.9 8.1 8.8 2.2" {...stroke} />,
  [AssetState.FAILED]: <path d="m1.6 1.6 6.8 6.8M8.4 1.6 1.6 8.4" {...stroke} />,
  [AssetState.KILLED]: <rect x="1" y="1" width="8" height="8" rx="1" fill="currentColor" />,
  [AssetState.LOST]: <circle {...ring} strokeDasharray="2.2 2" />,
};
