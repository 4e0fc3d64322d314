// URIs in parts, as {uri.*} and their like see them: what Kamailio's parser takes, which is more than sip/uri.ts does, since what is
// taken apart here came from anywhere. Not for URIs of requests.

/** Parts as they were written; absent ones are `''`. */
export interface UriParts {
  readonly scheme: string
  readonly user: string
  readonly password: string
  /** An IPv6 address with its brackets. */
  readonly host: string
  /** Digits. */
  readonly port: string
  /** Without the first semicolon. */
  readonly params: string
  /** Without the question mark. */
  readonly headers: string
}

/** Undefined when it is none. */
export function uriParts(text: string): UriParts | undefined {
  const colon = text.indexOf(':')
  const scheme = text.slice(0, Math.max(0, colon))
  const rest = text.slice(colon + 1)
  if (rest === '') return undefined
  switch (scheme.toLowerCase()) {
    case 'sip':
    case 'sips':
      return sipParts(scheme, rest)
    case 'tel':
    case 'tels':
      return { ...telParts(rest), scheme }
    case 'urn':
      return urnParts(scheme, rest)
    default:
      return undefined
  }
}

function sipParts(scheme: string, rest: string): UriParts | undefined {
  const at = rest.indexOf('@')
  let user = at < 0 ? '' : rest.slice(0, at)
  let password = ''
  const colon = user.indexOf(':')
  if (colon >= 0) {
    password = user.slice(colon + 1)
    user = user.slice(0, colon)
  }
  if (at >= 0 && user === '') return undefined
  const found =
    /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_][A-Za-z0-9_.-]*)(?::(\d*))?(?:;([^?]*))?(?:\?([^;]*))?$/.exec(
      rest.slice(at + 1),
    )
  if (!found) return undefined
  const [, host = '', port = '', params = '', headers = ''] = found
  if (Number(port) > 65535) return undefined
  // The number of a telephone may have parameters of its own.
  if (/(?:^|;)user=phone(?:;|$)/i.test(params)) user = user.replace(/;.*$/s, '')
  return { scheme, user, password, host, port, params, headers }
}

function telParts(rest: string): UriParts {
  const semicolon = rest.indexOf(';')
  const user = semicolon < 0 ? rest : rest.slice(0, semicolon)
  const params = semicolon < 0 ? '' : rest.slice(semicolon + 1)
  return { scheme: '', user, password: '', host: '', port: '', params, headers: '' }
}

function urnParts(scheme: string, rest: string): UriParts | undefined {
  const colon = rest.indexOf(':')
  if (colon <= 0) return undefined
  const user = rest.slice(0, colon)
  return { scheme, user, password: '', host: rest.slice(colon + 1), port: '', params: '', headers: '' }
}

/** The value of a parameter, by its name in lower case; `''` when it has none, or is absent. */
export function uriParam({ params }: UriParts, name: string): string {
  for (const param of params.split(';')) {
    const equals = param.indexOf('=')
    const found = equals < 0 ? param : param.slice(0, equals)
    if (found.toLowerCase() === name) return equals < 0 ? '' : param.slice(equals + 1)
  }
  return ''
}
