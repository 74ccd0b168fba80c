import { Autocomplete, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { userListQuery } from "../../api/users";
import { useFilterKey } from "../../components/useFilterKey";
import { foldUsername, usernameProblem } from "../users/username";
import { actionOptions } from "./actions";
import classes from "./Filters.module.css";
import { type AuditSearch, fromLocalInput, isQuick, localInput, QUICK_RANGES } from "./filter";

interface Props {
  search: AuditSearch;
  onChange: (search: AuditSearch) => void;
}

const CUSTOM = "custom";

/** Who, what, when. */
export function Filters({ search, onChange }: Props) {
  const [isCustom, setCustom] = useState(!isQuick(search));
  const showsTimes = isCustom || !isQuick(search);
  const { since, until, ...timeless } = search;
  const chooseRange = (value: string) => {
    setCustom(value === CUSTOM);
    if (value !== CUSTOM) onChange(value === "" ? timeless : { ...timeless, since: value });
  };
  const chooseTimes = (from: string | undefined, to: string | undefined) =>
    onChange({
      ...timeless,
      ...(from === undefined ? {} : { since: from }),
      ...(to === undefined ? {} : { until: to }),
    });

  return (
    <div className={classes.filters}>
      <Person key={search.who ?? ""} search={search} onChange={onChange} />
      <Select
        className={classes.action ?? ""}
        aria-label="Action"
        placeholder="Any action"
        data={actionOptions(search.action)}
        value={search.action ?? null}
        clearable
        searchable
        nothingFoundMessage="No such action"
        onChange={(action) => {
          const { action: _, ...others } = search;
          onChange(action === null ? others : { ...others, action });
        }}
      />
      <Select
        className={classes.range ?? ""}
        aria-label="Time"
        data={[...QUICK_RANGES, { value: CUSTOM, label: "From … to …" }]}
        value={showsTimes ? CUSTOM : (search.since ?? "")}
        allowDeselect={false}
        onChange={(value) => value !== null && chooseRange(value)}
      />
      {showsTimes && (
        <div className={classes.times}>
          <TimeInput label="From" time={since} onChange={(from) => chooseTimes(from, until)} />
          <TimeInput label="To" time={until} onChange={(to) => chooseTimes(since, to)} />
        </div>
      )}
    </div>
  );
}

function Person({ search, onChange }: Props) {
  const input = useRef<HTMLInputElement>(null);
  useFilterKey(input);
  const users = useQuery(userListQuery());
  const [typed, setTyped] = useState(search.who ?? "");
  const [problem, setProblem] = useState<string>();
  const commit = (text: string) => {
    const who = foldUsername(text);
    const bad = who === "" ? undefined : usernameProblem(who);
    setProblem(bad);
    if (bad !== undefined || who === (search.who ?? "")) return;
    const { who: _, ...others } = search;
    onChange(who === "" ? others : { ...others, who });
  };
  return (
    <Autocomplete
      className={classes.person ?? ""}
      aria-label="Person, by or to whom it was done"
      placeholder="Anybody"
      ref={input}
      data={(users.data?.users ?? []).map(({ username }) => username)}
      limit={20}
      value={typed}
      error={problem}
      clearable
      autoCapitalize="none"
      spellCheck={false}
      onChange={(text) => {
        setTyped(text);
        if (text === "") commit("");
      }}
      onOptionSubmit={commit}
      onBlur={() => commit(typed)}
      onKeyDown={(event) => event.key === "Enter" && commit(typed)}
    />
  );
}

function TimeInput({
  label,
  time,
  onChange,
}: {
  label: string;
  time: string | undefined;
  onChange: (time: string | undefined) => void;
}) {
  return (
    <TextInput
      key={time ?? ""}
      type="datetime-local"
      aria-label={label}
      leftSection={<span className={classes.label}>{label}</span>}
      leftSectionWidth={48}
      defaultValue={localInput(time, Date.now())}
      onBlur={(event) => {
        const typed = event.currentTarget.value;
        // An untouched input keeps a time's seconds, and a relative one relative.
        if (typed !== localInput(time, Date.now())) onChange(fromLocalInput(typed));
      }}
    />
  );
}
