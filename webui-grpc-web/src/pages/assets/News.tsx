import { Button } from "@mantine/core";
import type { LiveList } from "./liveList";
import type { Shown } from "./liveSource";
import classes from "./News.module.css";

interface Props {
  list: LiveList;
  watch: Shown["watch"];
  onShow: () => void;
  onReload: () => void;
}

/** What has come and waits to be shown; and that nothing comes, where nothing does. */
export function News({ list, watch, onShow, onReload }: Props) {
  const count = list.waiting.size;
  return (
    <div role="status" className={classes.root}>
      {count > 0 ? (
        <Button size="compact-sm" className={classes.button ?? ""} onClick={onShow}>
          {list.overflow ? `${count}+` : count} new
        </Button>
      ) : watch === "on" ? null : (
        <Button variant="default" size="compact-sm" className={classes.button ?? ""} onClick={onReload}>
          {watch === "unsupported"
            ? "This master does not tell of changes: read anew"
            : "Live updates broke off: read anew"}
        </Button>
      )}
    </div>
  );
}
