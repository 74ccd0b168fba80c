import { Checkbox } from "@mantine/core";
import type { ReactNode } from "react";
import { copyText } from "../../components/clipboard";
import { Icon } from "../../components/Icon";
import { notify } from "../../components/notify";
import { stringifySearch } from "../../search";
import classes from "./Filters.module.css";
import { everybody, isMine, sharedSearch } from "./filter";
import { OwnerSelect } from "./OwnerSelect";
import { SortSelect } from "./SortSelect";
import { StateFilter } from "./StateFilter";
import type { ListSearch } from "./search";
import { TextFilter } from "./TextFilter";

interface Props {
  search: ListSearch;
  me: string;
  /** Takes what has changed; what is undefined leaves the URL. */
  onChange: (change: { [K in keyof ListSearch]?: ListSearch[K] | undefined }) => void;
  /** Stands in the place of the states while there is a selection. */
  selectionBar: ReactNode;
}

/** What the list is narrowed by. */
export function Filters({ search, me, onChange, selectionBar }: Props) {
  const mine = isMine(search, me);
  const copyLink = async () => {
    const url = window.location.origin + window.location.pathname + stringifySearch({ ...sharedSearch(search, me) });
    if (await copyText(url)) notify.success("The link to this list is copied");
    else notify.failure("The browser does not let pages copy");
  };
  return (
    <section className={classes.root} aria-label="Filter">
      <div className={classes.row}>
        <TextFilter value={search.q ?? ""} onChange={(q) => onChange({ q: q || undefined })} />
        <Checkbox
          label="Show only mine"
          checked={mine}
          onChange={(event) => onChange({ owner: event.currentTarget.checked ? undefined : everybody })}
        />
        {mine ? null : <OwnerSelect value={search.owner ?? everybody} onChange={(owner) => onChange({ owner })} />}
        <SortSelect value={search.sort} onChange={(sort) => onChange({ sort })} />
        <button type="button" className={classes.copy} aria-label="Copy link" onClick={copyLink}>
          <Icon name="link" size={14} />
          <span className={classes.copyText}>Copy link</span>
        </button>
      </div>
      {selectionBar ?? <StateFilter value={search.state} onChange={(state) => onChange({ state })} />}
    </section>
  );
}
