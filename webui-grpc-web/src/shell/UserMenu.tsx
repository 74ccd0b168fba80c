import { Suspense, startTransition, useEffect, useRef, useState } from "react";
import { Icon } from "../components/Icon";
import { OwnerMark } from "../components/OwnerMark";
import { loadEarly, part } from "../part";
import { useSession } from "../session/session";
import classes from "./UserMenu.module.css";

const loadItems = () => import("./UserMenuItems");
const UserMenuItems = part(loadItems);

/** How long after the page the menu comes by itself, in milliseconds. */
const idle = 2000;

/** Who is signed in; opens the menu. The menu itself comes later than the page, or when it is wanted. */
export function UserMenu() {
  const { user } = useSession();
  const [wanted, setWanted] = useState(false);
  const [opened, setOpened] = useState(false);
  const target = useRef<HTMLButtonElement>(null);
  const focused = useRef(false);

  useEffect(() => {
    const timer = setTimeout(() => startTransition(() => setWanted(true)), idle);
    return () => clearTimeout(timer);
  }, []);

  // The menu comes around the button, which is another one then: the focus is not to be lost.
  const refocus = () => {
    if (focused.current && document.activeElement === document.body) target.current?.focus();
  };

  const button = (
    <button
      ref={target}
      type="button"
      className={classes.button}
      aria-haspopup="menu"
      aria-expanded={opened}
      onPointerEnter={() => loadEarly(loadItems)}
      onFocus={() => {
        focused.current = true;
        loadEarly(loadItems);
      }}
      onBlur={() => {
        focused.current = false;
      }}
      onClick={() => {
        // A button that another takes the place of while it is pressed is not clicked: not before the click.
        startTransition(() => setWanted(true));
        setOpened((was) => !was);
      }}
    >
      <span aria-hidden className={classes.mark}>
        <OwnerMark username={user.username} own size={24} />
      </span>
      <span className="visually-hidden">User menu: </span>
      <span className={classes.name}>{user.displayName || user.username}</span>
      <Icon name="down" size={12} />
    </button>
  );
  if (!wanted) return button;
  return (
    <Suspense fallback={button}>
      <UserMenuItems opened={opened} onChange={setOpened} onReady={refocus}>
        {button}
      </UserMenuItems>
    </Suspense>
  );
}
