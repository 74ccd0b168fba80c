import classes from "./Skeleton.module.css";

interface Props {
  /** Any CSS length. */
  width?: string | number;
  /** In pixels: that of what comes. */
  height?: number;
}

/** Stands where something will, in its size. */
export function Skeleton({ width = "100%", height = 12 }: Props) {
  return <span aria-hidden className={classes.root} style={{ width, height }} />;
}

/** Several lines of text that will come. */
export function SkeletonLines({ lines = 3 }: { lines?: number }) {
  return (
    <span className={classes.lines} role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines have no other identity
        <Skeleton key={i} width={`${[92, 78, 85, 64][i % 4]}%`} />
      ))}
    </span>
  );
}
