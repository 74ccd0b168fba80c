import { ActionIcon } from "@mantine/core";
import { type KeyboardEvent, useEffect, useRef } from "react";
import { Icon, type IconName } from "../components/Icon";
import { tip } from "../components/Tips";
import { useFilterKey } from "../components/useFilterKey";
import classes from "./LogToolbar.module.css";
import { LONGEST_TEXT, MOST_MATCHES } from "./logSearch";
import type { Download } from "./useDownload";
import { countOf, type Matches } from "./useMatches";

interface Props {
  matches: Matches;
  total: number;
  times: boolean;
  wrap: boolean;
  onTimes: (on: boolean) => void;
  onWrap: (on: boolean) => void;
  download: Download;
  /** Where the focus goes from the field. */
  onLeave: () => void;
}

export function LogToolbar({ matches, total, times, wrap, onTimes, onWrap, download, onLeave }: Props) {
  const { entries } = download;
  const part = entries === undefined || total === 0 ? 0 : Math.min(100, Math.floor((100 * entries) / total));
  return (
    <div className={classes.root}>
      <SearchField matches={matches} total={total} onLeave={onLeave} />
      <div className={classes.tools}>
        <Toggle icon="clock" label="Times" hint="Show when each line was written" on={times} onChange={onTimes} />
        <Toggle icon="wrap" label="Wrap" hint="Break long lines" on={wrap} onChange={onWrap} />
        {entries === undefined ? (
          <button
            type="button"
            className={classes.tool}
            aria-label="Download"
            onClick={download.start}
            {...tip("Download the whole log")}
          >
            <Icon name="download" size={14} />
            <span className={classes.word}>Download</span>
          </button>
        ) : (
          <button
            type="button"
            className={classes.tool}
            onClick={download.cancel}
            aria-label={`Cancel the download, ${part} %`}
          >
            <Icon name="close" size={14} />
            <span className="num">{part} %</span>
          </button>
        )}
      </div>
    </div>
  );
}

interface ToggleProps {
  icon: IconName;
  label: string;
  hint: string;
  on: boolean;
  onChange: (on: boolean) => void;
}

function Toggle({ icon, label, hint, on, onChange }: ToggleProps) {
  return (
    <button
      type="button"
      className={classes.tool}
      aria-pressed={on}
      aria-label={label}
      onClick={() => onChange(!on)}
      {...tip(hint)}
    >
      <Icon name={icon} size={14} />
      <span className={classes.word}>{label}</span>
    </button>
  );
}

function SearchField({ matches, total, onLeave }: { matches: Matches; total: number; onLeave: () => void }) {
  const { text, setText, found, state, current, go } = matches;
  const field = useRef<HTMLInputElement>(null);
  const searching = found !== "";
  useFilterKey(field);

  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (event.key === "F3" && searching) {
        event.preventDefault();
        go(!event.shiftKey);
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [searching, go]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      go(!event.shiftKey);
    } else if (event.key === "Escape") {
      if (text === "") onLeave();
      setText("");
    }
  };

  return (
    <search className={classes.search}>
      <Icon name="search" size={14} />
      <input
        ref={field}
        className={classes.field}
        value={text}
        maxLength={LONGEST_TEXT}
        placeholder="Search the log"
        aria-label="Search the log"
        aria-keyshortcuts="/"
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {searching ? (
        <>
          <span
            className={classes.count}
            role="status"
            aria-live={state.running ? "off" : "polite"}
            {...tip(
              state.full
                ? `Only the first ${MOST_MATCHES.toLocaleString()} matches are listed: search for more`
                : undefined,
            )}
          >
            {countOf(state, current, total)}
          </span>
          <ActionIcon
            size={22}
            aria-label="Previous match"
            onClick={() => go(false)}
            {...tip("Previous match (Shift+Enter)")}
          >
            <Icon name="up" size={14} />
          </ActionIcon>
          <ActionIcon size={22} aria-label="Next match" onClick={() => go(true)} {...tip("Next match (Enter)")}>
            <Icon name="down" size={14} />
          </ActionIcon>
        </>
      ) : null}
    </search>
  );
}
