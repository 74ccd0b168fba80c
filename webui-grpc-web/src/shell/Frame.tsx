import { ActionIcon } from "@mantine/core";
import { Link, Outlet } from "@tanstack/react-router";
import { Suspense, useState } from "react";
import { ConfirmHost } from "../components/ConfirmHost";
import { Icon } from "../components/Icon";
import { Notices } from "../components/Notices";
import { Tips } from "../components/Tips";
import { part } from "../part";
import { useOptionalSession } from "../session/session";
import { AwayBanner } from "./AwayBanner";
import classes from "./Frame.module.css";
import { Navigation } from "./Navigation";
import { Overlays } from "./Overlays";
import { SearchButton } from "./SearchButton";
import { UserMenu } from "./UserMenu";
import { Wordmark } from "./Wordmark";

const NavDrawer = part(() => import("./NavDrawer"));

/** What stands around every page of somebody who is signed in. */
export function Frame() {
  const signedIn = useOptionalSession();
  const [drawer, setDrawer] = useState(false);
  // On the way to the login page.
  if (!signedIn) return null;
  return (
    // Another account starts afresh: nothing of one's page is left to the next.
    <div className={classes.root} key={String(signedIn.session.id)}>
      <a href="#page" className={classes.skip}>
        Skip to the page
      </a>
      <div className={classes.rail}>
        <Link to="/commands" className={classes.brand} aria-label="PEDL: start">
          <Wordmark />
        </Link>
        <Navigation />
      </div>
      <header className={classes.bar}>
        <ActionIcon
          className={classes.burger ?? ""}
          size={36}
          aria-label="Open the navigation"
          onClick={() => setDrawer(true)}
        >
          <Icon name="menu" />
        </ActionIcon>
        <Link to="/commands" className={classes.barBrand} aria-label="PEDL: start">
          <Wordmark />
        </Link>
        <SearchButton />
        <UserMenu />
      </header>
      <AwayBanner />
      <main id="page" className={classes.page} tabIndex={-1}>
        <Outlet />
      </main>
      {drawer ? (
        <Suspense>
          <NavDrawer onClose={() => setDrawer(false)} />
        </Suspense>
      ) : null}
      <Overlays />
      <ConfirmHost />
      <Notices />
      <Tips />
    </div>
  );
}
