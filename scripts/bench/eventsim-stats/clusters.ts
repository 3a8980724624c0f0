/**
 * Who an event is of. What one user does is no independent observation: users differ by a log-normal factor in how
 * quick they are and how often they come, so every test counts by users. An event without user details belongs to the
 * user whom another event of its session shows, else its session stands for the user.
 */
export class Clusters {
  /** A cluster's parent; its own number where it is the root of its user. */
  private readonly parents: number[] = [];
  private readonly bySession = new Map<number, number>();
  private readonly byUser = new Map<number, number>();

  /** The cluster of an event; `root` tells later to whom it belongs. */
  of(sessionId: number, userId: number | undefined): number {
    const ofSession = this.bySession.get(sessionId);
    if (userId === undefined) return ofSession ?? this.add(sessionId);
    let ofUser = this.byUser.get(userId);
    if (ofUser === undefined) {
      ofUser = this.add(sessionId);
      this.byUser.set(userId, ofUser);
    } else if (ofSession === undefined) {
      this.bySession.set(sessionId, ofUser);
    }
    if (ofSession !== undefined && ofSession !== ofUser) this.parents[this.root(ofSession)] = this.root(ofUser);
    return ofUser;
  }

  root(cluster: number): number {
    let root = cluster;
    for (let parent = this.parents[root]; parent !== undefined && parent !== root; parent = this.parents[root]) {
      root = parent;
    }
    return root;
  }

  /** Clusters so far, joined ones included. */
  get size(): number {
    return this.parents.length;
  }

  private add(sessionId: number): number {
    const cluster = this.parents.length;
    this.parents.push(cluster);
    this.bySession.set(sessionId, cluster);
    return cluster;
  }
}
