import { useNow } from "./now";
import { durationText, msOf, type Time } from "./time";

interface Props {
  from: Time;
  /** Absent: it goes on. */
  to?: Time;
}

/** How long something took, or has taken until now. */
export function Duration({ from, to }: Props) {
  const start = msOf(from);
  const end = msOf(to);
  const now = useNow(start !== undefined && end === undefined ? 1000 : undefined);
  if (start === undefined) return <span className="quiet">–</span>;
  return <span className="num">{durationText((end ?? Math.max(now, start)) - start)}</span>;
}
