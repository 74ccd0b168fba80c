import { useNow } from "./now";
import { tip } from "./Tips";
import { exactly, msOf, relative, staleAfter, type Time } from "./time";

interface Props {
  at: Time;
}

/** When something was, in words; the exact time, here and in UTC, on hover and focus. */
export function RelativeTime({ at }: Props) {
  const ms = msOf(at);
  return ms === undefined ? <span className="quiet">–</span> : <Ticking ms={ms} />;
}

function Ticking({ ms }: { ms: number }) {
  const now = useNow(staleAfter(ms, Date.now()));
  return (
    <time className="num" dateTime={new Date(ms).toISOString()} {...tip(exactly(ms))}>
      {relative(ms, Math.max(now, Date.now() - 1000))}
    </time>
  );
}
