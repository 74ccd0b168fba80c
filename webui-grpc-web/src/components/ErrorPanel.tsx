import { Button } from "@mantine/core";
import { explain } from "../api/errors";
import classes from "./ErrorPanel.module.css";
import { Icon } from "./Icon";

interface Props {
  error: unknown;
  onRetry?: () => void;
}

/** What went wrong and what to do, where it went wrong. */
export function ErrorPanel({ error, onRetry }: Props) {
  const { title, detail } = explain(error);
  return (
    <div className={classes.root} role="alert">
      <Icon name="alert" />
      <div className={classes.text}>
        <p className={classes.title}>{title}</p>
        {detail ? <p className={classes.detail}>{detail}</p> : null}
        {onRetry ? (
          <Button variant="default" size="xs" mt={8} onClick={onRetry}>
            Try again
          </Button>
        ) : null}
      </div>
    </div>
  );
}
