// The topics that reach one client of the gateway: everybody, and its group. While it drops what is relayed to it, it is subscribed to none, and
// what it misses is counted by what was published meanwhile.

/** What is published to it goes to all that have subscribed. Everybody is one, and so is each group. */
export class Topic {
  readonly name: string
  /** Messages until now. */
  published = 0
  private members = 0
  private readonly unused: () => void

  /** @param unused is called when its last member has gone */
  constructor(name: string, unused: () => void) {
    this.name = name
    this.unused = unused
  }

  /** One more is to get what is published to it, or one less. */
  count(change: 1 | -1): void {
    this.members += change
    if (this.members === 0) this.unused()
  }
}

/** Where what is published comes from, for one client. */
export interface Source {
  subscribe(topic: string): void
  unsubscribe(topic: string): void
}

export class Subscriptions {
  private readonly source: Source
  /** While it drops, the value is what had been published when that was last counted. */
  private readonly known = new Map<Topic, number>()
  private dropping = false
  private missed = 0

  constructor(source: Source) {
    this.source = source
  }

  get isDropping(): boolean {
    return this.dropping
  }

  add(topic: Topic): void {
    if (this.known.has(topic)) return
    topic.count(1)
    this.known.set(topic, topic.published)
    if (!this.dropping) this.source.subscribe(topic.name)
  }

  remove(topic: Topic): void {
    if (!this.known.has(topic)) return
    this.countMissed()
    this.known.delete(topic)
    this.source.unsubscribe(topic.name)
    topic.count(-1)
  }

  /** Of all, when it is gone. */
  clear(): void {
    for (const topic of [...this.known.keys()]) this.remove(topic)
  }

  /** From now on what is published passes it by. */
  drop(): void {
    if (this.dropping) return
    this.dropping = true
    for (const topic of this.known.keys()) {
      this.known.set(topic, topic.published)
      this.source.unsubscribe(topic.name)
    }
  }

  /** A message for it alone was dropped. */
  dropOne(): void {
    this.missed++
  }

  /** It gets everything again. */
  dropNoMore(): void {
    if (!this.dropping) return
    this.countMissed()
    this.dropping = false
    for (const topic of this.known.keys()) this.source.subscribe(topic.name)
  }

  /** How many messages it has missed since this was last asked. */
  takeMissed(): number {
    this.countMissed()
    const { missed } = this
    this.missed = 0
    return missed
  }

  private countMissed(): void {
    if (!this.dropping) return
    for (const [topic, counted] of this.known) {
      this.missed += topic.published - counted
      this.known.set(topic, topic.published)
    }
  }
}
