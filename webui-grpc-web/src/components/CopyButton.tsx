import { ActionIcon } from "@mantine/core";
import { useEffect, useState } from "react";
import { copyText } from "./clipboard";
import { Icon } from "./Icon";
import { tip } from "./Tips";

interface Props {
  value: string;
  /** What is copied, for assistive technology and on hover: `Copy the id`. */
  label: string;
}

export function CopyButton({ value, label }: Props) {
  const [outcome, setOutcome] = useState<"copied" | "failed">();
  useEffect(() => {
    if (!outcome) return;
    const timer = setTimeout(() => setOutcome(undefined), 1600);
    return () => clearTimeout(timer);
  }, [outcome]);
  const said = outcome === "copied" ? "Copied" : outcome === "failed" ? "The browser does not let pages copy" : label;
  return (
    <ActionIcon
      size={24}
      aria-label={said}
      {...tip(said)}
      onClick={async () => setOutcome((await copyText(value)) ? "copied" : "failed")}
    >
      <Icon name={outcome === "copied" ? "check" : "copy"} size={14} />
    </ActionIcon>
  );
}
