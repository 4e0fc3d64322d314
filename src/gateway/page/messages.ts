// What the server says over the live feed: the shapes of src/gateway/live.ts.

export interface Hello {
  readonly version: string
  readonly node: string
  readonly pid: number
  readonly begun: number
  readonly scope: 'read' | 'publish' | 'admin'
  /** Where clients connect to. */
  readonly addresses: readonly string[]
  readonly max_clients: number
  readonly slow_client: string
}

export interface Sample {
  readonly at: number
  readonly uptime: number
  readonly ready: boolean
  readonly rates: Readonly<Record<string, number>>
  readonly gauges: Readonly<Record<string, number>>
  readonly totals: Readonly<Record<string, number>>
}

export interface ClientRow {
  readonly index: number
  readonly generation: number
  readonly address: string
  readonly port: number
  readonly tag: string
  readonly kind: 'tcp' | 'unix' | 'websocket'
  readonly state: string
  readonly slow: boolean
  readonly age: number
  readonly messages_in: number
  readonly bytes_in: number
  readonly messages_out: number
  readonly bytes_out: number
  readonly waiting: number
  readonly dropped: number
}

export interface ClientList {
  readonly clients: readonly ClientRow[]
  readonly total: number
  readonly matched: number
  readonly again: number
}

export interface SuspendedRow {
  readonly index: number
  readonly label: number
  readonly method: string
  readonly from: string
  readonly to: string
  readonly call_id: string
  readonly age: number
}

export interface SuspendedList {
  readonly transactions: readonly SuspendedRow[]
  readonly total: number
}

export interface LoadedRoute {
  readonly name: string
  readonly kind: string
}

export interface TailEvent {
  readonly at: number
  readonly kind: string
  readonly what: string
  readonly client?: { readonly index: number; readonly address: string; readonly tag: string }
  readonly text?: string
  readonly size?: number
  readonly data?: string
  readonly binary?: boolean
  readonly cut?: boolean
}

export interface TailBatch {
  readonly events: readonly TailEvent[]
  readonly left_out: number
  readonly unseen: number
}

/** What notifications carry, by their method. */
export interface Notifications {
  'live.sample': Sample
  'live.event': TailBatch
}

/** What methods return, by their name. */
export interface Results {
  'live.hello': Hello
  'live.clients': ClientList
  'live.transactions': SuspendedList
  'live.tail': { readonly rate: number }
  'live.untail': object
  'evapi.routes': readonly LoadedRoute[]
  'evapi.close': string
  'evapi.relay': { readonly clients: number }
  'evapi.multicast': { readonly clients: number }
  'evapi.unicast': { readonly clients: number }
}
