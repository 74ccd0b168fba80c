import { ActionIcon } from "@mantine/core";
import { useEffect } from "react";
import { useStore } from "../store";
import { Icon } from "./Icon";
import classes from "./Notices.module.css";
import { dismiss, type Notice, notices } from "./notify";

/** What `notify` tells. Stands once, in the frame of the page. */
export function Notices() {
  const all = useStore(notices);
  return (
    <section className={classes.root} aria-label="Notices" aria-live="polite">
      {all.map((notice) => (
        <OneNotice key={notice.id} {...notice} />
      ))}
    </section>
  );
}

function OneNotice({ id, tone, title, detail }: Notice) {
  useEffect(() => {
    if (tone === "bad") return;
    const timer = setTimeout(() => dismiss(id), 5000);
    return () => clearTimeout(timer);
  }, [id, tone]);
  return (
    <div className={classes.notice} data-tone={tone}>
      <Icon name={tone === "good" ? "check" : "alert"} />
      <div className={classes.text}>
        <p className={classes.title}>{title}</p>
        {detail ? <p className={classes.detail}>{detail}</p> : null}
      </div>
      <ActionIcon size={24} aria-label="Dismiss" onClick={() => dismiss(id)}>
        <Icon name="close" size={14} />
      </ActionIcon>
    </div>
  );
}
