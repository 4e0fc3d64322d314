// The tail of events: what clients, transactions and the log do, for people who watch. Where it comes from costs messages nothing while
// nobody watches, and is bounded while somebody does: what is seen is a sample, and how much was not seen is said. Who gets what of it
// is live-feed.ts's.

import { isUtf8 } from 'node:buffer'
import { textOfBytes } from '../core/bytestring.ts'
import { WatchedLog } from '../core/log.ts'
import type { Runtime } from '../core/runtime.ts'
import type { Client, Notice, SeenClient, Sighting } from '../dispatcher.ts'
import { REQUEST_ROUTES } from '../tm/request-routes.ts'

/** What an event can be about. */
export const TAIL_KINDS = ['client', 'message', 'slow', 'transaction', 'log'] as const
export type TailKind = (typeof TAIL_KINDS)[number]

/** One event. */
export interface TailEvent {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly kind: TailKind
  /** came, went, rejected; in; slow, caught-up; suspended, continued, timed-out, cancelled; warn, error ... */
  readonly what: string
  readonly client?: { readonly index: number; readonly address: string; readonly tag: string }
  /** For people: the reason, the line of the log. */
  readonly text?: string
  /** Of a message: bytes, how it begins, and whether that is not all of it. What is no text is shown one char per byte. */
  readonly size?: number
  readonly data?: string
  readonly binary?: boolean
  readonly cut?: boolean
}

export interface Caught {
  readonly events: readonly TailEvent[]
  /** How many were not looked at, messages for the most part. */
  readonly unseen: number
}

/** Messages that are looked at between two calls of catch(), and other events that are kept. */
const ROOM = 128

/** Chars of a line that are kept. */
const MAX_TEXT = 500

const SLOW_EFFECTS = {
  close: 'closed',
  drop: 'messages are dropped for it',
  block: 'publishers wait for it',
} as const

/** A watch over one bus. There is one at most: who watches it is told once. */
export class Tail {
  private readonly runtime: Runtime
  private readonly stopWatching: () => void
  private events: TailEvent[] = []
  private unseen = 0
  private received: number
  private quiet = false
  private wantsMessages: boolean

  constructor(runtime: Runtime, wantsMessages: boolean) {
    this.runtime = runtime
    this.wantsMessages = wantsMessages
    const { dispatcher, log } = runtime
    const { layer } = runtime.state(REQUEST_ROUTES)
    this.received = this.messages()
    dispatcher.tap(wantsMessages ? ROOM : 0)
    dispatcher.noticeWatcher = (notice, tell) => this.noticed(notice, tell)
    layer.watcher = ({ index, label, request }, change) => {
      // The text is made only if there is room for it: there may be a hundred thousand of them.
      if (this.hasRoom()) {
        const text = `${request.method} ${index}:${label} ${textOfBytes(request.callId)}`
        this.add({ at: Date.now(), kind: 'transaction', what: change, text: short(text) })
      }
    }
    const stopLog =
      log instanceof WatchedLog
        ? log.watch(({ level, message }) => {
            if (this.quiet || !this.hasRoom()) return
            this.add({ at: Date.now(), kind: 'log', what: level, text: short(message) })
          })
        : () => {}
    this.stopWatching = () => {
      dispatcher.tap()
      dispatcher.noticeWatcher = undefined
      layer.watcher = undefined
      stopLog()
    }
  }

  /** What has happened since the last call, in order. @param wantsMessages whether messages are looked at from now on */
  catch(wantsMessages: boolean): Caught {
    const { sightings, missed } = this.runtime.dispatcher.tap(wantsMessages ? ROOM : 0)
    const received = this.messages()
    let seen = 0
    for (const sighting of sightings) {
      if (sighting.kind === 'message') seen++
      this.events.push(eventOf(sighting))
    }
    const passed = this.wantsMessages ? Math.max(0, received - this.received - seen) : 0
    const caught = {
      events: this.events.sort((one, other) => one.at - other.at),
      unseen: this.unseen + missed + passed,
    }
    this.received = received
    this.wantsMessages = wantsMessages
    this.events = []
    this.unseen = 0
    return caught
  }

  stop(): void {
    this.stopWatching()
  }

  private messages(): number {
    return this.runtime.dispatcher.stats()['messages_received'] ?? 0
  }

  private hasRoom(): boolean {
    if (this.events.length < ROOM) return true
    this.unseen++
    return false
  }

  private add(event: TailEvent): void {
    this.events.push(event)
  }

  /** The notice as an event, and not its line of log as another. */
  private noticed(notice: Notice, tell: () => void): void {
    if (this.hasRoom()) this.add(ofNotice(notice))
    this.quiet = true
    try {
      tell()
    } finally {
      this.quiet = false
    }
  }
}

function eventOf(sighting: Sighting): TailEvent {
  const { at, client } = sighting
  const base = { at, client: seen(client) }
  if (sighting.kind === 'came') return { ...base, kind: 'client', what: 'came' }
  if (sighting.kind === 'went') return { ...base, kind: 'client', what: 'went', text: sighting.reason }
  const { size, bytes } = sighting
  const cut = bytes.length < size
  const whole = cut ? bytes.subarray(0, endOfText(bytes)) : bytes
  const data = isUtf8(whole) ? { data: whole.toString() } : { data: bytes.toString('latin1'), binary: true }
  return { ...base, kind: 'message', what: 'in', size, ...data, ...(cut ? { cut } : {}) }
}

/** Where the last char of UTF-8 ends that is whole: the cut may have gone through one. */
function endOfText(bytes: Buffer): number {
  let start = bytes.length - 1
  while (start > 0 && bytes.length - start < 4 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start--
  const lead = bytes[start] ?? 0
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1
  return start + length > bytes.length ? start : bytes.length
}

function ofNotice(notice: Notice): TailEvent {
  const at = Date.now()
  switch (notice.kind) {
    case 'client-slow': {
      const text = `${notice.waiting} bytes wait; ${SLOW_EFFECTS[notice.policy]}`
      return { at, kind: 'slow', what: 'slow', client: known(notice.client), text }
    }
    case 'client-caught-up': {
      const text = `${notice.dropped} messages were dropped for it`
      return { at, kind: 'slow', what: 'caught-up', client: known(notice.client), text }
    }
    case 'bad-frame': {
      const text = `${notice.reason}, at byte ${notice.offset}${notice.discarded ? '' : '; closed'}`
      return { at, kind: 'client', what: 'bad-frame', client: known(notice.client), text }
    }
    case 'client-rejected':
      return {
        at,
        kind: 'client',
        what: 'rejected',
        text: `${notice.count} over max_clients (${notice.limit})`,
      }
    case 'not-allowed': {
      const text = `${notice.count} from ${notice.address}: not in allow`
      return { at, kind: 'client', what: 'not-allowed', text }
    }
    case 'address-limit': {
      const text = `${notice.count} from ${notice.address}, over max_clients_per_address (${notice.limit})`
      return { at, kind: 'client', what: 'rejected', text }
    }
    case 'accept-failed':
      return { at, kind: 'client', what: 'not-accepted', text: `${notice.count}: ${notice.error}` }
  }
}

function seen({ index, address, port, tag }: SeenClient) {
  return { index, address: port === 0 ? address : withPort(address, port), tag: textOfBytes(tag) }
}

function known({ index, address, port, tag }: Client) {
  return { index, address: port === 0 ? address : withPort(address, port), tag }
}

function withPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

function short(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}...` : text
}
