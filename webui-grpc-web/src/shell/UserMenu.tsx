import { lazy, Suspense, startTransition, useState } from "react";
import { Icon } from "../components/Icon";
import { OwnerMark } from "../components/OwnerMark";
import { useSession } from "../session/session";
import classes from "./UserMenu.module.css";

const loadItems = () => import("./UserMenuItems");
const UserMenuItems = lazy(loadItems);

/** Who is signed in; opens the menu. The menu itself comes when it is first wanted. */
export function UserMenu() {
  const { user } = useSession();
  const [wanted, setWanted] = useState(false);
  const [opened, setOpened] = useState(false);
  const target = useRef<HTMLButtonElement>(null);
  const focused = useRef(false);
  // The button that had the focus went when the menu came around it.
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
      aria-label={`User menu: ${user.username}`}
      onPointerEnter={loadItems}
      onFocus={loadItems}
      onClick={() => {
        // A button that another takes the place of while it is pressed is not clicked: not before the click.
        startTransition(() => setWanted(true));
        setOpened((was) => !was);
      }}
    >
      <OwnerMark username={user.username} own size={24} />
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
