import { Modal } from "@mantine/core";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { Icon } from "../components/Icon";
import { OwnerMark } from "../components/OwnerMark";
import classes from "./Palette.module.css";
import { grouped, type Item } from "./paletteItems";
import { usePaletteItems } from "./usePaletteItems";

/** Goes anywhere and does anything by a few letters. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const id = useId();
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const groups = grouped(usePaletteItems(typed));
  const items = groups.flatMap(([, group]) => group);
  const chosen = items[Math.min(at, items.length - 1)];

  // biome-ignore lint/correctness/useExhaustiveDependencies: another one is chosen
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [chosen?.id]);

  const run = (item: Item | undefined) => {
    if (!item) return;
    // First, for what it does may open something itself.
    onClose();
    void item.run();
  };

  const onKey = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && items.length > 0) {
      event.preventDefault();
      setAt((Math.min(at, items.length - 1) + step + items.length) % items.length);
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      run(chosen);
    }
  };

  return (
    <Modal opened onClose={onClose} withCloseButton={false} padding={0} size={560} aria-label="Search or go to">
      <div className={classes.field}>
        <Icon name="search" />
        <input
          className={classes.input}
          placeholder="A page, a number, a person, words of a description…"
          role="combobox"
          aria-label="Search or go to"
          aria-expanded
          aria-controls={`${id}-list`}
          aria-activedescendant={chosen ? `${id}-${chosen.id}` : undefined}
          data-autofocus
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKey}
        />
      </div>
      <div ref={list} id={`${id}-list`} role="listbox" aria-label="Found" className={classes.list}>
        {groups.map(([group, members]) => (
          // biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields
          <div key={group} role="group" aria-label={group}>
            <div className={classes.group} aria-hidden>
              {group}
            </div>
            {members.map((item) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the focus and takes the keys
              <div
                key={item.id}
                id={`${id}-${item.id}`}
                role="option"
                tabIndex={-1}
                aria-selected={item === chosen}
                className={classes.item}
                onPointerMove={() => setAt(items.indexOf(item))}
                onClick={() => run(item)}
              >
                {item.owner ? <OwnerMark username={item.owner} /> : <Icon name={item.icon} />}
                <span className={classes.label}>{item.label}</span>
                {item.hint ? <span className={classes.hint}>{item.hint}</span> : null}
              </div>
            ))}
          </div>
        ))}
        {items.length === 0 ? <p className={classes.none}>Nothing is called that.</p> : null}
      </div>
    </Modal>
  );
}
