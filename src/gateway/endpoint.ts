// An endpoint of HTTP: a method and a path, what one must be allowed to do for it, and what it does. The table finds them.

import type { Scope } from '../core/scopes.ts'
import type { HttpReply } from './http-reply.ts'
import type { HttpRequest } from './http-request.ts'

/** A parameter in the words of OpenAPI. */
export interface ParameterDoc {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly doc: string
  /** Of one that may be there more than once. */
  readonly repeated?: boolean
  readonly required?: boolean
}

/** What an endpoint tells about itself: `GET /openapi.json` is made of it. */
export interface EndpointDoc {
  readonly summary: string
  readonly parameters?: readonly ParameterDoc[]
  /** What the body is; none: it is not looked at. */
  readonly body?: { readonly type: string; readonly doc: string }
  /**
   * By status, what it answers by itself: in words, and of which type where that is not JSON. What the server answers in its place
   * (401, 413 ...) need not stand here.
   */
  readonly responses: Readonly<Record<number, { readonly doc: string; readonly type?: string }>>
}

export interface Endpoint {
  readonly method: 'GET' | 'POST'
  /** `/multicast/{tag}`: what stands between braces matches one segment, `{name*}` all that follows. */
  readonly path: string
  /** Undefined: everybody may. */
  readonly scope: Scope | undefined
  /** Takes a token of the rate of its address, as a message of a client would. Default false. */
  readonly limited?: boolean
  readonly doc?: EndpointDoc
  /** What a throw says to the peer is 500 and nothing else. */
  handle(request: HttpRequest): HttpReply | Promise<HttpReply>
}

/** What a path has led to. */
export interface Found {
  /** By method; at least one. */
  readonly endpoints: ReadonlyMap<string, Endpoint>
  readonly parameters: Readonly<Record<string, string>>
}

interface Entry {
  readonly pattern: RegExp
  readonly names: readonly string[]
  readonly endpoints: Map<string, Endpoint>
}

/** Endpoints by path. */
export class EndpointTable {
  private readonly entries = new Map<string, Entry>()

  constructor(endpoints: Iterable<Endpoint>) {
    for (const endpoint of endpoints) {
      const { path, method } = endpoint
      const entry = this.entries.get(path) ?? { ...compile(path), endpoints: new Map() }
      entry.endpoints.set(method, endpoint)
      this.entries.set(path, entry)
    }
  }

  /** @returns undefined when there is nothing of that path, also when it has an escape that is none */
  find(path: string): Found | undefined {
    for (const { pattern, names, endpoints } of this.entries.values()) {
      const match = pattern.exec(path)
      if (!match) continue
      try {
        const values = names.map((name, position) => [name, decodeURIComponent(match[position + 1] ?? '')])
        return { endpoints, parameters: Object.fromEntries(values) }
      } catch {
        return undefined
      }
    }
    return undefined
  }

  get all(): Iterable<Endpoint> {
    return [...this.entries.values()].flatMap(({ endpoints }) => [...endpoints.values()])
  }
}

function compile(path: string): { pattern: RegExp; names: readonly string[] } {
  const names: string[] = []
  const source = path.replace(
    /[.+*?^$()[\]\\|]|\{([a-z]+)(\*?)\}/g,
    (special, name?: string, rest?: string) => {
      if (name === undefined) return `\\${special}`
      names.push(name)
      return rest ? '(.+)' : '([^/]+)'
    },
  )
  return { pattern: new RegExp(`^${source}$`), names }
}
