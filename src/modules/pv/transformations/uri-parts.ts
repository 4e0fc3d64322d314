// URIs in parts, as {uri.*} and their like see them: what Kamailio's parser takes, which is more than sip/uri.ts does, since what is
// taken apart here came from anywhere. Not for URIs of requests.

/** Parts as they were written; absent ones are `''`. */
export interface UriParts {
  readonly scheme: string
  /** The number of a tel: URI. */
  readonly user: string
  readonly password: string
  /** An IPv6 address with its brackets. */
  readonly host: string
  /** Digits, as they were written. */
  readonly port: string
  /** Without the first semicolon, and without one at the end. */
  readonly params: string
  /** Without the question mark. */
  readonly headers: string
}

const PORT = '(?::(\\d*))?'
const PARAMS = '(?:;([^?@]*))?'
const HEADERS = '(?:\\?([^;@]*))?'
const HOST = '\\[[^[\\]]*\\]|[A-Za-z0-9][A-Za-z0-9.-]*'

/** A user may have what ends a host. */
const WITH_USER = new RegExp(`^([^:@[\\]]+)(?::([^:;?@[\\]]*))?@(${HOST})${PORT}${PARAMS}${HEADERS}$`)
/** Without a user a host is nearly anything. */
const WITHOUT_USER = new RegExp(`^(\\[[^[\\]]*\\]|[^:@[\\]][^:;?@[\\]]*)${PORT}${PARAMS}${HEADERS}$`)
const URN = /^([^:;?@[\]]+):([^:;?@[\]]+)$/

/** Undefined when it is none. */
export function uriParts(text: string): UriParts | undefined {
  const colon = text.indexOf(':')
  const scheme = text.slice(0, Math.max(0, colon))
  const rest = text.slice(colon + 1)
  switch (scheme.toLowerCase()) {
    case 'sip':
    case 'sips':
      return sipParts(scheme, rest)
    case 'tel':
      return telParts(scheme, rest)
    case 'urn':
      return urnParts(scheme, rest)
    default:
      return undefined
  }
}

function sipParts(scheme: string, rest: string): UriParts | undefined {
  const withUser = WITH_USER.exec(rest)
  const found = withUser ?? WITHOUT_USER.exec(rest)
  if (!found) return undefined
  const [user = '', password = ''] = withUser ? withUser.slice(1, 3) : []
  const [host = '', port = '', params = '', headers = ''] = found.slice(withUser ? 3 : 1)
  if (Number(port) > 65535) return undefined
  // The number of a telephone has parameters of its own.
  const number = user.includes(';') && uriParam({ params }, 'user').toLowerCase() === 'phone'
  return {
    scheme,
    user: number ? user.slice(0, user.indexOf(';')) : user,
    password,
    host,
    port,
    params: params.endsWith(';') ? params.slice(0, -1) : params,
    headers,
  }
}

/** What would be the host is the number; its parameters are not seen. */
function telParts(scheme: string, rest: string): UriParts | undefined {
  const parts = sipParts(scheme, rest)
  return parts && { ...parts, user: parts.host, password: '', host: '', params: '' }
}

function urnParts(scheme: string, rest: string): UriParts | undefined {
  const parts = sipParts(scheme, rest)
  if (parts) return { ...parts, params: '' }
  const [, user, host] = URN.exec(rest) ?? []
  if (user === undefined || host === undefined) return undefined
  return { scheme, user, password: '', host, port: '', params: '', headers: '' }
}

/** The value of a parameter, by its name in lower case; of the last one, if there are several; `''` when it has none, or is absent. */
export function uriParam({ params }: { readonly params: string }, name: string): string {
  let end = params.length
  while (end > 0) {
    const start = params.lastIndexOf(';', end - 1) + 1
    const after = start + name.length
    if ((after === end || params[after] === '=') && params.slice(start, after).toLowerCase() === name) {
      return params.slice(Math.min(after + 1, end), end)
    }
    end = start - 1
  }
  return ''
}
