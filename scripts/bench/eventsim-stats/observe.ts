import { DAY_S, HOUR_S } from "../../../runtime/generator/time";
import type { Topic } from "../../../runtime/schema/events";
import { Clusters } from "./clusters";
import { Quantities } from "./durations";
import { CategoryCounts } from "./shares";

/** What is read of an event, of eventsim's or ours. */
export interface ObservedEvent {
  readonly ts: number;
  readonly sessionId: number;
  readonly level: string;
  readonly itemInSession: number;
  readonly page?: string;
  readonly auth?: string;
  readonly status?: number;
  readonly state?: string;
  readonly userAgent?: string;
  readonly userId?: number;
  readonly gender?: string;
  readonly registration?: number;
  readonly duration?: number;
  readonly success?: boolean;
}

/** A session as far as it is seen within a window. */
interface SeenSession {
  readonly cluster: number;
  readonly firstS: number;
  readonly beginsHere: boolean;
  lastS: number;
  lastItem: number;
  last: string;
  lastPage: string | undefined;
  lastStatus: number;
  events: number;
  isShown: boolean;
}

/** The prefix of the tests that are rows of the table of transitions. */
export const AFTER = "after ";
/** Where a session goes from its last page in a window: it ends, or goes on where nobody looks. */
export const NOTHING_MORE = "(nothing more)";
/** What depends on the catalogue too (songs and how long they play, places, names, browsers), not on the walk alone. */
export const OF_CATALOGUE = [
  "browsers of users",
  "states of users",
  "gender of users",
  "seconds that songs play",
  "seconds from song to song",
  "seconds to a song",
  "seconds to the next of the session",
  "seconds of a session",
];

const WEEKDAYS = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/**
 * What one side shows of one topic: events are given in the order of time, window by window. A window is a stretch of
 * time of which everything is seen; nothing is reckoned over its edges, so that two sides that are cut to the same
 * windows are cut alike.
 */
export class TopicObservations {
  readonly clusters = new Clusters();
  readonly shares = new Map<string, CategoryCounts>();
  readonly quantities = new Map<string, Quantities>();
  /** How many of something there are, by cluster. */
  readonly volumes = new Map<string, CategoryCounts>();
  private readonly knownUsers = new Set<number>();
  private sessions = new Map<number, SeenSession>();
  private lastSessions = new Map<number, SeenSession>();

  constructor(readonly topic: Topic) {}

  see(event: ObservedEvent): void {
    const cluster = this.clusters.of(event.sessionId, event.userId);
    const timeS = Math.floor(event.ts / 1000);
    this.count(this.volumes, "lines", cluster, "");
    this.count(this.shares, "hours (UTC)", cluster, `${Math.floor((timeS % DAY_S) / HOUR_S)}`.padStart(2, "0"));
    this.count(this.shares, "weekdays (UTC)", cluster, WEEKDAYS[Math.floor(timeS / DAY_S) % 7] as string);
    if (this.topic === "page_view_events") this.seePage(event, cluster, timeS);
    else this.seeOther(event, cluster, timeS);
    if (event.userId !== undefined) this.seeUser(event.userId, event, cluster);
  }

  /** The window is over: what is open in it is closed, and forgotten. */
  endWindow(): void {
    for (const session of this.sessions.values()) this.close(session);
    this.sessions = new Map();
    this.lastSessions = new Map();
  }

  private seePage(event: ObservedEvent, cluster: number, timeS: number): void {
    const state = `${event.page} ${event.status}, ${event.auth}, ${event.level}`;
    const status = event.status ?? 0;
    this.count(this.shares, "pages", cluster, state);
    const before = this.sessions.get(event.sessionId);
    if (before !== undefined && event.itemInSession === before.lastItem + 1) {
      this.count(this.shares, `${AFTER}${before.last}`, cluster, state);
      this.measure(gapKind(before, event.page, status), cluster, timeS - before.lastS);
    } else if (event.itemInSession === 0) {
      this.count(this.volumes, "sessions begun", cluster, "");
      this.count(this.shares, "first pages of sessions", cluster, state);
      this.count(
        this.shares,
        "hours in which sessions begin (UTC)",
        cluster,
        `${Math.floor((timeS % DAY_S) / HOUR_S)}`,
      );
    }
    const session = this.follow(event, cluster, timeS, state);
    session.lastStatus = status;
    if (event.userId === undefined) return;
    const last = this.lastSessions.get(event.userId);
    if (session.beginsHere && !session.isShown && last !== undefined && last !== session) {
      this.measure("seconds between sessions", cluster, session.firstS - last.lastS);
    }
    session.isShown = true;
    this.lastSessions.set(event.userId, session);
  }

  private seeOther(event: ObservedEvent, cluster: number, timeS: number): void {
    const { level, auth, success, duration } = event;
    const what = [auth, success === undefined ? undefined : success ? "success" : "failure", level];
    this.count(this.shares, "kinds", cluster, what.filter((word) => word !== undefined).join(", "));
    // eventsim reads the length as a float of 32 bits, so that the last digits of the same song differ.
    if (duration !== undefined) this.measure("seconds that songs play", cluster, Math.round(duration * 100) / 100);
    const before = this.sessions.get(event.sessionId);
    if (before !== undefined) this.measure("seconds to the next of the session", cluster, timeS - before.lastS);
    this.measure("item in session", cluster, event.itemInSession);
    this.follow(event, cluster, timeS, level);
  }

  private follow(event: ObservedEvent, cluster: number, timeS: number, state: string): SeenSession {
    let session = this.sessions.get(event.sessionId);
    if (session === undefined) {
      session = {
        cluster,
        firstS: timeS,
        beginsHere: event.itemInSession === 0,
        lastS: timeS,
        lastItem: event.itemInSession,
        last: state,
        lastPage: event.page,
        lastStatus: 0,
        events: 0,
        isShown: false,
      };
      this.sessions.set(event.sessionId, session);
    }
    session.lastS = timeS;
    session.lastItem = event.itemInSession;
    session.last = state;
    session.lastPage = event.page;
    session.events++;
    return session;
  }

  private close(session: SeenSession): void {
    const { cluster } = session;
    this.measure("lines of a session", cluster, session.events);
    if (this.topic !== "page_view_events") return;
    this.count(this.shares, `${AFTER}${session.last}`, cluster, NOTHING_MORE);
    this.measure("seconds of a session", cluster, session.lastS - session.firstS);
  }

  /** What a user is counts once a user. */
  private seeUser(userId: number, { userAgent, state, gender }: ObservedEvent, cluster: number): void {
    if (this.knownUsers.has(userId)) return;
    this.knownUsers.add(userId);
    this.count(this.volumes, "users seen", cluster, "");
    if (userAgent !== undefined) this.count(this.shares, "browsers of users", cluster, unquoted(userAgent));
    if (state !== undefined) this.count(this.shares, "states of users", cluster, state);
    if (gender !== undefined) this.count(this.shares, "gender of users", cluster, gender);
  }

  private count(map: Map<string, CategoryCounts>, name: string, cluster: number, category: string): void {
    let counts = map.get(name);
    if (counts === undefined) {
      counts = new CategoryCounts();
      map.set(name, counts);
    }
    counts.add(cluster, category);
  }

  private measure(name: string, cluster: number, value: number): void {
    let quantities = this.quantities.get(name);
    if (quantities === undefined) {
      quantities = new Quantities();
      this.quantities.set(name, quantities);
    }
    quantities.add(cluster, value);
  }
}

/** eventsim writes a user agent as it stands in its file, with the quotes of the comma-separated format. */
function unquoted(userAgent: string): string {
  return userAgent.startsWith('"') && userAgent.endsWith('"') ? userAgent.slice(1, -1) : userAgent;
}

/** The walk has a rule of its own for the seconds before each of these. */
function gapKind(before: SeenSession, page: string | undefined, status: number): string {
  if (isRedirect(status)) return "seconds into a redirect";
  if (isRedirect(before.lastStatus)) return "seconds after a redirect";
  if (page !== "NextSong") return "seconds to other pages";
  return before.lastPage === "NextSong" ? "seconds from song to song" : "seconds to a song";
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}
