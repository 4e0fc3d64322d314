/**
 * Messages that were received and that nobody has taken yet, with their weight. It does not limit itself: whoever
 * fills it stops reading from the socket when it has become too heavy.
 */
import type { Message } from './message.ts'

/** What a message weighs beside its bytes, so that a flood of empty messages is bounded too. */
const OVERHEAD = 128

/** A first-in, first-out queue of messages. */
export class Inbox {
  #messages: Message[] = []
  #head = 0
  #weight = 0

  /** Bytes held, roughly. */
  get weight(): number {
    return this.#weight
  }

  push(message: Message): void {
    this.#messages.push(message)
    this.#weight += message.bytes.length + OVERHEAD
  }

  shift(): Message | undefined {
    const message = this.#messages[this.#head]
    if (message === undefined) return undefined
    this.#weight -= message.bytes.length + OVERHEAD
    this.#head += 1
    if (this.#head === this.#messages.length) this.clear()
    else if (this.#head === 1024) {
      // Array.shift() moves all that follows; moving it once in a thousand times costs next to nothing.
      this.#messages = this.#messages.slice(this.#head)
      this.#head = 0
    }
    return message
  }

  clear(): void {
    this.#messages = []
    this.#head = 0
    this.#weight = 0
  }
}
