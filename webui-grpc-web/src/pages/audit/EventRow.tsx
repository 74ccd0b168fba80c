import { Link } from "@tanstack/react-router";
import { OwnerMark } from "../../components/OwnerMark";
import { RelativeTime } from "../../components/RelativeTime";
import { tip } from "../../components/Tips";
import type { AuditEvent } from "../../gen/pedl/v1/cluster_pb";
import classes from "./EventList.module.css";
import { actorOf, type Subject, targetOf } from "./event";

/** The cells of one event. */
export function EventRow({ event, onPerson }: { event: AuditEvent; onPerson: (username: string) => void }) {
  return (
    <>
      <td className={classes.time}>
        <RelativeTime at={event.time} />
      </td>
      <td className={classes.who}>
        <Named subject={actorOf(event)} onPerson={onPerson} />
      </td>
      <td className={classes.from}>{event.address}</td>
      <td className={classes.action}>
        <code>{event.action}</code>
      </td>
      <td className={classes.target}>
        <Named subject={targetOf(event)} onPerson={onPerson} />
      </td>
      <td className={classes.result}>
        <span className={classes.outcome}>
          <ResultGlyph succeeded={event.succeeded} />
          {event.succeeded ? "Done" : "Refused"}
        </span>
        {event.detail !== "" && <span className={classes.detail}>{event.detail}</span>}
      </td>
    </>
  );
}

function Named({ subject, onPerson }: { subject: Subject; onPerson: (username: string) => void }) {
  switch (subject.kind) {
    case "user":
      return (
        <button
          type="button"
          className={classes.person}
          onClick={() => onPerson(subject.username)}
          {...tip(`Only what ${subject.username} did, or what was done to it`)}
        >
          <OwnerMark username={subject.username} withName />
        </button>
      );
    case "asset":
      return (
        <Link to="/assets/$id" params={{ id: subject.id }} className="link">
          {subject.id}
        </Link>
      );
    case "text":
      return <span className={classes.text}>{subject.text}</span>;
  }
}

/** A check or a barred ring: the shape says it before the colour. */
function ResultGlyph({ succeeded }: { succeeded: boolean }) {
  const path = succeeded ? "M1.5 5.3 4 7.8l4.5-5.6" : "M5 1a4 4 0 1 0 0 8 4 4 0 1 0 0-8M2.2 7.8l5.6-5.6";
  return (
    <svg className={classes.glyph} viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
      <path d={path} fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
