// The topics that reach one client of the gateway: everybody, and its group. While it drops what is relayed to it, it is subscribed to none, and
// what it misses is counted by what was published meanwhile.

export interface Topics {
  subscribe(topic: string): void
  unsubscribe(topic: string): void
  /** How many messages have been published to a topic until now. */
  publishedTo(topic: string): number
}

export class Subscriptions {
  private readonly topics: Topics
  /** While it drops, the value is what had been published by then. */
  private readonly known = new Map<string, number>()
  private dropping = false
  private missed = 0

  constructor(topics: Topics) {
    this.topics = topics
  }

  get isDropping(): boolean {
    return this.dropping
  }

  add(topic: string): void {
    this.known.set(topic, this.topics.publishedTo(topic))
    if (!this.dropping) this.topics.subscribe(topic)
  }

  remove(topic: string): void {
    if (this.dropping) this.missed += this.missedOf(topic)
    this.known.delete(topic)
    this.topics.unsubscribe(topic)
  }

  /** Of all, when it is gone. */
  clear(): void {
    for (const topic of this.known.keys()) this.topics.unsubscribe(topic)
    this.known.clear()
  }

  /** From now on what is published passes it by. */
  drop(): void {
    this.dropping = true
    for (const topic of this.known.keys()) {
      this.known.set(topic, this.topics.publishedTo(topic))
      this.topics.unsubscribe(topic)
    }
  }

  /** A message for it alone was dropped. */
  dropOne(): void {
    this.missed++
  }

  /** It gets everything again. @returns how many messages it has missed */
  dropNoMore(): number {
    if (this.dropping) {
      this.dropping = false
      for (const topic of this.known.keys()) {
        this.missed += this.missedOf(topic)
        this.topics.subscribe(topic)
      }
    }
    const { missed } = this
    this.missed = 0
    return missed
  }

  private missedOf(topic: string): number {
    return this.topics.publishedTo(topic) - (this.known.get(topic) ?? 0)
  }
}
