import { Menu } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useLayoutEffect } from "react";
import { Icon } from "../components/Icon";
import { notify } from "../components/notify";
import { defaultAccount, signOut, useSession } from "../session/session";
import { type Scheme, schemeLabels, schemes, useScheme } from "../theme/scheme";
import { overlay } from "./open";
import classes from "./UserMenu.module.css";

interface Props {
  opened: boolean;
  onChange: (opened: boolean) => void;
  /** Called once the menu stands around its button. */
  onReady: () => void;
  children: ReactNode;
}

const schemeIcons = { auto: "system", light: "sun", dark: "moon" } as const satisfies Record<Scheme, string>;

export default function UserMenuItems({ opened, onChange, onReady, children }: Props) {
  const { user } = useSession();
  const [scheme, setScheme] = useScheme();
  const navigate = useNavigate();
  // biome-ignore lint/correctness/useExhaustiveDependencies: once
  useLayoutEffect(onReady, []);
  return (
    <Menu opened={opened} onChange={onChange} position="bottom-end" width={240} withinPortal>
      <Menu.Target>{children}</Menu.Target>
      <Menu.Dropdown>
        <div className={classes.who}>
          <div className={classes.strong}>{user.displayName || user.username}</div>
          <div className="quiet">
            {[user.displayName ? user.username : "", user.admin ? "administrator" : ""].filter(Boolean).join(" · ")}
          </div>
        </div>
        <Menu.Divider />
        <Menu.Item component={Link} to="/account" leftSection={<Icon name="user" />}>
          Account
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="key" />} onClick={() => overlay.set("shortcuts")}>
          Keyboard shortcuts
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Theme</Menu.Label>
        {schemes.map((s) => (
          <Menu.Item
            key={s}
            // The library makes each a plain menuitem, which cannot be checked.
            aria-current={scheme === s}
            closeMenuOnClick={false}
            leftSection={<Icon name={schemeIcons[s]} />}
            rightSection={scheme === s ? <Icon name="check" size={14} /> : null}
            onClick={() => setScheme(s)}
          >
            {schemeLabels[s]}
          </Menu.Item>
        ))}
        <Menu.Divider />
        {user.username === defaultAccount ? (
          <Menu.Item
            leftSection={<Icon name="signIn" />}
            onClick={() =>
              navigate({ to: "/login", search: { next: window.location.pathname + window.location.search } })
            }
          >
            Sign in
          </Menu.Item>
        ) : null}
        <Menu.Item leftSection={<Icon name="signOut" />} onClick={() => signOut().catch(notify.failure)}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
