import { useOptionalSession } from "../session/session";
import { hueOf, monogramOf } from "../theme/hues";
import classes from "./OwnerMark.module.css";
import { tip } from "./Tips";

interface Props {
  username: string;
  /** Whether it is the reader's own; by default, whether it is who is signed in. */
  own?: boolean;
  /** In pixels; 20 unless told. */
  size?: number;
  /** Whether the username stands beside it. */
  withName?: boolean;
}

/** Whose something is. One's own is filled, others' are outlined. */
export function OwnerMark({ username, own, size = 20, withName = false }: Props) {
  const me = useOptionalSession()?.user.username;
  const filled = own ?? me === username;
  const mark = (
    <span
      className={classes.mark}
      data-hue={hueOf(username)}
      data-own={filled || undefined}
      style={{ width: size, height: size, fontSize: Math.round(size * 0.46) }}
      {...(withName ? { "aria-hidden": true } : { role: "img", "aria-label": username, ...tip(username) })}
    >
      {monogramOf(username)}
    </span>
  );
  if (!withName) return mark;
  return (
    <span className={classes.root}>
      {mark}
      <span className={classes.name}>{username}</span>
    </span>
  );
}
