import { Link } from "@tanstack/react-router";
import { Icon } from "../components/Icon";
import { useSession } from "../session/session";
import classes from "./Navigation.module.css";
import { assetPlaces, clusterPlaces, type Place } from "./navigation";

/** The places to go: in the rail, and in the drawer where it is narrow. */
export function Navigation({ onGo }: { onGo?: () => void }) {
  const { user } = useSession();
  return (
    <nav aria-label="Main" className={classes.root}>
      <Places places={assetPlaces} onGo={onGo} />
      <hr className={classes.line} />
      <Places places={clusterPlaces.filter((place) => user.admin || !place.adminOnly)} onGo={onGo} />
    </nav>
  );
}

function Places({ places, onGo }: { places: readonly Place[]; onGo: (() => void) | undefined }) {
  return (
    <ul className={classes.list}>
      {places.map(({ to, label, icon }) => (
        <li key={to}>
          <Link to={to} className={classes.link} onClick={onGo} activeOptions={{ exact: false, includeSearch: false }}>
            <Icon name={icon} />
            {label}
          </Link>
        </li>
      ))}
    </ul>
  );
}
